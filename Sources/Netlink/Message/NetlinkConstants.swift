/// Types of messages, from linux/netlink.h and linux/rtnetlink.h.
enum MessageType {
    static let error: UInt16 = 2  // NLMSG_ERROR
    static let done: UInt16 = 3  // NLMSG_DONE
    static let overrun: UInt16 = 4  // NLMSG_OVERRUN
    static let newLink: UInt16 = 16  // RTM_NEWLINK
    static let deleteLink: UInt16 = 17
    static let getLink: UInt16 = 18
    static let setLink: UInt16 = 19
    static let newAddress: UInt16 = 20  // RTM_NEWADDR
    static let deleteAddress: UInt16 = 21
    static let getAddress: UInt16 = 22
    static let newRoute: UInt16 = 24  // RTM_NEWROUTE
    static let deleteRoute: UInt16 = 25
    static let getRoute: UInt16 = 26
    static let newNeighbour: UInt16 = 28  // RTM_NEWNEIGH
    static let deleteNeighbour: UInt16 = 29
    static let getNeighbour: UInt16 = 30
    static let newNamespaceID: UInt16 = 88  // RTM_NEWNSID
    static let deleteNamespaceID: UInt16 = 89
    static let getNamespaceID: UInt16 = 90
}

/// Flags of a message's header, from linux/netlink.h.
enum MessageFlags {
    static let request: UInt16 = 0x1  // NLM_F_REQUEST
    static let acknowledge: UInt16 = 0x4  // NLM_F_ACK
    static let dumpInterrupted: UInt16 = 0x10  // NLM_F_DUMP_INTR
    static let dump: UInt16 = 0x300  // NLM_F_ROOT | NLM_F_MATCH
    static let replace: UInt16 = 0x100  // NLM_F_REPLACE
    static let exclusive: UInt16 = 0x200  // NLM_F_EXCL
    static let create: UInt16 = 0x400  // NLM_F_CREATE
    static let append: UInt16 = 0x800  // NLM_F_APPEND
    static let capped: UInt16 = 0x100  // NLM_F_CAPPED, in an ack: the request is not repeated in it
    static let acknowledgeAttributes: UInt16 = 0x200  // NLM_F_ACK_TLVS
}

/// Sizes and bits of the wire format.
enum WireFormat {
    static let headerSize = 16  // struct nlmsghdr
    static let attributeHeaderSize = 4  // struct nlattr
    static let attributeTypeMask: UInt16 = 0x3FFF  // NLA_TYPE_MASK
    static let nested: UInt16 = 0x8000  // NLA_F_NESTED

    /// `length` rounded up to the alignment of messages and attributes: 4 bytes.
    static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
}

/// Protocol families, from linux/socket.h.
enum ProtocolFamily {
    static let unspecified: UInt8 = 0
    static let ipv4: UInt8 = 2
    static let bridge: UInt8 = 7
    static let ipv6: UInt8 = 10
}

/// Attributes of an ack, from linux/netlink.h (enum nlmsgerr_attrs).
enum AckAttribute {
    static let message: UInt16 = 1
    static let missingType: UInt16 = 5
}

/// Attributes of a link, from linux/if_link.h (IFLA_*).
enum LinkAttribute {
    static let address: UInt16 = 1
    static let name: UInt16 = 3
    static let mtu: UInt16 = 4
    static let link: UInt16 = 5
    static let master: UInt16 = 10
    static let txQueueLength: UInt16 = 13
    static let operationalState: UInt16 = 16
    static let linkInfo: UInt16 = 18
    static let alias: UInt16 = 20
    static let statistics64: UInt16 = 23
    static let addressFamilySpecific: UInt16 = 26
    static let group: UInt16 = 27
    static let namespaceDescriptor: UInt16 = 28
    static let extensionMask: UInt16 = 29
    static let linkNamespaceID: UInt16 = 37
    static let gsoMaximumSize: UInt16 = 41
    static let infoKind: UInt16 = 1  // IFLA_INFO_KIND
    static let infoData: UInt16 = 2  // IFLA_INFO_DATA
    static let vlanIdentifier: UInt16 = 1  // IFLA_VLAN_ID
    static let vethPeer: UInt16 = 1  // VETH_INFO_PEER
    static let ipv6AddressGeneration: UInt16 = 8  // IFLA_INET6_ADDR_GEN_MODE
}

/// Attributes of a bridge, from linux/if_link.h (IFLA_BR_*).
enum BridgeAttribute {
    static let forwardDelay: UInt16 = 1
    static let ageingTime: UInt16 = 4
    static let stpState: UInt16 = 5
    static let multicastSnooping: UInt16 = 23
}

/// Attributes of a VXLAN device, from linux/if_link.h (IFLA_VXLAN_*).
enum VXLANAttribute {
    static let identifier: UInt16 = 1
    static let group: UInt16 = 2
    static let link: UInt16 = 3
    static let local: UInt16 = 4
    static let learning: UInt16 = 7
    static let port: UInt16 = 15
    static let group6: UInt16 = 16
    static let local6: UInt16 = 17
    static let udpChecksum: UInt16 = 18
    static let zeroChecksum6Send: UInt16 = 19
    static let zeroChecksum6Receive: UInt16 = 20
}

/// Flags of a link, from linux/if.h (IFF_*).
enum LinkFlag {
    static let up: UInt32 = 0x1
    static let broadcast: UInt32 = 0x2
    static let loopback: UInt32 = 0x8
    static let pointToPoint: UInt32 = 0x10
    static let running: UInt32 = 0x40
    static let noARP: UInt32 = 0x80
    static let promiscuous: UInt32 = 0x100
    static let multicast: UInt32 = 0x1000
    static let lowerUp: UInt32 = 0x10000
}

/// Attributes of an interface's address, from linux/if_addr.h (IFA_*).
enum AddressAttribute {
    static let address: UInt16 = 1
    static let local: UInt16 = 2
    static let label: UInt16 = 3
    static let broadcast: UInt16 = 4
    static let flags: UInt16 = 8
}

/// Attributes of a route, from linux/rtnetlink.h (RTA_*).
enum RouteAttribute {
    static let destination: UInt16 = 1
    static let source: UInt16 = 2
    static let outputInterface: UInt16 = 4
    static let gateway: UInt16 = 5
    static let priority: UInt16 = 6
    static let preferredSource: UInt16 = 7
    static let metrics: UInt16 = 8
    static let multipath: UInt16 = 9
    static let table: UInt16 = 15
    static let via: UInt16 = 18
    static let metricMTU: UInt16 = 2  // RTAX_MTU
}

/// Attributes of a neighbour, from linux/neighbour.h (NDA_*).
enum NeighbourAttribute {
    static let destination: UInt16 = 1
    static let linkAddress: UInt16 = 2
    static let master: UInt16 = 9
}

/// Attributes of a namespace identifier, from linux/net_namespace.h (NETNSA_*).
enum NamespaceAttribute {
    static let identifier: UInt16 = 1
    static let descriptor: UInt16 = 3
}
