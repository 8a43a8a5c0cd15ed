import Synchronization

/// One row of the MAC table, as somebody who looks at it sees it.
public struct StationEntry: Sendable, Hashable {
    /// 48-bit number.
    public var mac: UInt64
    /// 0 in a domain without access ports.
    public var vlan: UInt16
    /// 1…4095.
    public var domain: UInt16
    /// 1…16383; from 16384 on the number of a VTEP, see `SharedTables.vtep`.
    public var port: UInt16
    /// Set by hand.
    public var isStatic: Bool
    /// Milliseconds since a frame of it was seen; 0 for a static one. Coarse: a tenth of a second.
    public var age: UInt32

    /// Makes a row.
    public init(mac: UInt64, vlan: UInt16, domain: UInt16, port: UInt16, isStatic: Bool, age: UInt32) {
        self.mac = mac
        self.vlan = vlan
        self.domain = domain
        self.port = port
        self.isStatic = isStatic
        self.age = age
    }
}

extension StationTable {
    /// Reads a table that another process may be writing.
    ///
    /// - Parameters:
    ///   - memory: 64-byte aligned; only read.
    ///   - byteCount: how much there is.
    ///   - domain: whose stations; nil: all.
    ///   - ageing: learned stations as old as this or older are left out.
    ///   - now: milliseconds of the writer's clock.
    /// - Returns: the rows ordered by domain, VLAN and MAC; nil if there is no table in the memory.
    public static func entries(
        in memory: UnsafeRawPointer, byteCount: Int, domain: UInt16? = nil, ageing: UInt32 = .max, now: UInt32
    ) -> [StationEntry]? {
        guard let buckets = StationBuckets(reading: memory, count: byteCount) else { return nil }
        var rows: [StationEntry] = []
        for entry in stride(from: buckets.start, to: buckets.end, by: StationBuckets.entryBytes) {
            guard let (key, place) = read(entry), StationBuckets.isPossible(key: key, place: place) else { continue }
            let row = StationEntry(key: key, place: place, now: now)
            if let domain, row.domain != domain { continue }
            if !row.isStatic, row.age >= ageing { continue }
            rows.append(row)
        }
        return rows.sorted { left, right in
            (left.domain, left.vlan, left.mac) < (right.domain, right.vlan, right.mac)
        }
    }

    /// The rows of this table, aged ones left out.
    public func entries(domain: UInt16? = nil, now: UInt32) -> [StationEntry] {
        let memory = UnsafeRawPointer(buckets.start) - StationBuckets.headerBytes
        let count = Self.bytes(capacity: buckets.capacity)
        let rows = Self.entries(in: memory, byteCount: count, domain: domain, now: now) ?? []
        return rows.filter { $0.isStatic || $0.age < ageing[Int($0.domain)] }
    }

    /// Both words of one station: word 0 is read again, so that they belong together. nil: empty, or written over
    /// each time it was looked at.
    static func read(_ entry: UnsafeMutableRawPointer) -> (UInt64, UInt64)? {
        // Entries only ever hold words; nothing is written here.
        let words = entry.assumingMemoryBound(to: Atomic<UInt64>.self)
        for _ in 0..<8 {
            let key = words[0].load(ordering: .acquiring)
            if key == 0 { return nil }
            let place = words[1].load(ordering: .acquiring)
            if words[0].load(ordering: .acquiring) == key { return (key, place) }
        }
        return nil
    }
}

extension StationEntry {
    init(key: UInt64, place: UInt64, now: UInt32) {
        let isStatic = key & StationBuckets.staticBit != 0
        let elapsed = now &- UInt32(truncatingIfNeeded: place)
        self.init(
            mac: key &>> 16, vlan: UInt16(truncatingIfNeeded: key &>> 4) & VLANTag.identifierMask,
            domain: UInt16(truncatingIfNeeded: place &>> 48), port: UInt16(truncatingIfNeeded: place &>> 32),
            isStatic: isStatic, age: isStatic || elapsed > UInt32(Int32.max) ? 0 : elapsed)
    }
}
