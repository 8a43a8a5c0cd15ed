/// How many stations one domain has.
public struct StationCounts: Sendable, Hashable {
    /// Learned ones that aren't aged.
    public var learned: Int
    /// Those set by hand.
    public var fixed: Int

    /// So many.
    public init(learned: Int = 0, fixed: Int = 0) {
        self.learned = learned
        self.fixed = fixed
    }
}

/// How many flows one domain has, by what they have come to.
public struct FlowCounts: Sendable, Hashable {
    /// Without an answer so far.
    public var opening = 0
    /// Answered.
    public var established = 0
    /// TCP: one side has ended.
    public var closing = 0
    /// Over, but remembered for late frames.
    public var closed = 0

    /// None.
    public init() {}
}

extension SharedTables {
    /// Stations of every domain, in one pass over the table of one worker. Any thread, any process; O(capacity).
    ///
    /// `ageing` is each domain's, in milliseconds; a domain that it doesn't name has the usual one.
    public func stationCounts(worker: Int, ageing: [UInt16: UInt32]) -> [UInt16: StationCounts] {
        guard worker >= 0, worker < workers else { return [:] }
        var counts: [UInt16: StationCounts] = [:]
        let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
        StationTable.forEachEntry(in: stationMemory(worker: worker), byteCount: Self.stationTableBytes, now: now) {
            if $0.isStatic {
                counts[$0.domain, default: StationCounts()].fixed += 1
            } else if $0.age < ageing[$0.domain] ?? StationTable.defaultAgeing {
                counts[$0.domain, default: StationCounts()].learned += 1
            }
        }
        return counts
    }

    /// Flows of every domain, in one pass. Any thread, any process; O(flows that there ever were at a time).
    public func flowCounts() -> [UInt16: FlowCounts] {
        var counts: [UInt16: FlowCounts] = [:]
        let now = UInt32(truncatingIfNeeded: monotonicNanoseconds() / 1_000_000)
        let end = workerNumbers(0).map { Int(clamping: $0.flowEnd) } ?? FlowTable.capacity
        FlowTable.forEachFlow(in: flowMemory, byteCount: FlowTable.bytes, end: end, now: now) { domain, state in
            switch state {
            case .unused: break
            case .opening: counts[domain, default: FlowCounts()].opening += 1
            case .established: counts[domain, default: FlowCounts()].established += 1
            case .closing: counts[domain, default: FlowCounts()].closing += 1
            case .closed: counts[domain, default: FlowCounts()].closed += 1
            }
        }
        return counts
    }

    /// Flows that there can be.
    public static var flowCapacity: Int { FlowTable.capacity - 1 }
}

extension FlowTable {
    /// Calls for every flow of the entries below `end` that isn't expired; see `entries`. Builds no list.
    static func forEachFlow(
        in memory: UnsafeRawPointer, byteCount: Int, end: Int, now: UInt32, _ body: (UInt16, FlowState) -> Void
    ) {
        guard byteCount >= bytes, Int(bitPattern: memory) % 8 == 0, isTable(memory) else { return }
        for number in 1..<max(1, min(end, capacity)) {
            let place = memory + headerBytes + number * MemoryLayout<Flow>.stride
            guard let flow = read(place), flow.isSound, !flow.isExpired(now: now) else { continue }
            body(flow.domain, flow.state)
        }
    }
}

extension StationTable {
    /// Calls for every station in the order of the table; see `entries`. Builds no list.
    static func forEachEntry(
        in memory: UnsafeRawPointer, byteCount: Int, now: UInt32, _ body: (StationEntry) -> Void
    ) {
        guard let buckets = StationBuckets(reading: memory, count: byteCount) else { return }
        for entry in stride(from: buckets.start, to: buckets.end, by: StationBuckets.entryBytes) {
            guard let (key, place) = read(entry), StationBuckets.isPossible(key: key, place: place) else { continue }
            body(StationEntry(key: key, place: place, now: now))
        }
    }
}
