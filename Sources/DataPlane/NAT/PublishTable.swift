/// The published ports. Entries stay where they are put; an order of their places, by protocol, uplink, host address and
/// first port, is searched by halves. Ranges of one host address and uplink never overlap, so that the last one that
/// doesn't begin behind a port is the only one that may hold it. Only packets without a flow ask.
package struct PublishTable: ~Copyable {
    /// Entries that fit.
    package static var capacity: Int { @_noAllocation @_noLocks get { 16_384 } }

    /// nil until there is an entry.
    private var entries: UnsafeMutablePointer<PublishEntry>?
    /// Places of entries: the first `count` in order, the others free.
    private var order: UnsafeMutablePointer<UInt16>?
    /// Entries there are.
    package private(set) var count = 0

    /// Nothing is published.
    package init() {}

    deinit {
        entries?.deallocate()
        order?.deallocate()
    }

    /// Publishes a range, instead of what the number stood for before.
    ///
    /// - Returns: false, and nothing has changed, if there is no more room, if the range is none or goes past the last
    ///   of the endpoint's ports, or if it overlaps another entry's for the same host address and uplink.
    @discardableResult
    package mutating func set(_ entry: PublishEntry) -> Bool {
        guard entry.first <= entry.last, entry.first > 0 else { return false }
        guard entry.insideFirst > 0, Int(entry.insideFirst) + Int(entry.last - entry.first) <= 65_535 else {
            return false
        }
        let entries = entries ?? .allocate(capacity: Self.capacity)
        let order = order ?? Self.makeOrder()
        self.entries = entries
        self.order = order
        let old = position(of: entry.number)
        guard old != nil || count < Self.capacity else { return false }
        // Of a group only the neighbours of the new range may overlap it, the old one aside.
        let place = after(PublishKey(entry), in: entries, order)
        var before = place - 1
        if before == old { before -= 1 }
        if before >= 0, overlaps(entries[Int(order[before])], entry) { return false }
        var behind = place
        if behind == old { behind += 1 }
        if behind < count, overlaps(entries[Int(order[behind])], entry) { return false }
        if let old { take(old, order) }
        let free = order[count]
        (entries + Int(free)).initialize(to: entry)
        let target = old.map { $0 < place ? place - 1 : place } ?? place
        var index = count
        while index > target {
            order[index] = order[index - 1]
            index -= 1
        }
        order[target] = free
        count += 1
        return true
    }

    /// Takes an entry back; false if there is none of the number.
    @discardableResult
    package mutating func remove(number: UInt32) -> Bool {
        guard let order, let position = position(of: number) else { return false }
        take(position, order)
        return true
    }

    /// The numbers of all entries.
    var numbers: Set<UInt32> {
        guard let entries, let order else { return [] }
        return Set((0..<count).map { entries[Int(order[$0])].number })
    }

    /// Where a packet for the host goes. An entry for the very address wins over one for all, and then one for the very
    /// uplink over one for all.
    ///
    /// - Parameters:
    ///   - proto: 6 or 17.
    ///   - destination: one of the host's addresses, which the caller knows, and a port.
    ///   - uplink: by which it came.
    @_noAllocation @_noLocks
    package func lookup(proto: UInt8, destination: TransportAddress, uplink: UInt16) -> PublishTarget {
        guard let entries, let order, count > 0 else { return PublishTarget() }
        let family: UInt8 = destination.isIPv4 ? 4 : 6
        var place = -1
        var attempt = 0
        while attempt < 4, place < 0 {
            let isAnyHost = attempt & 2 != 0
            let isAnyUplink = attempt & 1 != 0
            attempt &+= 1
            // Once is enough for what came by none.
            if !isAnyUplink, uplink == 0 { continue }
            let key = PublishKey(
                proto: proto, family: family, uplink: isAnyUplink ? 0 : uplink, high: isAnyHost ? 0 : destination.high,
                low: isAnyHost ? 0 : destination.low, port: destination.port)
            let last = after(key, in: entries, order) &- 1
            guard last >= 0 else { continue }
            let found = Int(order[last])
            if PublishKey(entries[found]).isSameGroup(as: key), destination.port <= entries[found].last {
                place = found
            }
        }
        guard place >= 0 else { return PublishTarget() }
        let entry = entries[place]
        var target = PublishTarget()
        target.isFound = true
        target.number = entry.number
        target.domain = entry.domain
        target.inside = TransportAddress(
            high: entry.insideHigh, low: entry.insideLow, port: entry.insideFirst &+ (destination.port &- entry.first))
        target.insideMAC = entry.insideMAC
        target.insidePort = entry.insidePort
        return target
    }

    private static func makeOrder() -> UnsafeMutablePointer<UInt16> {
        let order = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
        for place in 0..<capacity { (order + place).initialize(to: UInt16(place)) }
        return order
    }

    private func position(of number: UInt32) -> Int? {
        guard let entries, let order else { return nil }
        for position in 0..<count where entries[Int(order[position])].number == number { return position }
        return nil
    }

    private func overlaps(_ left: PublishEntry, _ right: PublishEntry) -> Bool {
        PublishKey(left).isSameGroup(as: PublishKey(right)) && left.first <= right.last && right.first <= left.last
    }

    /// Takes a position out of the order; its place is the first free one.
    private mutating func take(_ position: Int, _ order: UnsafeMutablePointer<UInt16>) {
        let freed = order[position]
        count -= 1
        for index in position..<count { order[index] = order[index + 1] }
        order[count] = freed
    }

    /// How many entries are not behind a key.
    @inline(__always) @_noAllocation @_noLocks
    private func after(
        _ key: PublishKey, in entries: UnsafeMutablePointer<PublishEntry>, _ order: UnsafeMutablePointer<UInt16>
    ) -> Int {
        var first = 0
        var end = count
        while first < end {
            let middle = first &+ (end &- first) &>> 1
            // Places are below the capacity.
            if PublishKey(entries[Int(order[middle])]).isBehind(key) { end = middle } else { first = middle &+ 1 }
        }
        return first
    }
}
