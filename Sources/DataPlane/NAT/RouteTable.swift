/// The host's routes, both families: the longest prefix that covers an address decides.
///
/// When routes change they are laid out as ranges that don't overlap, in order, and a lookup is a binary search: at most
/// 14 steps with 4,096 routes, however long their prefixes are. A hash for each prefix length would be asked up to 129
/// times for IPv6, and whoever announces routes could choose how often. Only the first packet of a flow asks.
package struct RouteTable: ~Copyable {
    /// Routes of both families that fit.
    package static var capacity: Int { @_noAllocation @_noLocks get { 4_096 } }

    private var ipv4 = RouteRanges()
    private var ipv6 = RouteRanges()
    private var decisions: UnsafeMutablePointer<RouteDecision>?
    /// Routes that count: the last ones given without duplicates.
    package private(set) var count = 0

    /// Without a route.
    package init() {}

    deinit {
        decisions?.deallocate()
    }

    /// Forgets all routes for others. Of several with one prefix the first counts: the caller brings those of the
    /// lowest metric first. A prefix longer than an address is left out.
    ///
    /// - Returns: false, and nothing has changed, if there are more than `capacity`.
    @discardableResult
    package mutating func replace(with routes: [RouteEntry]) -> Bool {
        guard routes.count <= Self.capacity else { return false }
        // Place 0 is no route.
        let new = UnsafeMutablePointer<RouteDecision>.allocate(capacity: routes.count + 1)
        new.initialize(repeating: RouteDecision(), count: routes.count + 1)
        var prefixes4: [RoutePrefix] = []
        var prefixes6: [RoutePrefix] = []
        for (index, route) in routes.enumerated() {
            let isIPv4 = TransportAddress(high: route.high, low: route.low, port: 0).isIPv4
            guard route.prefixLength <= (isIPv4 ? 32 : 128) else { continue }
            let length = isIPv4 ? route.prefixLength + 96 : route.prefixLength
            let prefix = RoutePrefix(
                value: UInt128(route.high) << 64 | UInt128(route.low), length: length, index: UInt16(index + 1))
            if isIPv4 { prefixes4.append(prefix) } else { prefixes6.append(prefix) }
            new[index + 1] = route.decision
            new[index + 1].isFound = true
        }
        count = ipv4.replace(with: prefixes4) + ipv6.replace(with: prefixes6)
        decisions?.deallocate()
        decisions = new
        return true
    }

    /// The route to an address; IPv4 mapped.
    @_noAllocation @_noLocks
    package func lookup(high: UInt64, low: UInt64) -> RouteDecision {
        guard let decisions else { return RouteDecision() }
        let isIPv4 = TransportAddress(high: high, low: low, port: 0).isIPv4
        let index = isIPv4 ? ipv4.find(high, low) : ipv6.find(high, low)
        return decisions[index]
    }
}

/// A route's destination while ranges are made.
struct RoutePrefix {
    let first: UInt128
    let last: UInt128
    let length: UInt8
    let index: UInt16

    /// What lies behind the prefix is cleared.
    init(value: UInt128, length: UInt8, index: UInt16) {
        let host = length == 0 ? UInt128.max : (UInt128(1) << UInt128(128 - UInt16(length))) - 1
        first = value & ~host
        last = value | host
        self.length = length
        self.index = index
    }
}

/// The ranges of one family: each goes from its first address to before the next one's.
struct RouteRanges: ~Copyable {
    private struct Range {
        var high: UInt64
        var low: UInt64
        /// 0: no route.
        var index: Int
    }

    /// In order; the first begins at 0.
    private var ranges: UnsafeMutablePointer<Range>?
    private var count = 0

    init() {}

    deinit {
        ranges?.deallocate()
    }

    /// Lays prefixes out; returns how many there were without duplicates, of which the first counts.
    mutating func replace(with prefixes: [RoutePrefix]) -> Int {
        // Those that lie in another come after it; sorting by index too keeps the first of duplicates first.
        let sorted = prefixes.sorted { left, right in
            if left.first != right.first { return left.first < right.first }
            if left.length != right.length { return left.length < right.length }
            return left.index < right.index
        }
        var made: [Range] = []
        var open: [RoutePrefix] = []
        var kept = 0
        func begin(_ address: UInt128, _ index: UInt16) {
            if let last = made.last {
                if last.high == UInt64(truncatingIfNeeded: address >> 64),
                    last.low == UInt64(truncatingIfNeeded: address)
                {
                    made.removeLast()
                } else if last.index == Int(index) {
                    return
                }
            }
            made.append(
                Range(
                    high: UInt64(truncatingIfNeeded: address >> 64), low: UInt64(truncatingIfNeeded: address),
                    index: Int(index)))
        }
        // Where a prefix ends, the one around it goes on.
        func close(before address: UInt128?) {
            while let top = open.last {
                if let address, top.last >= address { break }
                open.removeLast()
                if top.last < .max { begin(top.last + 1, open.last?.index ?? 0) }
            }
        }
        begin(0, 0)
        for prefix in sorted {
            close(before: prefix.first)
            if let top = open.last, top.first == prefix.first, top.length == prefix.length { continue }
            kept += 1
            begin(prefix.first, prefix.index)
            open.append(prefix)
        }
        close(before: nil)
        ranges?.deallocate()
        let memory = UnsafeMutablePointer<Range>.allocate(capacity: made.count)
        for (place, range) in made.enumerated() { (memory + place).initialize(to: range) }
        ranges = memory
        count = made.count
        return kept
    }

    /// The index of the prefix that decides; 0: none.
    @inline(__always) @_noAllocation @_noLocks
    func find(_ high: UInt64, _ low: UInt64) -> Int {
        guard let ranges else { return 0 }
        // Invariant: the range looked for is one of `length` from `first` on, of which there is always one.
        var first = 0
        var length = count
        while length > 1 {
            let half = length &>> 1
            let middle = ranges[first &+ half]
            let isBehind = high < middle.high || high == middle.high && low < middle.low
            if !isBehind { first &+= half }
            length = isBehind ? half : length &- half
        }
        return ranges[first].index
    }
}
