extension DropReason {
    /// What it means, as a sentence's end without a full stop: the words of its row in Documentation/Operations.md,
    /// which a test compares.
    public var meaning: String {
        switch self {
        case .none: "the frame goes on"
        case .tooShort: "fewer than the 14 bytes of an Ethernet header"
        case .tooLong: "longer than any super-frame (65,535 bytes of packet, Ethernet header, two tags)"
        case .truncated: "tagged, with fewer than two bytes behind the tag, or longer than a buffer"
        case .reservedGroup: "sent to 01-80-C2-00-00-00…0F: STP, LACP, pause and the like, which no bridge forwards"
        case .groupSource: "the source address is a group address"
        case .zeroSource: "the source address is 00-00-00-00-00-00"
        case .samePort: "the destination lives behind the port that the frame came from"
        case .isolated: "both ends are isolated ports (`--isolated`)"
        case .noOtherPort: "to be flooded, and nobody else may have it"
        case .guardMAC: "the source is not the endpoint's MAC address"
        case .guardARP: "an ARP sender that is not the endpoint"
        case .guardIPv4: "an IPv4 source that Heddle did not assign"
        case .guardIPv6: "an IPv6 source that Heddle did not assign, or neighbour discovery in somebody else's name"
        case .vlanTagged: "a tagged frame at an access port, or tags nested too deep for the source guard"
        case .vlanReserved:
            "VLAN 4095, which 802.1Q forbids, in a network with `--vlan` ports; one without any tells no "
                + "VLANs apart and carries tags as they are"
        case .vnetGSOType: "the vnet header names a kind of super-frame that is unknown or not supported"
        case .vnetGSOSize: "a segment size that can't be"
        case .vnetGSOProtocol: "the kind of super-frame doesn't fit the packet"
        case .vnetChecksum: "the place of an unfinished checksum lies outside of the packet, or a super-frame has none"
        case .vnetTunnel: "a super-frame inside a tunnel, which the vnet header can't describe"
        case .noDomain: "the port belongs to no domain"
        case .exceedsMTU: "longer than the port's MTU, and not a super-frame"
        case .vlanMismatch: "the way out does not carry the frame's VLAN"
        case .egressFull:
            "the device's queue took no more, or, at a veth, the frame is longer than the MTU in the sandbox"
        case .egressDown: "the device is down; at `vxlan`: there is no way to the peer, or a route that swallows"
        case .egressRejected: "the kernel refused the frame for another reason"
        case .egressGone: "the device was just removed"
        case .kernelQueue:
            "the device's queue was full before the engine came to read it (TAP tx_dropped, a packet "
                + "socket's drops)"
        case .receiveFailed: "receiving failed for another reason, and is tried again"
        case .outerMalformed: "at a tunnel: not a whole UDP datagram over IPv4 or IPv6, or a fragment of one"
        case .outerChecksum: "at a tunnel: the outer UDP checksum is wrong"
        case .vxlanHeader: "at a tunnel: the datagram ends inside its VXLAN header, or tells no VNI"
        case .unknownVNI: "at a tunnel: no network here has that VNI"
        case .unknownVTEP: "from a host that is not a peer of the network"
        case .congestion:
            "a router on the way marked congestion, and the packet's transport does not know ECN (RFC 6040)"
        case .splitHorizon: "from one peer, for a station behind a peer"
        case .exceedsTunnelMTU: "longer than the tunnel carries; of IP that must not be fragmented the sender was told"
        case .noTunnel: "the network's tunnel isn't open"
        case .guardedStation:
            "from a peer or a LAN, with the MAC address of an endpoint of this host that has a source guard"
        case .packetMalformed:
            "to a router: an IP, TCP, UDP or ICMP header that is cut or lies, or a wrong header checksum"
        case .martian:
            "a source or destination that no router forwards: loopback, link-local, groups, a network's "
                + "address from outside"
        case .internalNetwork: "out of a network that was made with `--internal`"
        case .noRoute: "the host's routes lead nowhere, into another network, or to an interface that is no uplink"
        case .untranslatable: "neither TCP, UDP nor ICMP echo, which can't be translated"
        case .hopLimitExceeded: "the packet's hop limit is used up; the sender was told"
        case .noFlow: "belongs to no translated flow and to no published port"
        case .flowLimit: "the endpoint has as many flows, or unanswered ones, as one may have"
        case .flowTableFull: "there are 131,071 flows, none of which may give way"
        case .noOutsidePort: "all ports of the pool are in use for that destination"
        case .flowState:
            "a TCP segment that doesn't fit its connection: flags that can't be, a reset outside the window"
        case .neighbourUnknown: "the next hop doesn't answer ARP or neighbour discovery"
        case .fragmentRefused:
            "a fragment whose first one never came (counted while it is waited for, too), or that overlaps "
                + "another"
        case .exceedsUplinkMTU: "longer than the way out carries; the sender was told its MTU"
        case .notForHost: "came by an uplink for an address that isn't the host's"
        case .noEndpoint: "from the LAN of a macvlan network, to a MAC address that none of its endpoints has"
        case .noParent: "for the LAN, while the network's parent interface isn't there"
        case .questionLimit: "more questions to the name service than a port may ask: 20,000 a second, 2,000 at once"
        case .notAnAnswer: "out of the name service's namespace, and neither an answer nor about a neighbour"
        case .impairmentLoss: "came from a sandbox, and was lost as `heddle impair` asks"
        case .impairmentQueue:
            "came from a sandbox, and what waits for its impairment's rate or delay is full; or it was held "
                + "when its port went"
        case .impairmentLossOut: "was to go to a sandbox, and was lost as `heddle impair` asks"
        case .impairmentQueueOut:
            "was to go to a sandbox, and what waits for its impairment is full; or it was held when its port "
                + "went"
        }
    }
}
