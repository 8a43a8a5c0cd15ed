public import Addresses

/// A route: where packets for a prefix go.
public struct Route: Hashable, Sendable {
    /// What happens to packets (RTN_* of linux/rtnetlink.h).
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The kernel's number.
        public let rawValue: UInt8

        /// Makes a kind of the kernel's number.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// They go to a gateway or out of an interface.
        public static let unicast = Kind(rawValue: 1)
        /// They are for this host.
        public static let local = Kind(rawValue: 2)
        /// They are for this host and others.
        public static let broadcast = Kind(rawValue: 3)
        /// They go to a group.
        public static let multicast = Kind(rawValue: 5)
        /// They vanish.
        public static let blackhole = Kind(rawValue: 6)
        /// They are refused with an ICMP message.
        public static let unreachable = Kind(rawValue: 7)
    }

    /// One of several ways of a route.
    public struct NextHop: Hashable, Sendable {
        /// Index of the interface.
        public var interfaceIndex: Int32
        /// The router; nil if the destination is on the link.
        public var gateway: IPAddress?
        /// Its share among the ways: 1…256.
        public var weight: UInt16

        /// Makes a way of its parts.
        public init(interfaceIndex: Int32, gateway: IPAddress?, weight: UInt16) {
            self.interfaceIndex = interfaceIndex
            self.gateway = gateway
            self.weight = weight
        }
    }

    /// Number of the main table (RT_TABLE_MAIN).
    public static let mainTable: UInt32 = 254
    /// Number of the table of the host's own addresses (RT_TABLE_LOCAL).
    public static let localTable: UInt32 = 255

    /// Where packets are to go; length 0 for the default route.
    public var destination: IPPrefix
    /// The router; nil if the destination is on the link. May be IPv6 for an IPv4 route.
    public var gateway: IPAddress?
    /// Index of the interface; nil for kinds without one and for several ways.
    public var interfaceIndex: Int32?
    /// The address that the host sends from.
    public var source: IPAddress?
    /// Preference among routes for the same destination: the lowest is used.
    public var metric: UInt32?
    /// Largest packet that this way takes, if the route says so.
    public var mtu: UInt32?
    /// The table it is in.
    public var table: UInt32
    /// What happens to packets.
    public var kind: Kind
    /// Who made it (RTPROT_*): 2 the kernel, 3 boot scripts, 4 the administrator.
    public var origin: UInt8
    /// Whether the gateway is on the link, even if no address says so (RTNH_F_ONLINK).
    public var isOnLink: Bool
    /// The ways, if there are several.
    public var nextHops: [NextHop]

    /// Describes a unicast route.
    public init(
        to destination: IPPrefix, via gateway: IPAddress? = nil, interfaceIndex: Int32? = nil,
        source: IPAddress? = nil, metric: UInt32? = nil, mtu: UInt32? = nil, table: UInt32 = Route.mainTable,
        isOnLink: Bool = false
    ) {
        self.destination = destination
        self.gateway = gateway
        self.interfaceIndex = interfaceIndex
        self.source = source
        self.metric = metric
        self.mtu = mtu
        self.table = table
        kind = .unicast
        origin = 4
        self.isOnLink = isOnLink
        nextHops = []
    }

    /// Describes the default route of the gateway's family.
    public init(defaultVia gateway: IPAddress, interfaceIndex: Int32? = nil, isOnLink: Bool = false) {
        let everything = IPPrefix(IPAddress(family: gateway.family, number: 0), length: 0)
        self.init(
            to: everything ?? IPPrefix(host: gateway), via: gateway, interfaceIndex: interfaceIndex,
            isOnLink: isOnLink)
    }

    /// Whether this is a default route.
    public var isDefault: Bool { destination.length == 0 }
}
