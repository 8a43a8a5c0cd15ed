/// Where a packet goes. IPv4 addresses are mapped.
package struct RouteDecision: Sendable {
    /// Whether there is a route at all.
    package var isFound = false
    /// The route says that nothing may go there: blackhole, unreachable, prohibit.
    package var isRefused = false
    /// The data plane's port; 0: the route leads somewhere that is no uplink.
    package var uplink: UInt16 = 0
    /// The largest packet that the route lets through; 0: it doesn't tell.
    package var mtu: UInt32 = 0
    /// The gateway's first 64 bits.
    package var gatewayHigh: UInt64 = 0
    /// The last 64 bits; both 0: the destination is on the link.
    package var gatewayLow: UInt64 = 0
    /// The first 64 bits of the address that packets leave with.
    package var sourceHigh: UInt64 = 0
    /// The last 64 bits; both 0: the uplink's own.
    package var sourceLow: UInt64 = 0

    /// No route.
    @inline(__always) @_noAllocation @_noLocks
    package init() {}

    /// A route by an uplink.
    package init(
        uplink: UInt16, gatewayHigh: UInt64 = 0, gatewayLow: UInt64 = 0, mtu: UInt32 = 0, sourceHigh: UInt64 = 0,
        sourceLow: UInt64 = 0, isRefused: Bool = false
    ) {
        isFound = true
        self.isRefused = isRefused
        self.uplink = uplink
        self.mtu = mtu
        self.gatewayHigh = gatewayHigh
        self.gatewayLow = gatewayLow
        self.sourceHigh = sourceHigh
        self.sourceLow = sourceLow
    }
}
