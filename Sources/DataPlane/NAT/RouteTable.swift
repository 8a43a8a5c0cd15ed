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
    /// Bits of the prefixes, beside the decisions: only those who explain ask.
    private var lengths: UnsafeMutablePointer<UInt8>?
    /// Routes that count: the last ones given without duplicates.
    package private(set) var count = 0

    /// Without a route.
    package init() {}

    deinit {
        decisions?.deallocate()
        lengths?.deallocate()
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
        let bits = UnsafeMutablePointer<UInt8>.allocate(capacity: routes.count + 1)
        bits.initialize(repeating: 0, count: routes.count + 1)
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
            bits[index + 1] = route.prefixLength
        }
        count = ipv4.replace(with: prefixes4) + ipv6.replace(with: prefixes6)
        decisions?.deallocate()
        decisions = new
        lengths?.deallocate()
        lengths = bits
        return true
    }

    /// The route to an address; IPv4 mapped.
    @_noAllocation @_noLocks
    package func lookup(high: UInt64, low: UInt64) -> RouteDecision {
        guard let decisions else { return RouteDecision() }
        return decisions[find(high, low)]
    }

    /// Bits of the prefix of that route: of 32 if the address is IPv4, else of 128; 0 also where there is none.
    @_noAllocation @_noLocks
    package func prefixLength(high: UInt64, low: UInt64) -> UInt8 {
        guard let lengths else { return 0 }
        return lengths[find(high, low)]
    }

    @inline(__always) @_noAllocation @_noLocks
    private func find(_ high: UInt64, _ low: UInt64) -> Int {
        let isIPv4 = TransportAddress(high: high, low: low, port: 0).isIPv4
        return isIPv4 ? ipv4.find(high, low) : ipv6.find(high, low)
    }
}
