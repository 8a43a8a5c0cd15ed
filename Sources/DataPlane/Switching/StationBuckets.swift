import Synchronization

/// The memory of a `StationTable` as buckets of entries: words, keys and hashes. A plain value; whoever holds it
/// keeps the memory alive.
struct StationBuckets {
    /// Where buckets begin. 64-byte aligned.
    let start: UnsafeMutableRawPointer
    /// Number of buckets, a power of two, minus one.
    let mask: UInt64
    let firstSeed: UInt64
    let secondSeed: UInt64

    static var validBit: UInt64 { @_noAllocation @_noLocks get { 1 } }
    static var staticBit: UInt64 { @_noAllocation @_noLocks get { 2 } }
    static var vlanMask: UInt64 { @_noAllocation @_noLocks get { 0xFFF0 } }
    static var bytes: Int { @_noAllocation @_noLocks get { 64 } }
    static var entryBytes: Int { @_noAllocation @_noLocks get { 16 } }
    static var entries: Int { @_noAllocation @_noLocks get { 4 } }

    /// Word 0 of a learned station.
    @inline(__always) @_noAllocation @_noLocks
    static func key(mac: UInt64, vlan: UInt16) -> UInt64 {
        mac &<< 16 | UInt64(vlan & VLANTag.identifierMask) &<< 4 | validBit
    }

    /// Word 1.
    @inline(__always) @_noAllocation @_noLocks
    static func place(domain: UInt16, port: UInt16, seen: UInt32) -> UInt64 {
        UInt64(domain) &<< 48 | UInt64(port) &<< 32 | UInt64(seen)
    }

    /// A keyed mix of two full multiplications: with one, MACs in a row (as address management hands them out) make
    /// rows of buckets. The seeds are random for each table, so that nobody can choose MACs that meet in one bucket.
    @inline(__always) @_noAllocation @_noLocks
    func hash(key: UInt64, domain: UInt16) -> UInt64 {
        let factor = (UInt64(domain) &* 0x9E37_79B9_7F4A_7C15 ^ secondSeed) | 1
        let (high, low) = (key ^ firstSeed).multipliedFullWidth(by: factor)
        let (upper, lower) = (high ^ low).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return upper ^ lower
    }

    @inline(__always) @_noAllocation @_noLocks
    func first(_ hash: UInt64) -> UnsafeMutableRawPointer {
        // Masked: always one of the buckets.
        start + Int(truncatingIfNeeded: hash & mask) &* Self.bytes
    }

    /// The other bucket: never the first one unless there is only one.
    @inline(__always) @_noAllocation @_noLocks
    func second(_ hash: UInt64) -> UnsafeMutableRawPointer {
        let first = hash & mask
        let second = (hash &>> 32) & mask
        let other = second == first ? (first ^ 1) & mask : second
        return start + Int(truncatingIfNeeded: other) &* Self.bytes
    }

    /// One word of an entry. Atomic, since another process may read while this one writes.
    @inline(__always) @_noAllocation @_noLocks
    func load(_ entry: UnsafeMutableRawPointer, _ word: Int) -> UInt64 {
        // Entries are 16-byte aligned and only ever hold words.
        entry.assumingMemoryBound(to: Atomic<UInt64>.self)[word].load(ordering: .relaxed)
    }

    @inline(__always) @_noAllocation @_noLocks
    func store(_ entry: UnsafeMutableRawPointer, _ word: Int, _ value: UInt64) {
        // Releasing: a plain store on x86; what was stored before is seen before.
        entry.assumingMemoryBound(to: Atomic<UInt64>.self)[word].store(value, ordering: .releasing)
    }

    /// The entry of a station, static or learned, expired or not.
    @inline(__always) @_noAllocation @_noLocks
    func find(key: UInt64, domain: UInt16, hash: UInt64) -> UnsafeMutableRawPointer? {
        if let entry = find(key: key, domain: domain, in: first(hash)) { return entry }
        return find(key: key, domain: domain, in: second(hash))
    }

    @inline(__always) @_noAllocation @_noLocks
    private func find(key: UInt64, domain: UInt16, in bucket: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        var entry = bucket
        let end = bucket + Self.bytes
        while entry < end {
            if load(entry, 0) & ~Self.staticBit == key, load(entry, 1) &>> 48 == UInt64(domain) { return entry }
            entry += Self.entryBytes
        }
        return nil
    }

    /// Fills an entry that is empty: word 1 first.
    @inline(__always) @_noAllocation @_noLocks
    func write(_ entry: UnsafeMutableRawPointer, key: UInt64, place: UInt64) {
        store(entry, 1, place)
        store(entry, 0, key)
    }

    /// Behind the last bucket.
    var end: UnsafeMutableRawPointer {
        @_noAllocation @_noLocks get { start + (Int(truncatingIfNeeded: mask) &+ 1) &* Self.bytes }
    }
}
