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
