public import Addresses

/// The router's side of a domain: frames that its endpoints send to the router's MAC address are routed.
public struct GatewayConfiguration: Sendable, Hashable {
    /// The host port: what is for the host itself goes there. May be told before the port.
    public var port: UInt16
    /// The router's MAC address.
    public var mac: MACAddress
    /// The router's IPv4 address, or nil.
    public var ipv4: IPv4Address?
    /// The router's IPv6 address, or nil.
    public var ipv6: IPv6Address?
    /// The domain's subnets: at most one of each family.
    public var subnets: [IPPrefix]
    /// Nothing but the router's own addresses is reached through it.
    public var isInternal: Bool
    /// Packets leave and enter with the endpoints' own addresses.
    public var isRouted: Bool
    /// Largest packet that endpoints take, in bytes.
    public var mtu: UInt32
    /// The port of the name service: what is for port 53 of the router's addresses goes there; 0: to the host, as all
    /// else. May be told before the port.
    public var namePort: UInt16

    /// Most subnets.
    public static let maximumSubnets = 2

    /// Makes a gateway's configuration; subnets beyond `maximumSubnets` are not taken.
    public init(
        port: UInt16, mac: MACAddress, ipv4: IPv4Address? = nil, ipv6: IPv6Address? = nil, subnets: [IPPrefix] = [],
        isInternal: Bool = false, isRouted: Bool = false, mtu: UInt32 = 1_500, namePort: UInt16 = 0
    ) {
        self.port = port
        self.mac = mac
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.subnets = Array(subnets.prefix(Self.maximumSubnets))
        self.isInternal = isInternal
        self.isRouted = isRouted
        self.mtu = mtu
        self.namePort = namePort
    }
}

/// An interface of the host that translated packets leave and enter by: what the engine must know beside its port,
/// which is of the kind `uplink` and set before it.
public struct UplinkConfiguration: Sendable, Hashable {
    /// The port's number.
    public var port: UInt16
    /// The interface's MAC address.
    public var mac: MACAddress
    /// Largest packet that it takes, in bytes.
    public var mtu: UInt32
    /// The address that translated IPv4 packets come from where the route names none; nil: IPv4 doesn't leave by it.
    public var ipv4: IPv4Address?
    /// The same for IPv6.
    public var ipv6: IPv6Address?

    /// Makes an uplink's configuration.
    public init(port: UInt16, mac: MACAddress, mtu: UInt32, ipv4: IPv4Address? = nil, ipv6: IPv6Address? = nil) {
        self.port = port
        self.mac = mac
        self.mtu = mtu
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }
}

/// The host ports that outgoing flows use.
public struct PoolConfiguration: Sendable, Hashable {
    /// The lowest.
    public var first: UInt16
    /// How many.
    public var count: UInt16
    /// Those in between that somebody else holds, at most `maximumExcluded`.
    public var excluded: [UInt16]

    /// More would be another pool.
    public static let maximumExcluded = 4_096

    /// Makes a pool; excluded ports beyond `maximumExcluded` are not taken.
    public init(first: UInt16, count: UInt16, excluded: [UInt16] = []) {
        self.first = first
        self.count = count
        self.excluded = Array(excluded.prefix(Self.maximumExcluded))
    }
}

/// One of the host's own addresses.
public struct HostAddressConfiguration: ListedConfiguration {
    /// The address.
    public var address: IPAddress
    /// The port that has it: an uplink, or a host port, and nobody reaches it by an uplink; 0: another interface.
    public var port: UInt16

    /// Most addresses that one message can hold.
    public static let maximumPerMessage = 512
    /// Most addresses that the engine can hold.
    public static let maximum = HostAddressTable.capacity

    /// Makes an address's configuration.
    public init(address: IPAddress, port: UInt16 = 0) {
        self.address = address
        self.port = port
    }
}

/// One of the host's routes; told in no required order.
public struct RouteConfiguration: ListedConfiguration {
    /// Where packets are to go.
    public var destination: IPPrefix
    /// Packets are refused.
    public var isRefused: Bool
    /// The port of the uplink; 0: an interface that is none.
    public var uplink: UInt16
    /// The router; nil: the destination is on the link.
    public var gateway: IPAddress?
    /// The address that the host sends from by this route; nil: the uplink's.
    public var source: IPAddress?
    /// Largest packet that the route says it takes; 0: it doesn't say.
    public var mtu: UInt32

    /// Most routes that one message can hold.
    public static let maximumPerMessage = 200
    /// Most routes that the engine can hold.
    public static let maximum = 4_096

    /// Makes a route's configuration.
    public init(
        destination: IPPrefix, isRefused: Bool = false, uplink: UInt16, gateway: IPAddress? = nil,
        source: IPAddress? = nil, mtu: UInt32 = 0
    ) {
        self.destination = destination
        self.isRefused = isRefused
        self.uplink = uplink
        self.gateway = gateway
        self.source = source
        self.mtu = mtu
    }
}

/// Where a next hop of an uplink is.
public struct NextHopConfiguration: Sendable, Hashable {
    /// The port of the uplink.
    public var uplink: UInt16
    /// The next hop.
    public var address: IPAddress
    /// Its MAC address; nil: not known any more.
    public var mac: MACAddress?

    /// Makes a next hop's configuration.
    public init(uplink: UInt16, address: IPAddress, mac: MACAddress?) {
        self.uplink = uplink
        self.address = address
        self.mac = mac
    }
}

/// Host ports that are forwarded to an endpoint.
public struct PublishConfiguration: Sendable, Hashable {
    /// Names it; not 0.
    public var number: UInt32
    /// 6 (TCP) or 17 (UDP).
    public var transport: UInt8
    /// The host's address; nil: all that it has of the endpoint's family.
    public var host: IPAddress?
    /// The port of the uplink that packets must come by; 0: any.
    public var uplink: UInt16
    /// The first host port.
    public var first: UInt16
    /// The last one.
    public var last: UInt16
    /// The endpoint's domain.
    public var domain: UInt16
    /// The endpoint's port in the data plane.
    public var port: UInt16
    /// The endpoint's MAC address.
    public var mac: MACAddress
    /// The endpoint's address; of the family of `host`.
    public var inside: IPAddress
    /// The endpoint's port that `first` leads to; the others follow.
    public var insideFirst: UInt16

    /// Makes a publish's configuration.
    public init(
        number: UInt32, transport: UInt8, host: IPAddress? = nil, uplink: UInt16 = 0, first: UInt16, last: UInt16,
        domain: UInt16, port: UInt16, mac: MACAddress, inside: IPAddress, insideFirst: UInt16
    ) {
        self.number = number
        self.transport = transport
        self.host = host
        self.uplink = uplink
        self.first = first
        self.last = last
        self.domain = domain
        self.port = port
        self.mac = mac
        self.inside = inside
        self.insideFirst = insideFirst
    }
}
