/// Whose an IP address of a domain is, so that questions can be answered without asking other hosts. Open addressing;
/// owned by a worker. Questions are rare beside frames, so it is small and simple.
struct NeighbourTable: ~Copyable {
    /// Neighbours that fit into one worker's table.
    static var capacity: Int { @_noAllocation @_noLocks get { 16_384 } }

    private struct Entry {
        var high: UInt64 = 0
        var low: UInt64 = 0
        /// MAC (47…0) and domain (63…48); 0: free.
        var owner: UInt64 = 0
    }

    private static var size: Int { @_noAllocation @_noLocks get { 32_768 } }

    /// nil until there is a neighbour.
    private var entries: UnsafeMutablePointer<Entry>?
    private var count = 0

    init() {}

    deinit {
        entries?.deallocate()
    }

    /// The MAC of an address; 0 if it isn't known. IPv4 as ::ffff:a.b.c.d.
    @_noAllocation @_noLocks
    func mac(domain: UInt16, high: UInt64, low: UInt64) -> UInt64 {
        guard let entries else { return 0 }
        let position = find(entries, domain, high, low)
        return entries[position].owner & 0xFFFF_FFFF_FFFF
    }

    /// Sets whose an address is; false if there is no more room.
    mutating func set(domain: UInt16, high: UInt64, low: UInt64, mac: UInt64) -> Bool {
        let entries = entries ?? Self.make()
        self.entries = entries
        let position = find(entries, domain, high, low)
        if entries[position].owner == 0 {
            guard count < Self.capacity else { return false }
            count += 1
        }
        entries[position] = Entry(high: high, low: low, owner: UInt64(domain) << 48 | mac)
        return true
    }

    /// Forgets an address; false if it wasn't there.
    mutating func remove(domain: UInt16, high: UInt64, low: UInt64) -> Bool {
        guard let entries else { return false }
        let position = find(entries, domain, high, low)
        guard entries[position].owner != 0 else { return false }
        keep { $0 != position }
        return true
    }

    /// Forgets the addresses of a domain.
    mutating func remove(domain: UInt16) {
        guard let entries else { return }
        keep { entries[$0].owner >> 48 != UInt64(domain) }
    }

    /// The places that are kept are entered anew: a hole would end searches early. O(size).
    private mutating func keep(_ isKept: (Int) -> Bool) {
        guard let old = entries else { return }
        let new = Self.make()
        count = 0
        for position in 0..<Self.size where old[position].owner != 0 && isKept(position) {
            let entry = old[position]
            new[find(new, UInt16(entry.owner >> 48), entry.high, entry.low)] = entry
            count += 1
        }
        old.deallocate()
        entries = new
    }

    private static func make() -> UnsafeMutablePointer<Entry> {
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: size)
        entries.initialize(repeating: Entry(), count: size)
        return entries
    }

    /// Where an address is, or would be.
    @_noAllocation @_noLocks @inline(__always)
    private func find(_ entries: UnsafeMutablePointer<Entry>, _ domain: UInt16, _ high: UInt64, _ low: UInt64) -> Int {
        let (upper, lower) = (low ^ high ^ UInt64(domain) &<< 48).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        var position = Int(truncatingIfNeeded: upper ^ lower) & (Self.size &- 1)
        // Invariant: capacity is below size, so a free place ends every search.
        while entries[position].owner != 0 {
            let entry = entries[position]
            if entry.low == low, entry.high == high, entry.owner &>> 48 == UInt64(domain) { break }
            position = (position &+ 1) & (Self.size &- 1)
        }
        return position
    }
}
