/// A station that asks for another's MAC address: an ARP request (RFC 826) or a neighbour solicitation (RFC 4861), which
/// can be answered for the one that is asked. Does not own the memory.
public struct NeighbourQuestion {
    /// Whether an IPv4 address is asked for.
    public let isIPv4: Bool
    /// The first 64 bits of the address that is asked for; an IPv4 address is mapped (::ffff:a.b.c.d).
    public let targetHigh: UInt64
    /// The last 64 bits of it.
    public let targetLow: UInt64
    /// Where the ARP packet or the IPv6 header begins.
    private let networkOffset: Int
    private let frame: UnsafeRawPointer

    /// Bytes that the longest answer has: two tags, an IPv6 header, an advertisement with one option.
    public static var maximumLength: Int { @_noAllocation @_noLocks get { 14 + 8 + 40 + advertisementLength } }
    /// Bytes of an advertisement with the target's link-layer address.
    private static var advertisementLength: Int { @_noAllocation @_noLocks get { 32 } }
    /// What neighbour discovery needs and a router would count down (RFC 4861, 7.1.1).
    private static var hopLimit: UInt8 { @_noAllocation @_noLocks get { 255 } }

    /// Understands a question; nil if the frame is none, or one that must reach the stations themselves: probes and
    /// announcements (RFC 5227), duplicate address detection (RFC 4862, 5.4), and questions in another's name.
    ///
    /// - Parameters:
    ///   - frame: from the destination address on; up to two VLAN tags are looked through.
    ///   - length: of it.
    @_noAllocation @_noLocks
    public init?(_ frame: UnsafeRawPointer, length: Int) {
        guard let view = EthernetView(frame, length: length) else { return nil }
        let source = view.source
        if Ethernet.isGroup(source) || source == 0 { return nil }
        let tags = TagWalk(view)
        let available = length &- tags.payload
        if tags.etherType == EtherType.arp {
            guard let packet = ARPView(frame + tags.payload, available: available) else { return nil }
            let sender = packet.senderProtocol
            let target = packet.targetProtocol
            guard packet.operation == ARPView.request, packet.senderHardware == source, sender != 0, target != 0,
                sender != target
            else { return nil }
            isIPv4 = true
            targetHigh = 0
            targetLow = OuterDatagram.mappedPrefix | UInt64(target)
        } else {
            guard tags.etherType == EtherType.ipv6,
                let packet = IPv6View(frame + tags.payload, available: available),
                let message = Self.solicitation(packet, from: source)
            else { return nil }
            isIPv4 = false
            targetHigh = message.targetHigh
            targetLow = message.targetLow
        }
        self.frame = frame
        networkOffset = tags.payload
    }

    /// The solicitation in a packet, if it is one that may be answered; the checksum isn't looked at.
    @inline(__always) @_noAllocation @_noLocks
    private static func solicitation(_ packet: IPv6View, from source: UInt64) -> ICMPv6View? {
        let length = packet.payloadLength
        guard packet.nextHeader == IPProtocol.icmpv6, packet.hopLimit == hopLimit,
            length <= packet.available &- IPv6View.headerLength,
            let message = ICMPv6View(packet.bytes + IPv6View.headerLength, available: length), message.hasTarget,
            message.type == ICMPv6View.neighbourSolicitation, message.bytes.byte(at: 1) == 0
        else { return nil }
        // The unspecified address asks whether anybody has the target: nobody may answer for another. Groups can't ask,
        // nor be asked for.
        if packet.sourceHigh | packet.sourceLow == 0 || packet.sourceHigh &>> 56 == 0xFF { return nil }
        if message.targetHigh &>> 56 == 0xFF { return nil }
        if packet.sourceHigh == message.targetHigh, packet.sourceLow == message.targetLow { return nil }
        var offset = ICMPv6View.neighbourLength
        while length &- offset >= 8 {
            let count = Int(message.bytes.byte(at: offset &+ 1)) &* 8
            guard count > 0, count <= length &- offset else { return nil }
            // The source's link-layer address.
            if message.bytes.byte(at: offset) == 1, message.bytes.bigEndian48(at: offset &+ 2) != source { return nil }
            offset &+= count
        }
        return offset == length ? message : nil
    }
}

extension NeighbourQuestion {
    /// Writes the answer as a whole frame to whoever has asked, with the question's tags.
    ///
    /// - Parameters:
    ///   - mac: the target's.
    ///   - isRouter: whether the target is an IPv6 router. One that is told not to be any more is forgotten as one (RFC
    ///     4861, 7.2.5).
    ///   - buffer: `maximumLength` bytes, not the question's.
    /// - Returns: the answer's length.
    @_noAllocation @_noLocks
    public func writeAnswer(mac: UInt64, isRouter: Bool, into buffer: UnsafeMutableRawPointer) -> Int {
        buffer.storeBigEndian48(frame.bigEndian48(at: 6), at: 0)
        buffer.storeBigEndian48(mac, at: 6)
        // Tags and EtherType.
        (buffer + Ethernet.addressesLength).copyMemory(
            from: frame + Ethernet.addressesLength, byteCount: networkOffset &- Ethernet.addressesLength)
        let question = frame + networkOffset
        let answer = buffer + networkOffset
        if isIPv4 {
            // Ethernet and IPv4, 6 and 4 bytes, reply.
            answer.storeBigEndian64(0x0001_0800_0604_0002, at: 0)
            answer.storeBigEndian48(mac, at: 8)
            answer.storeNative32(question.native32(at: 24), at: 14)
            answer.storeBigEndian48(question.bigEndian48(at: 8), at: 18)
            answer.storeNative32(question.native32(at: 14), at: 24)
            return networkOffset &+ ARPView.length
        }
        answer.storeBigEndian32(0x6000_0000, at: 0)
        answer.storeBigEndian16(UInt16(truncatingIfNeeded: Self.advertisementLength), at: 4)
        answer.storeByte(IPProtocol.icmpv6, at: 6)
        answer.storeByte(Self.hopLimit, at: 7)
        answer.storeBigEndian64(targetHigh, at: 8)
        answer.storeBigEndian64(targetLow, at: 16)
        answer.storeNative64(question.native64(at: 8), at: 24)
        answer.storeNative64(question.native64(at: 16), at: 32)
        let message = answer + IPv6View.headerLength
        // Flags: router, solicited, override.
        message.storeBigEndian32(UInt32(ICMPv6View.neighbourAdvertisement) &<< 24, at: 0)
        message.storeBigEndian32(isRouter ? 0xE000_0000 : 0x6000_0000, at: 4)
        message.storeBigEndian64(targetHigh, at: 8)
        message.storeBigEndian64(targetLow, at: 16)
        // Target link-layer address, 8 bytes.
        message.storeBigEndian16(0x0201, at: 24)
        message.storeBigEndian48(mac, at: 26)
        let pseudo = Checksum.pseudoHeader(
            addresses: UnsafeRawPointer(answer) + 8, protocol: IPProtocol.icmpv6,
            length: UInt32(truncatingIfNeeded: Self.advertisementLength))
        message.storeNative16(
            ~Checksum.sum(message, count: Self.advertisementLength, initial: pseudo), at: 2)
        return networkOffset &+ IPv6View.headerLength &+ Self.advertisementLength
    }
}
