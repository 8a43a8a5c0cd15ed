/// Which domain a VNI is, for each tunnel: open addressing, so that a lookup costs the same with one network and with
/// four thousand. Owned by a worker.
struct VNITable: ~Copyable {
    /// Twice the number of domains, a power of two.
    private static var size: Int { @_noAllocation @_noLocks get { 8_192 } }

    /// Tunnel (59…48, and bit 63 set), VNI (47…24), domain (11…0). 0: free.
    private let entries: UnsafeMutablePointer<UInt64>

    init() {
        entries = .allocate(capacity: Self.size)
        entries.initialize(repeating: 0, count: Self.size)
    }

    deinit {
        entries.deallocate()
    }

    /// The domain of a VNI; 0 if it is nobody's.
    @_noAllocation @_noLocks @inline(__always)
    func domain(tunnel: UInt16, vni: UInt32) -> UInt16 {
        let key = Self.key(tunnel, vni)
        var position = Self.hash(key)
        // Invariant: there are more places than domains, so a free one ends every search.
        while entries[position] != 0 {
            if entries[position] & ~0xFFF == key { return UInt16(truncatingIfNeeded: entries[position] & 0xFFF) }
            position = (position &+ 1) & (Self.size &- 1)
        }
        return 0
    }

    /// Enters a domain; false if the VNI is another one's.
    mutating func insert(tunnel: UInt16, vni: UInt32, domain: UInt16) -> Bool {
        let key = Self.key(tunnel, vni)
        var position = Self.hash(key)
        while entries[position] != 0 {
            if entries[position] & ~0xFFF == key { return entries[position] & 0xFFF == UInt64(domain) }
            position = (position + 1) & (Self.size - 1)
        }
        entries[position] = key | UInt64(domain & 0xFFF)
        return true
    }

    /// Takes a domain out. O(size).
    mutating func remove(domain: UInt16) {
        var kept: [UInt64] = []
        for position in 0..<Self.size where entries[position] != 0 {
            if entries[position] & 0xFFF != UInt64(domain) { kept.append(entries[position]) }
            entries[position] = 0
        }
        for entry in kept {
            var position = Self.hash(entry & ~0xFFF)
            while entries[position] != 0 { position = (position + 1) & (Self.size - 1) }
            entries[position] = entry
        }
    }

    @_noAllocation @_noLocks @inline(__always)
    private static func key(_ tunnel: UInt16, _ vni: UInt32) -> UInt64 {
        1 &<< 63 | UInt64(tunnel & 0x3FFF) &<< 48 | UInt64(vni & 0xFF_FFFF) &<< 24
    }

    @_noAllocation @_noLocks @inline(__always)
    private static func hash(_ key: UInt64) -> Int {
        let (upper, lower) = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: upper ^ lower) & (size &- 1)
    }
}
