/// Which flow the fragments of a datagram belong to: only the first one tells ports (RFC 4787, REQ-14).
///
/// Bounded and fair: 1,024 datagrams for 30 seconds, 64 from each side; one more takes the place of its own side's
/// oldest, or where its side has less than 16 and the table is full, of the oldest of all. A datagram that has been seen whole
/// makes room at once. Parts that overlap spoil the whole datagram (RFC 5722, and for IPv4 the same): nothing of it goes
/// on any more. Later fragments that come before the first are kept in `held`, which is bounded too.
///
/// Entries lie in memory of fixed size, in chains by hash and in lists by age, all of them numbers of entries.
package struct FragmentTable: ~Copyable {
    /// Datagrams that fit.
    package static var capacity: Int { @_noAllocation @_noLocks get { 1_024 } }
    /// Datagrams that fit of one side.
    package static var sideCapacity: Int { @_noAllocation @_noLocks get { 64 } }
    /// Milliseconds that a datagram is remembered, and that a fragment is held.
    package static var lifetime: UInt32 { @_noAllocation @_noLocks get { 30_000 } }
    /// What a side may have at the cost of others.
    static var fairShare: Int { @_noAllocation @_noLocks get { 16 } }
    static var sides: Int { @_noAllocation @_noLocks get { StationTable.portLimit } }
    static var buckets: Int { @_noAllocation @_noLocks get { 2_048 } }
    /// No entry.
    static var none: UInt16 { @_noAllocation @_noLocks get { 0xFFFF } }

    let entries: UnsafeMutablePointer<FragmentEntry>
    /// The first entry of each chain.
    let chains: UnsafeMutablePointer<UInt16>
    /// Entries of each side, the oldest first.
    let perSide: UnsafeMutablePointer<FragmentList>
    /// What has been seen of each datagram.
    let covers: UnsafeMutablePointer<UInt64>
    let hash = KeyedHash()
    /// All entries, the oldest first.
    var all = FragmentList()
    /// Free entries, chained.
    var free: UInt16 = 0
    var held = HeldFragments()
    /// The last time told, milliseconds.
    var clock: UInt32 = 0

    /// Remembers nothing.
    package init() {
        entries = .allocate(capacity: Self.capacity)
        chains = .allocate(capacity: Self.buckets)
        perSide = .allocate(capacity: Self.sides)
        covers = .allocate(capacity: Self.capacity * FragmentCover.words)
        entries.initialize(repeating: FragmentEntry(), count: Self.capacity)
        chains.initialize(repeating: Self.none, count: Self.buckets)
        perSide.initialize(repeating: FragmentList(), count: Self.sides)
        covers.initialize(repeating: 0, count: Self.capacity * FragmentCover.words)
        for place in 0..<Self.capacity {
            entries[place].chain = place + 1 < Self.capacity ? UInt16(place + 1) : Self.none
        }
    }

    deinit {
        entries.deallocate()
        chains.deallocate()
        perSide.deallocate()
        covers.deallocate()
    }

    /// Datagrams that are remembered.
    package var count: Int { @_noAllocation @_noLocks get { all.count } }
    /// Fragments that are held.
    package var heldCount: Int { @_noAllocation @_noLocks get { held.count } }

    /// Remembers the flow of a first fragment.
    ///
    /// - Parameters:
    ///   - flow: of the caller's choice, as the next two.
    ///   - now: milliseconds.
    /// - Returns: false: the datagram has had a first fragment already, and is spoiled; this one must not go on.
    @discardableResult @_noAllocation @_noLocks
    package mutating func remember(
        _ key: FragmentKey, flow: UInt32, isOutgoing: Bool, newIdentification: UInt16, now: UInt32
    ) -> Bool {
        clock = now
        expire(now)
        let hash = key.hash(hash)
        let known = place(of: key, hash)
        if known != Self.none, now &- entries[Int(known)].born >= Self.lifetime {
            remove(known)
        } else if known != Self.none {
            entries[Int(known)].isSpoiled = true
            return false
        }
        let place = makeRoom(side: key.side)
        guard place != Self.none else { return false }
        free = entries[Int(place)].chain
        var entry = FragmentEntry()
        entry.key = key
        entry.flow = flow
        entry.isOutgoing = isOutgoing
        entry.newIdentification = newIdentification
        entry.born = now
        entry.bucket = UInt16(truncatingIfNeeded: hash) & UInt16(truncatingIfNeeded: Self.buckets &- 1)
        entry.chain = chains[Int(entry.bucket)]
        entries[Int(place)] = entry
        chains[Int(entry.bucket)] = place
        append(place)
        _ = add(key, to: place)
        return true
    }

    /// The flow of a later fragment, which from then on counts as seen: to be asked once for each fragment that comes,
    /// and once for each that is taken back from those held.
    @_noAllocation @_noLocks
    package mutating func find(_ key: FragmentKey, now: UInt32) -> FragmentFlow {
        clock = now
        let place = place(of: key, key.hash(hash))
        guard place != Self.none else { return FragmentFlow() }
        let entry = entries[Int(place)]
        if now &- entry.born >= Self.lifetime {
            remove(place)
            return FragmentFlow()
        }
        var flow = FragmentFlow()
        flow.isFound = true
        flow.flow = entry.flow
        flow.isOutgoing = entry.isOutgoing
        flow.newIdentification = entry.newIdentification
        flow.isSpoiled = !add(key, to: place)
        if !flow.isSpoiled, entries[Int(place)].isWhole { remove(place) }
        return flow
    }

    /// Keeps a copy of a later fragment whose first one hasn't come.
    ///
    /// - Parameters:
    ///   - header: the virtio_net_hdr with the frame behind it.
    ///   - length: of the frame.
    ///   - port: by which it came.
    /// - Returns: false if it is too long to be held.
    @discardableResult @_noAllocation @_noLocks
    package mutating func hold(
        _ key: FragmentKey, header: UnsafeRawPointer, length: Int, port: UInt16, now: UInt32
    ) -> Bool {
        clock = now
        return held.hold(key, header: header, length: length, port: port, now: now)
    }

    /// Takes back the next of the fragments held of a datagram, in the order they came; nil: there are no more. Its
    /// memory stays as it is until the next one is held.
    @_noAllocation @_noLocks
    package mutating func takeHeld(_ key: FragmentKey) -> HeldFragment? {
        held.take(key, now: clock)
    }

    /// Forgets what is too old; returns how many fragments were held in vain.
    @discardableResult @_noAllocation @_noLocks
    package mutating func expire(now: UInt32) -> Int {
        clock = now
        while all.first != Self.none, now &- entries[Int(all.first)].born >= Self.lifetime { remove(all.first) }
        return held.expire(now)
    }

    /// Forgets what came from a side.
    package mutating func removeAll(side: UInt16) {
        let index = Int(side) & (Self.sides - 1)
        while perSide[index].first != Self.none { remove(perSide[index].first) }
        held.removeAll(side: side)
    }
}
