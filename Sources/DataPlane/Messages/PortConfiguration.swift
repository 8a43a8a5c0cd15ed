public import Addresses

/// What kind of descriptor a port reads and writes.
public enum PortKind: UInt8, Sendable, CaseIterable {
    /// A TAP with a 10-byte virtio_net_hdr.
    case tap = 1
    /// A packet socket with PACKET_VNET_HDR (10 bytes) and auxdata.
    case packetSocket = 2
    /// A packet socket with PACKET_VNET_HDR that receives the datagrams of a tunnel with their outer headers; nothing is sent by
    /// it.
    case tunnel = 3
    /// A UDP socket that sends datagrams of a tunnel; nothing is received from it.
    case datagram = 4
    /// A TAP that super-frames of a tunnel leave by in one datagram each; nothing is received from it.
    case tunnelDevice = 5
    /// A packet socket on an interface of the host, as `packetSocket`, that translated packets leave and enter by.
    case uplink = 6
    /// A packet socket on an interface of the host, as `packetSocket`, that joins a domain to the LAN which it leads to.
    case parent = 7
    /// A TAP, as `tap`, behind which the name service of a domain is: it has the gateway's addresses, and only what is
    /// asked of the name service goes there.
    case names = 8

    /// Whether frames of a domain enter and leave by it; the others belong to a tunnel or to the host.
    public var isInDomain: Bool { self == .tap || self == .packetSocket || self == .parent || self == .names }
}

/// How the endpoints of a domain with a parent reach each other, as the kernel's macvlan has it.
public enum ParentMode: UInt8, Sendable, CaseIterable {
    /// Directly.
    case bridge = 1
    /// Never, not by way of the LAN either.
    case `private` = 2
    /// By way of the LAN, if a switch there sends frames back where they came from.
    case vepa = 3
    /// There is one endpoint only; all that is on the LAN passes.
    case passthru = 4
}

/// Who may speak through a port: sources that are anything else are dropped.
public struct PortGuard: Sendable, Hashable {
    /// Most addresses of one family that a guard can hold.
    public static let maximumAddresses = 4

    /// The only source address of frames.
    public var mac: MACAddress
    /// The only IPv4 sources, at most `maximumAddresses`.
    public var ipv4: [IPv4Address]
    /// The only IPv6 sources beside link-local ones, at most `maximumAddresses`.
    public var ipv6: [IPv6Address]
    /// Whether nothing but the MAC address is looked at.
    public var isOpen = false

    /// Makes a guard that looks at nothing but the MAC address.
    public init(macOnly mac: MACAddress) {
        self.init(mac: mac, ipv4: [], ipv6: [])
        isOpen = true
    }

    /// Makes a guard; addresses beyond `maximumAddresses` of a family are not taken.
    public init(mac: MACAddress, ipv4: [IPv4Address], ipv6: [IPv6Address]) {
        self.mac = mac
        self.ipv4 = Array(ipv4.prefix(Self.maximumAddresses))
        self.ipv6 = Array(ipv6.prefix(Self.maximumAddresses))
    }
}

/// Everything the engine must know of a port. Identifiers are chosen by the control plane.
public struct PortConfiguration: Sendable, Hashable {
    /// 1…16383.
    public var id: UInt16
    /// 1…4095; 0 for ports of a tunnel and uplinks, which are in no domain.
    public var domain: UInt16
    /// See `PortKind`.
    public var kind: PortKind
    /// Frames from this port don't reach other isolated ports of the domain.
    public var isolated: Bool
    /// 0: tags pass untouched. 1…4094: an access port of that VLAN.
    public var accessVLAN: UInt16
    /// Largest layer-3 payload that may leave by this port in one frame that isn't a super-frame, in bytes.
    public var mtu: UInt32
    /// Names the open descriptor: a port configured again with the same token goes on undisturbed and needs no
    /// descriptor; another token replaces the descriptor by the one that comes with the message.
    public var token: UInt64
    /// nil: anybody may speak.
    public var sourceGuard: PortGuard?

    /// Makes a port's configuration.
    public init(
        id: UInt16, domain: UInt16, kind: PortKind, isolated: Bool = false, accessVLAN: UInt16 = 0, mtu: UInt32 = 1500,
        token: UInt64, sourceGuard: PortGuard? = nil
    ) {
        self.id = id
        self.domain = domain
        self.kind = kind
        self.isolated = isolated
        self.accessVLAN = accessVLAN
        self.mtu = mtu
        self.token = token
        self.sourceGuard = sourceGuard
    }
}

/// Everything the engine must know of a domain.
public struct DomainConfiguration: Sendable, Hashable {
    /// 1…16383.
    public var id: UInt16
    /// How long a station that is not heard of is remembered, in milliseconds (802.1D: 300 s).
    public var ageingMilliseconds: UInt32
    /// nil: the domain ends at this host.
    public var overlay: OverlayConfiguration?
    /// nil: nothing is routed.
    public var gateway: GatewayConfiguration?
    /// nil: the domain has no parent, and all ports are alike.
    public var parent: ParentMode?

    /// Makes a domain's configuration.
    public init(
        id: UInt16, ageingMilliseconds: UInt32 = 300_000, overlay: OverlayConfiguration? = nil,
        gateway: GatewayConfiguration? = nil, parent: ParentMode? = nil
    ) {
        self.id = id
        self.ageingMilliseconds = ageingMilliseconds
        self.overlay = overlay
        self.gateway = gateway
        self.parent = parent
    }

    /// The worker that the domain belongs to. Overlays are the first one's, since they share their tunnels' sockets, and
    /// so are domains that are routed, since they share the uplinks and the flows.
    public func worker(of workers: Int) -> Int {
        overlay == nil && gateway == nil ? Int(id) % max(workers, 1) : 0
    }
}

/// A row of the MAC table that is set by hand.
public struct StationConfiguration: Sendable, Hashable {
    /// See `DomainConfiguration`.
    public var domain: UInt16
    /// 0 in a domain without access ports.
    public var vlan: UInt16
    /// The station.
    public var mac: MACAddress
    /// Where it lives; 0 if behind a VTEP. Not looked at when a station is removed.
    public var port: UInt16
    /// The VTEP behind which it lives; nil if behind a port. Not looked at when a station is removed.
    public var vtep: IPAddress?

    /// Makes the configuration of a station behind a port.
    public init(domain: UInt16, vlan: UInt16 = 0, mac: MACAddress, port: UInt16) {
        self.domain = domain
        self.vlan = vlan
        self.mac = mac
        self.port = port
    }

    /// Makes the configuration of a station behind a VTEP.
    public init(domain: UInt16, vlan: UInt16 = 0, mac: MACAddress, vtep: IPAddress) {
        self.init(domain: domain, vlan: vlan, mac: mac, port: 0)
        self.vtep = vtep
    }
}
