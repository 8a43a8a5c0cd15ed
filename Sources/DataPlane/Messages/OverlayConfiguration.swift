public import Addresses

/// The VXLAN side of a domain (RFC 7348): which network it is on the wire, and who its peers are.
public struct OverlayConfiguration: Sendable, Hashable {
    /// Most peers that one domain can have.
    public static let maximumPeers = 64
    /// VNIs have 24 bits.
    public static let largestVNI: UInt32 = 0xFF_FFFF

    /// The network's number on the wire, 0…`largestVNI`; unique among the domains of one tunnel.
    public var vni: UInt32
    /// The tunnel's number: the port that receives its datagrams.
    public var tunnel: UInt16
    /// Largest layer-3 payload of an inner frame without tags that the tunnel carries, in bytes; each tag takes 4 of them.
    public var mtu: UInt32
    /// Whether stations behind VTEPs are learned from what arrives.
    public var learning: Bool
    /// Whether datagrams of VTEPs that aren't peers are accepted.
    public var acceptsAnyPeer: Bool
    /// Whether questions for known neighbours (ARP, ND) are answered here instead of being flooded.
    public var answersNeighbours: Bool
    /// VTEPs that flooded frames go to, at most `maximumPeers`, of the tunnel's address family.
    public var peers: [IPAddress]
    /// The network's router, the source of "too big" messages; zero where there is none.
    public var routerMAC: MACAddress
    /// The router's IPv4 address, or nil.
    public var routerIPv4: IPv4Address?
    /// The router's IPv6 address, or nil.
    public var routerIPv6: IPv6Address?

    /// Makes an overlay's configuration; peers beyond `maximumPeers` are not taken.
    public init(
        vni: UInt32, tunnel: UInt16, mtu: UInt32 = 1_450, learning: Bool = true, acceptsAnyPeer: Bool = false,
        answersNeighbours: Bool = false, peers: [IPAddress] = [], routerMAC: MACAddress = .zero,
        routerIPv4: IPv4Address? = nil, routerIPv6: IPv6Address? = nil
    ) {
        self.vni = vni
        self.tunnel = tunnel
        self.mtu = mtu
        self.learning = learning
        self.acceptsAnyPeer = acceptsAnyPeer
        self.answersNeighbours = answersNeighbours
        self.peers = Array(peers.prefix(Self.maximumPeers))
        self.routerMAC = routerMAC
        self.routerIPv4 = routerIPv4
        self.routerIPv6 = routerIPv6
    }
}

/// A VXLAN tunnel end of this host: one local address and one UDP port. Its sockets are ports of their own, set before
/// it: one of the kind `tunnel` that receives, several of the kind `datagram` that send, each from its own UDP port, and
/// where the kernel can do it one of the kind `tunnelDevice`.
public struct TunnelConfiguration: Sendable, Hashable {
    /// Most sockets that send.
    public static let maximumSenders = 32

    /// The port that receives; also the tunnel's number.
    public var id: UInt16
    /// The ports that send: a flow keeps to one. 1…`maximumSenders`; a power of two, so that flows spread evenly.
    public var senders: [UInt16]
    /// The port that super-frames leave by whole, a `tunnelDevice`; 0 where there is none: they are cut.
    public var device: UInt16
    /// Index of the interface by which all peers are reached; 0: more than one, or unknown, and `device` isn't used.
    public var interface: UInt32
    /// Where datagrams arrive, and where peers expect them.
    public var udpPort: UInt16
    /// This host's VTEP address.
    public var local: IPAddress

    /// Makes a tunnel's configuration.
    public init(
        id: UInt16, senders: [UInt16], device: UInt16 = 0, interface: UInt32 = 0, udpPort: UInt16 = 4_789,
        local: IPAddress
    ) {
        self.id = id
        self.senders = senders
        self.device = device
        self.interface = interface
        self.udpPort = udpPort
        self.local = local
    }
}

/// Whose an IP address of a domain is.
public struct NeighbourConfiguration: Sendable, Hashable {
    /// See `DomainConfiguration`.
    public var domain: UInt16
    /// The address that is asked for.
    public var address: IPAddress
    /// The station that has it; not looked at when a neighbour is removed.
    public var mac: MACAddress

    /// Makes a neighbour's configuration.
    public init(domain: UInt16, address: IPAddress, mac: MACAddress) {
        self.domain = domain
        self.address = address
        self.mac = mac
    }
}
