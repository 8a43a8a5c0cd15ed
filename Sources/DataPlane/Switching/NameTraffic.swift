/// What passes between a domain and the namespace of its name service, beside questions. Frames of any content and
/// length are safe.
enum NameTraffic {
    private static var domainPort: UInt16 { @_noAllocation @_noLocks get { 53 } }
    /// An ARP reply's operation.
    private static var reply: UInt16 { @_noAllocation @_noLocks get { 2 } }

    /// Whether a frame to the gateway answers where a neighbour is: the host may have asked, or the name service, whose
    /// MAC address is the same.
    @_noAllocation @_noLocks
    static func isNeighbourAnswer(_ frame: UnsafeRawPointer, length: Int) -> Bool {
        guard let view = EthernetView(frame, length: length) else { return false }
        let network = frame + Ethernet.headerLength
        let available = length &- Ethernet.headerLength
        if view.etherType == EtherType.arp {
            guard let packet = ARPView(network, available: available) else { return false }
            return packet.operation == reply
        }
        guard view.etherType == EtherType.ipv6, let packet = IPv6View(network, available: available),
            packet.nextHeader == IPProtocol.icmpv6
        else { return false }
        let message = ICMPv6View(network + IPv6View.headerLength, available: available &- IPv6View.headerLength)
        guard let message else { return false }
        return message.type == ICMPv6View.neighbourAdvertisement
    }

    /// Whether a frame may come out of the name service's namespace: an answer from port 53, or a question or answer about
    /// a neighbour. All else that a kernel says by itself (that nobody listens while the daemon is away, say) would be
    /// taken for the gateway's word.
    @_noAllocation @_noLocks
    static func isAnswer(_ frame: UnsafeRawPointer, length: Int) -> Bool {
        guard let view = EthernetView(frame, length: length) else { return false }
        let network = frame + Ethernet.headerLength
        let available = length &- Ethernet.headerLength
        if view.etherType == EtherType.arp { return true }
        if view.etherType == EtherType.ipv4 {
            guard let packet = IPv4View(network, available: available) else { return false }
            // An answer that is longer than the MTU leaves in fragments.
            let isLater = network.bigEndian16(at: 6) & 0x1FFF != 0
            return isAnswer(
                packet.protocol, packet.payload, available: packet.payloadAvailable, isLaterFragment: isLater)
        }
        guard view.etherType == EtherType.ipv6, let packet = IPv6View(network, available: available) else {
            return false
        }
        let walk = IPv6ExtensionWalk(packet)
        guard walk.isComplete else { return false }
        return isAnswer(
            walk.protocol, network + walk.offset, available: available &- walk.offset,
            isLaterFragment: walk.isLaterFragment)
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func isAnswer(
        _ number: UInt8, _ payload: UnsafeRawPointer, available: Int, isLaterFragment: Bool
    ) -> Bool {
        switch number {
        case IPProtocol.tcp, IPProtocol.udp:
            if isLaterFragment { return true }
            return available >= 2 && payload.bigEndian16(at: 0) == domainPort
        case IPProtocol.icmpv6:
            guard !isLaterFragment, let message = ICMPv6View(payload, available: available) else { return false }
            return message.type == ICMPv6View.neighbourSolicitation
                || message.type == ICMPv6View.neighbourAdvertisement
        default: return false
        }
    }
}
