public import Addresses

/// What all new interfaces have in common. Members that are nil are up to the kernel.
public struct NewLink: Hashable, Sendable {
    /// The interface's name.
    public var name: InterfaceName
    /// Its MAC address; nil: at random.
    public var mac: MACAddress?
    /// Largest layer-3 packet, in bytes.
    public var mtu: UInt32?
    /// Packets that its queue holds.
    public var txQueueLength: UInt32?
    /// Whether it is to work at once.
    public var isUp: Bool

    /// Describes a new interface.
    public init(
        name: InterfaceName, mac: MACAddress? = nil, mtu: UInt32? = nil, txQueueLength: UInt32? = nil,
        isUp: Bool = false
    ) {
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.txQueueLength = txQueueLength
        self.isUp = isUp
    }

    /// Appends struct ifinfomsg and the attributes.
    func write(to writer: inout MessageWriter) {
        let flag = isUp ? LinkFlag.up : 0
        writer.appendLinkHeader(flags: flag, mask: flag)
        writer.attribute(LinkAttribute.name, text: name.text)
        if let mac { writer.attribute(LinkAttribute.address, octets: mac.octets) }
        if let mtu { writer.attribute(LinkAttribute.mtu, mtu) }
        if let txQueueLength { writer.attribute(LinkAttribute.txQueueLength, txQueueLength) }
    }
}

/// What a new bridge can be told. Members that are nil are up to the kernel.
public struct BridgeOptions: Hashable, Sendable {
    /// How long it remembers a station that is silent, in hundredths of a second; the kernel's default is 30000.
    public var ageingTime: UInt32?
    /// Whether it speaks the spanning tree protocol; the kernel's default is no.
    public var spanningTree: Bool?
    /// How long a port listens before it forwards, in hundredths of a second; used with the spanning tree only.
    public var forwardDelay: UInt32?
    /// Whether it looks into IGMP and MLD; the kernel's default is yes.
    public var multicastSnooping: Bool?

    /// Makes options that leave everything to the kernel; set the members that matter.
    public init() {}

    func write(to writer: inout MessageWriter) {
        if let forwardDelay { writer.attribute(BridgeAttribute.forwardDelay, forwardDelay) }
        if let ageingTime { writer.attribute(BridgeAttribute.ageingTime, ageingTime) }
        if let spanningTree { writer.attribute(BridgeAttribute.stpState, UInt32(spanningTree ? 1 : 0)) }
        if let multicastSnooping {
            writer.attribute(BridgeAttribute.multicastSnooping, UInt8(multicastSnooping ? 1 : 0))
        }
    }
}

/// What a new VXLAN device is told.
public struct VXLANOptions: Hashable, Sendable {
    /// The network's identifier: 24 bits.
    public var identifier: UInt32
    /// The address that it sends from.
    public var local: IPAddress?
    /// Where frames for unknown stations go: a tunnel end or a multicast group.
    public var remote: IPAddress?
    /// The UDP port to send to and to listen on; 4789 by IANA.
    public var port: UInt16
    /// Whether it learns which tunnel end a station is behind.
    public var learning: Bool
    /// Index of the interface that it must send by.
    public var link: Int32?
    /// Whether its datagrams over IPv4 carry a UDP checksum; the kernel's default is yes.
    public var udpChecksum: Bool?
    /// Whether its datagrams over IPv6 go without a UDP checksum (RFC 6935); the kernel's default is no.
    public var zeroChecksum6Send: Bool?
    /// Whether it takes datagrams over IPv6 that have no UDP checksum; the kernel's default is no.
    public var zeroChecksum6Receive: Bool?

    /// Describes a VXLAN device that leaves checksums to the kernel.
    public init(
        identifier: UInt32, local: IPAddress? = nil, remote: IPAddress? = nil, port: UInt16 = 4789,
        learning: Bool = true, link: Int32? = nil
    ) {
        self.identifier = identifier
        self.local = local
        self.remote = remote
        self.port = port
        self.learning = learning
        self.link = link
    }

    func write(to writer: inout MessageWriter) {
        writer.attribute(VXLANAttribute.identifier, identifier)
        if let link { writer.attribute(VXLANAttribute.link, link) }
        if let remote {
            let type = remote.family == .v4 ? VXLANAttribute.group : VXLANAttribute.group6
            writer.attribute(type, octets: remote.octets)
        }
        if let local {
            let type = local.family == .v4 ? VXLANAttribute.local : VXLANAttribute.local6
            writer.attribute(type, octets: local.octets)
        }
        writer.attribute(VXLANAttribute.learning, UInt8(learning ? 1 : 0))
        writer.attribute(VXLANAttribute.port, port.bigEndian)
        for (wanted, type) in [
            (udpChecksum, VXLANAttribute.udpChecksum), (zeroChecksum6Send, VXLANAttribute.zeroChecksum6Send),
            (zeroChecksum6Receive, VXLANAttribute.zeroChecksum6Receive),
        ] {
            if let wanted { writer.attribute(type, UInt8(wanted ? 1 : 0)) }
        }
    }
}
