/// Why a frame went nowhere. Every frame that goes nowhere has exactly one reason.
///
/// The raw value is an index into counters in shared memory: add new reasons at the end, keep the count below 80.
public enum DropReason: UInt8, CaseIterable, Sendable {
    /// Not a reason: the frame goes on.
    case none = 0

    // Ingress: counted at the port by which the frame came in.

    /// Fewer than 14 bytes of Ethernet.
    case tooShort
    /// More bytes than the largest super-frame with two VLAN tags.
    case tooLong
    /// It ends inside its VLAN tag or less than two bytes behind it, or was longer than the buffer it was received into.
    case truncated
    /// Sent to one of 01-80-C2-00-00-00…0F, which no bridge forwards (IEEE 802.1D-2004, table 7-10).
    case reservedGroup
    /// The source is a group address.
    case groupSource
    /// The source is 00-00-00-00-00-00.
    case zeroSource
    /// The destination lives behind the port by which the frame came in.
    case samePort
    /// Both ports are isolated.
    case isolated
    /// To be flooded, but no other port may have it.
    case noOtherPort
    /// The source guard: the frame's source is not the endpoint's MAC.
    case guardMAC
    /// The source guard: an ARP sender that isn't the endpoint.
    case guardARP
    /// The source guard: an IPv4 source that isn't the endpoint's.
    case guardIPv4
    /// The source guard: an IPv6 source or neighbour discovery message that isn't the endpoint's to send.
    case guardIPv6
    /// A tagged frame at an access port, or tags nested too deep for the source guard to see what they hold.
    case vlanTagged
    /// VLAN 4095, which no frame may carry (IEEE 802.1Q); only where VLANs are told apart, elsewhere tags are payload.
    case vlanReserved
    /// virtio_net_hdr: a gso_type that isn't known or isn't supported.
    case vnetGSOType
    /// virtio_net_hdr: a gso_size that can't be.
    case vnetGSOSize
    /// virtio_net_hdr: the gso_type doesn't fit the packet.
    case vnetGSOProtocol
    /// virtio_net_hdr: csum_start or csum_offset lie, or a super-frame has no partial checksum.
    case vnetChecksum
    /// virtio_net_hdr: a super-frame inside a tunnel, which the header cannot describe.
    case vnetTunnel
    /// The port belongs to no domain.
    case noDomain

    // Egress: counted at the port by which the frame should have gone out.

    /// Longer than the port's MTU allows, and not a super-frame.
    case exceedsMTU
    /// The port does not carry the frame's VLAN.
    case vlanMismatch
    /// The port's queue is full (EAGAIN, ENOBUFS).
    case egressFull
    /// The port's device is down (EIO, ENETDOWN, ENXIO).
    case egressDown
    /// The kernel refused the frame (EINVAL, EMSGSIZE and others).
    case egressRejected
    /// The port's device is gone (EBADF, EBADFD).
    case egressGone

    // Kernel: counted by the kernel before the frame reached Heddle.

    /// The kernel's own queue of the port was full.
    case kernelQueue
    /// Receiving failed for another reason.
    case receiveFailed

    // Ingress of tunnels: counted at the tunnel, or where the network is known at the network's tunnel side.

    /// Not a whole UDP datagram over IPv4 or IPv6, or a fragment of one.
    case outerMalformed
    /// The outer UDP checksum is wrong.
    case outerChecksum
    /// The datagram ends inside its VXLAN header, or the flag for a valid VNI isn't set (RFC 7348, section 5).
    case vxlanHeader
    /// No network of this tunnel has that VNI.
    case unknownVNI
    /// From a VTEP that isn't a peer of the network.
    case unknownVTEP
    /// The way was congested, and the inner packet can't carry that on (RFC 6040, section 4.2).
    case congestion
    /// From one VTEP to another: tunnels don't lead into tunnels.
    case splitHorizon

    // Egress of tunnels.

    /// Longer than the tunnel carries; whoever sent it was told if it was IP.
    case exceedsTunnelMTU
    /// The network's tunnel isn't open.
    case noTunnel

    // Ingress of tunnels, again.

    /// From a VTEP or a LAN, with the source address of a guarded endpoint that is here.
    case guardedStation

    // Routing: counted at the port by which the frame came in.

    /// The IP or transport header is cut or lies, or a header checksum is wrong.
    case packetMalformed
    /// A source or destination that no router forwards (RFC 1812, 5.3.7), or that can't come from there.
    case martian
    /// Out of an internal network.
    case internalNetwork
    /// The host's routes lead to no uplink: nowhere, into another network, or to an interface that is none.
    case noRoute
    /// A protocol that can't be translated.
    case untranslatable
    /// The hop limit is used up.
    case hopLimitExceeded
    /// Belongs to no flow, and no published port.
    case noFlow
    /// The endpoint has as many flows as one may have.
    case flowLimit
    /// There is no room for another flow.
    case flowTableFull
    /// All of the pool's ports are in use for that destination.
    case noOutsidePort
    /// Doesn't fit what went by of its flow before.
    case flowState
    /// The MAC address of the next hop isn't known.
    case neighbourUnknown
    /// A fragment whose first one never came, or that contradicts another.
    case fragmentRefused
    /// Longer than the way out carries; whoever sent it was told.
    case exceedsUplinkMTU
    /// Came by an uplink for an address that isn't the host's.
    case notForHost

    // Networks with a parent: counted at the port by which the frame came in.

    /// From the LAN, to a station that is none of the network's endpoints.
    case noEndpoint
    /// To the LAN, but the network's parent interface isn't there.
    case noParent
    /// More questions for the name service than one port may ask.
    case questionLimit
    /// Out of the name service's namespace, and neither an answer nor about a neighbour.
    case notAnAnswer

    // Impairments: on a port's way in, and on its way out.

    /// Came in, and was lost as its port's impairment asks.
    case impairmentLoss
    /// Came in, and what the impairment holds is full, or it was held when its port went.
    case impairmentQueue
    /// Was to go out, and was lost as its port's impairment asks.
    case impairmentLossOut
    /// Was to go out, and what the impairment holds is full, or it was held when its port went.
    case impairmentQueueOut
}

extension DropReason {
    /// Where a drop is counted.
    public enum Direction: String, CaseIterable, Sendable {
        /// At the port by which the frame came in.
        case ingress
        /// At the port by which the frame should have gone out.
        case egress
        /// By the kernel, before Heddle had the frame.
        case kernel
    }

    /// Where a drop for this reason is counted.
    public var direction: Direction {
        if rawValue < DropReason.exceedsMTU.rawValue { return .ingress }
        if rawValue < DropReason.kernelQueue.rawValue { return .egress }
        if rawValue < DropReason.outerMalformed.rawValue { return .kernel }
        if rawValue < DropReason.exceedsTunnelMTU.rawValue { return .ingress }
        if rawValue < DropReason.guardedStation.rawValue { return .egress }
        return rawValue < DropReason.impairmentLossOut.rawValue ? .ingress : .egress
    }

    /// Whether this is a reason. A pattern, since `==` of an enum is generic and not allowed on the way of a frame.
    public var isDrop: Bool {
        @_noAllocation @_noLocks get {
            if case .none = self { return false }
            return true
        }
    }

    /// The reason as it stands in JSON and in tables.
    public var name: String {
        switch self {
        case .none: "none"
        case .tooShort: "too-short"
        case .tooLong: "too-long"
        case .truncated: "truncated"
        case .reservedGroup: "reserved-group"
        case .groupSource: "group-source"
        case .zeroSource: "zero-source"
        case .samePort: "same-port"
        case .isolated: "isolated"
        case .noOtherPort: "no-other-port"
        case .guardMAC: "guard-mac"
        case .guardARP: "guard-arp"
        case .guardIPv4: "guard-ipv4"
        case .guardIPv6: "guard-ipv6"
        case .vlanTagged: "vlan-tagged"
        case .vlanReserved: "vlan-reserved"
        case .vnetGSOType: "vnet-gso-type"
        case .vnetGSOSize: "vnet-gso-size"
        case .vnetGSOProtocol: "vnet-gso-protocol"
        case .vnetChecksum: "vnet-checksum"
        case .vnetTunnel: "vnet-tunnel"
        case .noDomain: "no-domain"
        case .exceedsMTU: "exceeds-mtu"
        case .vlanMismatch: "vlan-mismatch"
        case .egressFull: "egress-full"
        case .egressDown: "egress-down"
        case .egressRejected: "egress-rejected"
        case .egressGone: "egress-gone"
        case .kernelQueue: "kernel-queue"
        case .receiveFailed: "receive-failed"
        case .outerMalformed: "outer-malformed"
        case .outerChecksum: "outer-checksum"
        case .vxlanHeader: "vxlan-header"
        case .unknownVNI: "unknown-vni"
        case .unknownVTEP: "unknown-vtep"
        case .congestion: "congestion"
        case .splitHorizon: "split-horizon"
        case .exceedsTunnelMTU: "exceeds-tunnel-mtu"
        case .noTunnel: "no-tunnel"
        case .guardedStation: "guarded-station"
        case .packetMalformed: "packet-malformed"
        case .martian: "martian"
        case .internalNetwork: "internal-network"
        case .noRoute: "no-route"
        case .untranslatable: "untranslatable"
        case .hopLimitExceeded: "hop-limit"
        case .noFlow: "no-flow"
        case .flowLimit: "flow-limit"
        case .flowTableFull: "flow-table-full"
        case .noOutsidePort: "no-outside-port"
        case .flowState: "flow-state"
        case .neighbourUnknown: "neighbour-unknown"
        case .fragmentRefused: "fragment"
        case .exceedsUplinkMTU: "exceeds-uplink-mtu"
        case .notForHost: "not-for-host"
        case .noEndpoint: "no-endpoint"
        case .noParent: "no-parent"
        case .questionLimit: "question-limit"
        case .notAnAnswer: "not-an-answer"
        case .impairmentLoss: "impairment-loss"
        case .impairmentQueue: "impairment-queue"
        case .impairmentLossOut: "impairment-loss-out"
        case .impairmentQueueOut: "impairment-queue-out"
        }
    }
}
