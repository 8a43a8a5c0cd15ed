/// One route of the host's, as the data plane needs it. IPv4 addresses are mapped.
package struct RouteEntry: Sendable {
    /// The destination's first 64 bits.
    package var high: UInt64
    /// The last 64 bits; what lies behind the prefix doesn't count.
    package var low: UInt64
    /// In bits of the address's own family: 0…32 or 0…128.
    package var prefixLength: UInt8
    /// Where packets go.
    package var decision: RouteDecision

    /// Makes a route.
    package init(high: UInt64, low: UInt64, prefixLength: UInt8, decision: RouteDecision) {
        self.high = high
        self.low = low
        self.prefixLength = prefixLength
        self.decision = decision
    }
}
