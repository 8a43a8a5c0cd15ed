import Synchronization

/// One flow, as somebody who looks at the table sees it.
package struct FlowEntry: Sendable {
    /// As in IP.
    package var proto: UInt8
    /// Never `unused`.
    package var state: FlowState
    /// Whether a frame from outside to a published port made it.
    package var isIncoming: Bool
    /// The network.
    package var domain: UInt16
    /// The endpoint's port number.
    package var insidePort: UInt16
    /// The uplink's port number.
    package var uplink: UInt16
    /// The endpoint's MAC.
    package var insideMAC: UInt64
    /// The endpoint's end.
    package var inside: TransportAddress
    /// The host's end.
    package var outside: TransportAddress
    /// The other end.
    package var remote: TransportAddress
    /// The publish's number; 0: none.
    package var publish: UInt32
    /// Milliseconds since it was made.
    package var age: UInt32
    /// Milliseconds since something was heard of it.
    package var idle: UInt32
    /// Milliseconds until it is forgotten if nothing is heard of it.
    package var remaining: UInt32
    /// Frames from inside to outside.
    package var outFrames: UInt64
    /// Bytes from inside to outside.
    package var outBytes: UInt64
    /// Frames from outside to inside.
    package var inFrames: UInt64
    /// Bytes from outside to inside.
    package var inBytes: UInt64

    init(_ flow: Flow, now: UInt32) {
        proto = flow.proto
        state = flow.state
        isIncoming = flow.isIncoming
        domain = flow.domain
        insidePort = flow.insidePort
        uplink = flow.uplink
        insideMAC = flow.insideMAC
        inside = flow.inside
        outside = flow.outside
        remote = flow.remote
        publish = flow.publish
        age = Self.elapsed(since: flow.created, now: now)
        idle = Self.elapsed(since: flow.seen, now: now)
        remaining = flow.timer > idle ? flow.timer - idle : 0
        outFrames = flow.outFrames
        outBytes = flow.outBytes
        inFrames = flow.inFrames
        inBytes = flow.inBytes
    }

    /// A time that lies ahead counts as now.
    private static func elapsed(since time: UInt32, now: UInt32) -> UInt32 {
        let elapsed = now &- time
        return elapsed > UInt32(Int32.max) ? 0 : elapsed
    }
}

extension FlowTable {
    /// Reads a table that another process may be writing: whatever the memory holds, only whole flows come out.
    ///
    /// - Parameters:
    ///   - memory: 8-byte aligned; only read.
    ///   - byteCount: how much there is.
    ///   - domain: whose flows; nil: all.
    ///   - limit: rows at most.
    ///   - now: milliseconds of the writer's clock.
    /// - Returns: flows that aren't expired, in the order of their entries; none if there is no table in the memory.
    package static func entries(
        in memory: UnsafeRawPointer, byteCount: Int, domain: UInt16? = nil, limit: Int = .max, now: UInt32
    ) -> [FlowEntry] {
        guard byteCount >= bytes, Int(bitPattern: memory) % 8 == 0, isTable(memory) else { return [] }
        var rows: [FlowEntry] = []
        for number in 1..<capacity {
            if rows.count >= limit { break }
            let place = memory + headerBytes + number * MemoryLayout<Flow>.stride
            guard let flow = read(place), flow.isSound, !flow.isExpired(now: now) else { continue }
            if let domain, flow.domain != domain { continue }
            rows.append(FlowEntry(flow, now: now))
        }
        return rows
    }

    /// One entry; nil: empty, or written over while it was looked at. What the seal doesn't cover may be a few frames apart.
    static func read(_ place: UnsafeRawPointer) -> Flow? {
        let seal = place.assumingMemoryBound(to: Atomic<UInt32>.self)
        for _ in 0..<4 {
            let before = seal.pointee.load(ordering: .acquiring)
            if before == 0 { return nil }
            let flow = place.load(as: Flow.self)
            if seal.pointee.load(ordering: .acquiring) == before { return flow }
        }
        return nil
    }
}
