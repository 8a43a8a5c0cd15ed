extension StationTable {
    /// Bytes of memory that a table needs.
    ///
    /// - Parameter capacity: stations; a power of two from 4 to 2^22.
    public static func bytes(capacity: Int) -> Int {
        StationBuckets.headerBytes &+ max(0, capacity) &* StationBuckets.entryBytes
    }

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - memory: 64-byte aligned; `bytes(capacity:)` of it are overwritten. The caller keeps it alive and mapped for
    ///     as long as the table is used, and frees it.
    ///   - byteCount: how much there is.
    ///   - capacity: stations; a power of two from 4 to 2^22.
    ///   - portCap: most learned stations of one port.
    ///   - seed: of the hash; random unless a test needs to know it.
    /// - Returns: nil if the capacity can't be, the memory is too small or not aligned.
    public init?(
        formatting memory: UnsafeMutableRawPointer, byteCount: Int, capacity: Int = Self.defaultCapacity,
        portCap: UInt32 = Self.defaultPortCap,
        seed: (UInt64, UInt64) = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))
    ) {
        guard let buckets = StationBuckets(writing: memory, count: byteCount, capacity: capacity, seeds: seed) else {
            return nil
        }
        self.init(buckets: buckets, portCap: portCap)
    }

    /// Goes on with a table that is in the memory already. Every entry is verified and ports are counted anew. Ageing
    /// times are not in the memory: set them before the first frame.
    ///
    /// - Parameters:
    ///   - memory: 64-byte aligned; kept by the caller as in `init(formatting:…)`.
    ///   - byteCount: how much there is.
    ///   - portCap: most learned stations of one port. Ports that have more keep them.
    ///   - now: milliseconds of the clock that filled the table (CLOCK_MONOTONIC is the same in all processes). Entries
    ///     from the future are taken to be of now.
    /// - Returns: nil if anything is not as this type writes it.
    public init?(
        attaching memory: UnsafeMutableRawPointer, byteCount: Int, portCap: UInt32 = Self.defaultPortCap, now: UInt32
    ) {
        guard let buckets = StationBuckets(reading: memory, count: byteCount), buckets.areSound() else { return nil }
        self.init(buckets: buckets, portCap: portCap)
        adoptEntries(now: now)
    }

    /// Counts all entries, and brings times from the future back.
    private func adoptEntries(now: UInt32) {
        for entry in stride(from: buckets.start, to: buckets.end, by: StationBuckets.entryBytes) {
            let key = buckets.load(entry, 0)
            if key == 0 { continue }
            let place = buckets.load(entry, 1)
            if now &- UInt32(truncatingIfNeeded: place) > UInt32(Int32.max) {
                buckets.store(entry, 1, place & ~0xFFFF_FFFF | UInt64(now))
            }
            if key & StationBuckets.staticBit == 0 { count(port: UInt16(truncatingIfNeeded: place >> 32), 1) }
        }
    }
}
