/// One published range of ports: what comes for the host there goes to an endpoint. Addresses of IPv4 are mapped.
package struct PublishEntry: Sendable {
    /// The version of IP.
    package enum Family: UInt8, Sendable {
        case v4 = 4
        case v6 = 6
    }

    /// Names the entry.
    package var number: UInt32
    /// 6 or 17.
    package var proto: UInt8
    /// What the host's address must be of.
    package var family: Family
    /// The host's address, first 64 bits.
    package var hostHigh: UInt64
    /// Last 64 bits; both 0: any address of the host's.
    package var hostLow: UInt64
    /// The first port.
    package var first: UInt16
    /// The last port, not below the first.
    package var last: UInt16
    /// The uplink that packets must come by; 0: any.
    package var uplink: UInt16
    /// The endpoint's network.
    package var domain: UInt16
    /// The endpoint's address, first 64 bits.
    package var insideHigh: UInt64
    /// Last 64 bits.
    package var insideLow: UInt64
    /// The endpoint's port for `first`; the others follow.
    package var insideFirst: UInt16
    /// The endpoint's MAC, a 48-bit number.
    package var insideMAC: UInt64
    /// The data plane's port that leads to the endpoint.
    package var insidePort: UInt16

    /// Makes an entry.
    package init(
        number: UInt32, proto: UInt8, family: Family, hostHigh: UInt64 = 0, hostLow: UInt64 = 0, first: UInt16,
        last: UInt16, uplink: UInt16 = 0, domain: UInt16, insideHigh: UInt64, insideLow: UInt64, insideFirst: UInt16,
        insideMAC: UInt64, insidePort: UInt16
    ) {
        self.number = number
        self.proto = proto
        self.family = family
        self.hostHigh = hostHigh
        self.hostLow = hostLow
        self.first = first
        self.last = last
        self.uplink = uplink
        self.domain = domain
        self.insideHigh = insideHigh
        self.insideLow = insideLow
        self.insideFirst = insideFirst
        self.insideMAC = insideMAC
        self.insidePort = insidePort
    }
}
