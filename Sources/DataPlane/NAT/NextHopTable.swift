/// The MACs of neighbours on the uplinks, as the kernel knows them, and which of those that it doesn't know have been
/// asked for. Open addressing; owned by a worker.
package struct NextHopTable: ~Copyable {
    /// Neighbours that fit.
    package static var capacity: Int { @_noAllocation @_noLocks get { 4_096 } }
    private static var size: Int { @_noAllocation @_noLocks get { 8_192 } }

    private struct Entry {
        var high: UInt64 = 0
        var low: UInt64 = 0
        /// MAC (47…0) and uplink (63…48); 0: free.
        var owner: UInt64 = 0
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let hash = KeyedHash()
    private var questions = NextHopQuestions()
    /// Neighbours that are known.
    package private(set) var count = 0

    /// Knows nobody.
    package init() {
        entries = .allocate(capacity: Self.size)
        entries.initialize(repeating: Entry(), count: Self.size)
    }

    deinit {
        entries.deallocate()
    }

    /// The MAC of a neighbour; 0: not known.
    @_noAllocation @_noLocks
    package func lookup(uplink: UInt16, high: UInt64, low: UInt64) -> UInt64 {
        entries[find(uplink, high, low)].owner & 0xFFFF_FFFF_FFFF
    }

    /// Sets a neighbour's MAC, which isn't 0; false if there is no more room.
    @discardableResult @_noAllocation @_noLocks
    package mutating func set(uplink: UInt16, high: UInt64, low: UInt64, mac: UInt64) -> Bool {
        guard mac & 0xFFFF_FFFF_FFFF != 0 else { return false }
        let position = find(uplink, high, low)
        if entries[position].owner == 0 {
            guard count < Self.capacity else { return false }
            count &+= 1
        }
        entries[position].high = high
        entries[position].low = low
        entries[position].owner = UInt64(uplink) &<< 48 | mac & 0xFFFF_FFFF_FFFF
        return true
    }

    /// Forgets a neighbour; false if it wasn't known.
    @discardableResult @_noAllocation @_noLocks
    package mutating func remove(uplink: UInt16, high: UInt64, low: UInt64) -> Bool {
        let position = find(uplink, high, low)
        guard entries[position].owner != 0 else { return false }
        free(position)
        return true
    }

    /// Forgets the neighbours on an uplink.
    package mutating func remove(uplink: UInt16) {
        var position = 0
        while position < Self.size {
            // Another entry may have moved here.
            if entries[position].owner != 0, entries[position].owner >> 48 == UInt64(uplink) {
                free(position)
            } else {
                position += 1
            }
        }
    }

    /// Whether to ask the kernel for a neighbour that isn't known: once a second for each.
    ///
    /// - Parameter now: milliseconds.
    @_noAllocation @_noLocks
    package mutating func shouldAsk(uplink: UInt16, high: UInt64, low: UInt64, now: UInt32) -> Bool {
        questions.shouldAsk(uplink, high, low, hash: hash.of(high, low, UInt64(uplink)), now: now)
    }

    /// Frees a place. Entries behind it that were put off by it move up: a hole would end searches early.
    @_noAllocation @_noLocks
    private mutating func free(_ position: Int) {
        var hole = position
        var place = position
        // Invariant: capacity is below size, so a free place ends the row.
        while true {
            place = (place &+ 1) & (Self.size &- 1)
            let entry = entries[place]
            if entry.owner == 0 { break }
            let home = self.home(UInt16(truncatingIfNeeded: entry.owner &>> 48), entry.high, entry.low)
            // Whether the hole lies on the way from the entry's home to where it is.
            if (place &- home) & (Self.size &- 1) >= (place &- hole) & (Self.size &- 1) {
                entries[hole] = entry
                hole = place
            }
        }
        entries[hole].owner = 0
        count &-= 1
    }

    @inline(__always) @_noAllocation @_noLocks
    private func home(_ uplink: UInt16, _ high: UInt64, _ low: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.of(high, low, UInt64(uplink))) & (Self.size &- 1)
    }

    /// Where a neighbour is, or would be.
    @inline(__always) @_noAllocation @_noLocks
    private func find(_ uplink: UInt16, _ high: UInt64, _ low: UInt64) -> Int {
        var position = home(uplink, high, low)
        // Invariant: capacity is below size, so a free place ends every search.
        while entries[position].owner != 0 {
            let entry = entries[position]
            if entry.low == low, entry.high == high, entry.owner &>> 48 == UInt64(uplink) { break }
            position = (position &+ 1) & (Self.size &- 1)
        }
        return position
    }
}
