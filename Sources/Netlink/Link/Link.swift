public import Addresses

/// A network interface as the kernel describes it.
public struct Link: Hashable, Sendable {
    /// What an interface is and does (IFF_* of linux/if.h).
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits as the kernel has them.
        public let rawValue: UInt32

        /// Makes a set of the kernel's bits.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The administrator wants it to work.
        public static let up = Flags(rawValue: LinkFlag.up)
        /// It has a broadcast address.
        public static let broadcast = Flags(rawValue: LinkFlag.broadcast)
        /// It is the loopback device.
        public static let loopback = Flags(rawValue: LinkFlag.loopback)
        /// It has a single peer.
        public static let pointToPoint = Flags(rawValue: LinkFlag.pointToPoint)
        /// It is up and able to carry traffic.
        public static let running = Flags(rawValue: LinkFlag.running)
        /// It neither asks nor answers ARP.
        public static let noARP = Flags(rawValue: LinkFlag.noARP)
        /// It takes frames for other stations; set by `ip link`, not by packet sockets.
        public static let promiscuous = Flags(rawValue: LinkFlag.promiscuous)
        /// It can carry multicast.
        public static let multicast = Flags(rawValue: LinkFlag.multicast)
        /// There is a carrier.
        public static let lowerUp = Flags(rawValue: LinkFlag.lowerUp)
    }

    /// Number of the interface in its namespace; changes when it is moved to one where the number is taken.
    public var index: Int32
    /// The interface's name.
    public var name: String
    /// ARPHRD_* of linux/if_arp.h: 1 is Ethernet.
    public var hardwareType: UInt16
    /// What it is and does.
    public var flags: Flags
    /// Its MAC address; nil if it has none or one of another size.
    public var mac: MACAddress?
    /// Largest layer-3 packet, in bytes.
    public var mtu: UInt32
    /// What made it: "veth", "tun" (TUN and TAP), "bridge", "vxlan", …; nil for hardware and loopback.
    public var kind: String?
    /// Free text that the administrator gave it (`ip link set alias`).
    public var alias: String?
    /// Index of the bridge or bond that it belongs to.
    public var master: Int32?
    /// Whether it can carry traffic, by the kernel's last look; nil if the kernel names a state that isn't known here.
    public var operationalState: OperationalState?
    /// Index of the interface that it belongs to or stands on: the other end of a veth pair, a VLAN's parent. The
    /// number is of the namespace `linkNamespaceID` names, or of this one.
    public var peer: Int32?
    /// Identifier of the namespace that `peer` is in, if that is another one.
    public var linkNamespaceID: Int32?
    /// Packets that its queue holds.
    public var txQueueLength: UInt32?
    /// Largest super-frame that the stack hands it, in bytes.
    public var gsoMaximumSize: UInt32?
    /// Number for `ip link set group`; 0 by default.
    public var group: UInt32?
    /// Of a VLAN's interface: the VLAN.
    public var vlan: UInt16?
    /// Its counters, if they were asked for.
    public var statistics: LinkStatistics?

    /// Whether the administrator wants it to work.
    public var isUp: Bool { flags.contains(.up) }

    /// Whether there is a carrier.
    public var hasCarrier: Bool { flags.contains(.lowerUp) }

    /// Whether its frames are Ethernet's.
    public var isEthernet: Bool { hardwareType == 1 }
}

extension Link {
    /// Size of struct ifinfomsg.
    static let headerSize = 16

    /// Reads a message of type RTM_NEWLINK or RTM_DELLINK. nil for what isn't about an interface itself: a bridge's
    /// view of its ports comes with the same types (family AF_BRIDGE), and its removal is not the interface's.
    init?(_ message: NetlinkMessage) throws(NetlinkFormatError) {
        let payload = message.payload
        guard try payload.number(at: 0, as: UInt8.self, of: "a link") == ProtocolFamily.unspecified else { return nil }
        index = try payload.number(at: 4, of: "a link")
        name = ""
        hardwareType = try payload.number(at: 2, of: "a link")
        flags = Flags(rawValue: try payload.number(at: 8, of: "a link"))
        mtu = 0
        var attributes = AttributeReader(try payload.rest(from: Link.headerSize, of: "a link"))
        while let attribute = try attributes.next() {
            try read(attribute)
        }
    }

    private mutating func read(_ attribute: NetlinkAttribute) throws(NetlinkFormatError) {
        switch attribute.type {
        case LinkAttribute.name: name = attribute.text
        case LinkAttribute.address: mac = attribute.macAddress
        case LinkAttribute.mtu: mtu = try attribute.number()
        case LinkAttribute.alias: alias = attribute.text
        case LinkAttribute.master: master = try attribute.number()
        case LinkAttribute.operationalState: operationalState = OperationalState(rawValue: try attribute.number())
        case LinkAttribute.link: peer = try attribute.number()
        case LinkAttribute.linkNamespaceID: linkNamespaceID = try attribute.number()
        case LinkAttribute.txQueueLength: txQueueLength = try attribute.number()
        case LinkAttribute.gsoMaximumSize: gsoMaximumSize = try attribute.number()
        case LinkAttribute.group: group = try attribute.number()
        case LinkAttribute.statistics64: statistics = try LinkStatistics(attribute.payload)
        case LinkAttribute.linkInfo:
            var parts = attribute.nested
            while let part = try parts.next() {
                if part.type == LinkAttribute.infoKind { kind = part.text }
                if part.type == LinkAttribute.infoData, kind == "vlan" {
                    var facts = part.nested
                    while let fact = try facts.next() {
                        if fact.type == LinkAttribute.vlanIdentifier { vlan = try fact.number() }
                    }
                }
            }
        default: break
        }
    }
}
