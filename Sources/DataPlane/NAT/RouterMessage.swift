/// What a router sends back for a frame that it doesn't send on: ICMP (RFC 792, 1812) or ICMPv6 (RFC 4443), as a whole
/// frame.
public struct RouterMessage {
    /// Why the frame goes no further.
    public enum Kind: Sendable {
        /// It is longer than the next link's MTU, the number, and must not be cut.
        case tooBig(Int)
        /// Its hop limit is used up.
        case timeExceeded
        /// There is no way to its destination.
        case unreachable(Cause)
    }

    /// What is not reached.
    public enum Cause: UInt8, Sendable {
        /// There is no route.
        case network
        /// Nobody on the link has the address.
        case host
        /// Nobody listens.
        case port
        /// It isn't allowed, or there is no room for one more flow (RFC 5508, REQ-8).
        case prohibited
    }

    /// Who the message is from; what is 0 isn't there. Without an address of the packet's family it comes from the
    /// packet's destination, as Linux does it behind a bridge.
    public struct Router: Sendable {
        /// A 48-bit number; 0: the destination's, as with the addresses.
        public var mac: UInt64
        /// In host order.
        public var ipv4: UInt32
        /// The first 64 bits.
        public var ipv6High: UInt64
        /// The last 64 bits.
        public var ipv6Low: UInt64

        /// Makes a router's addresses.
        @inline(__always) @_noAllocation @_noLocks
        public init(mac: UInt64 = 0, ipv4: UInt32 = 0, ipv6High: UInt64 = 0, ipv6Low: UInt64 = 0) {
            self.mac = mac
            self.ipv4 = ipv4
            self.ipv6High = ipv6High
            self.ipv6Low = ipv6Low
        }
    }

    /// Bytes that the buffer must have: two tags, and the longest message.
    public static var maximumLength: Int { @_noAllocation @_noLocks get { 14 + 8 + longestIPv6 } }
    /// The longest packet that is sent back (RFC 1812, 4.3.2.3; RFC 4443, 2.4).
    private static var longestIPv4: Int { @_noAllocation @_noLocks get { 576 } }
    private static var longestIPv6: Int { @_noAllocation @_noLocks get { 1280 } }
    /// The smallest MTU that can be told: below it nothing may be fragmented any more (RFC 791), or nobody listens (RFC
    /// 8201, 4).
    private static var smallestIPv4: Int { @_noAllocation @_noLocks get { 68 } }
    private static var smallestIPv6: Int { @_noAllocation @_noLocks get { 1280 } }
    /// Bytes of an ICMP header of either family.
    static var icmpLength: Int { @_noAllocation @_noLocks get { 8 } }
    private static var hopLimit: UInt8 { @_noAllocation @_noLocks get { 64 } }

    /// Writes the message as a whole frame.
    ///
    /// - Parameters:
    ///   - frame: the one that goes no further, from the destination address on; may be a super-frame.
    ///   - length: of it.
    ///   - kind: why.
    ///   - router: who says so.
    ///   - buffer: `maximumLength` bytes, not the frame's.
    /// - Returns: the message's length; 0 if none may be sent: not IP, an ICMP error itself, a fragment other than the
    ///   first, a source that can't be answered, a destination that is a group, or, if the frame is too big, IPv4 that
    ///   may be fragmented and an MTU that nobody may be told.
    @_noAllocation @_noLocks
    public static func write(
        for frame: UnsafeRawPointer, length: Int, kind: Kind, router: Router, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        guard let view = EthernetView(frame, length: length) else { return 0 }
        // A link-layer broadcast is never answered (RFC 1122, 3.2.2).
        let source = view.source
        if Ethernet.isGroup(view.destination) || Ethernet.isGroup(source) || source == 0 { return 0 }
        let tags = TagWalk(view)
        let network = frame + tags.payload
        let available = length &- tags.payload
        let isRouter: Bool
        let count: Int
        if tags.etherType == EtherType.ipv4 {
            guard let packet = IPv4View(network, available: available), mayAnswer(packet) else { return 0 }
            let first = firstIPv4(kind, packet)
            guard first != 0 else { return 0 }
            isRouter = router.ipv4 != 0
            let from = isRouter ? router.ipv4 : packet.destination
            count = writeIPv4(packet, first: first, from: from, into: buffer + tags.payload)
        } else if tags.etherType == EtherType.ipv6 {
            guard let packet = IPv6View(network, available: available), mayAnswer(packet) else { return 0 }
            let first = firstIPv6(kind)
            guard first != 0 else { return 0 }
            isRouter = router.ipv6High | router.ipv6Low != 0
            let high = isRouter ? router.ipv6High : network.bigEndian64(at: 24)
            let low = isRouter ? router.ipv6Low : network.bigEndian64(at: 32)
            count = writeIPv6(packet, first: first, from: (high, low), into: buffer + tags.payload)
        } else {
            return 0
        }
        buffer.storeBigEndian48(source, at: 0)
        buffer.storeBigEndian48(isRouter && router.mac != 0 ? router.mac : view.destination, at: 6)
        // Tags and EtherType.
        (buffer + Ethernet.addressesLength).copyMemory(
            from: frame + Ethernet.addressesLength, byteCount: tags.payload &- Ethernet.addressesLength)
        return tags.payload &+ count
    }

    /// The first 8 bytes of an ICMP message without its checksum; 0: none may be sent.
    @inline(__always) @_noAllocation @_noLocks
    private static func firstIPv4(_ kind: Kind, _ packet: IPv4View) -> UInt64 {
        switch kind {
        case .tooBig(let mtu):
            // A packet without DF could be cut.
            guard mtu >= smallestIPv4, packet.bytes.bigEndian16(at: 6) & 0x4000 != 0 else { return 0 }
            return 0x0304 &<< 48 | UInt64(mtu < 65_535 ? mtu : 65_535)
        case .timeExceeded: return 0x0B00 &<< 48
        case .unreachable(.network): return 0x0300 &<< 48
        case .unreachable(.host): return 0x0301 &<< 48
        case .unreachable(.port): return 0x0303 &<< 48
        case .unreachable(.prohibited): return 0x030D &<< 48
        }
    }

    /// The first 8 bytes of an ICMPv6 message without its checksum; 0: none may be sent.
    @inline(__always) @_noAllocation @_noLocks
    private static func firstIPv6(_ kind: Kind) -> UInt64 {
        switch kind {
        case .tooBig(let mtu):
            guard mtu >= smallestIPv6 else { return 0 }
            let limit = mtu < Int(UInt32.max) ? mtu : Int(UInt32.max)
            return UInt64(ICMPv6View.packetTooBig) &<< 56 | UInt64(limit)
        case .timeExceeded: return 0x0300 &<< 48
        case .unreachable(.network): return 0x0100 &<< 48
        case .unreachable(.host): return 0x0103 &<< 48
        case .unreachable(.port): return 0x0104 &<< 48
        case .unreachable(.prohibited): return 0x0101 &<< 48
        }
    }

    /// The IPv4 packet of the message; returns its length.
    @inline(__always) @_noAllocation @_noLocks
    private static func writeIPv4(
        _ packet: IPv4View, first: UInt64, from source: UInt32, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        let header = IPv4View.minimumLength
        // No padding is quoted: only what the packet says it is.
        let told = packet.totalLength < packet.available ? packet.totalLength : packet.available
        let room = longestIPv4 &- header &- icmpLength
        let quoted = told < room ? told : room
        let total = header &+ icmpLength &+ quoted
        // Network control (RFC 1812, 4.3.2.5); DF, so that no identification is needed.
        buffer.storeBigEndian16(0x45C0, at: 0)
        buffer.storeBigEndian16(UInt16(truncatingIfNeeded: total), at: 2)
        buffer.storeBigEndian32(0x0000_4000, at: 4)
        buffer.storeByte(hopLimit, at: 8)
        buffer.storeByte(IPProtocol.icmp, at: 9)
        buffer.storeNative16(0, at: 10)
        buffer.storeBigEndian32(source, at: 12)
        buffer.storeBigEndian32(packet.source, at: 16)
        buffer.storeNative16(~Checksum.sum(buffer, count: header), at: 10)
        let message = buffer + header
        message.storeBigEndian64(first, at: 0)
        (message + icmpLength).copyMemory(from: packet.bytes, byteCount: quoted)
        message.storeNative16(~Checksum.sum(message, count: icmpLength &+ quoted), at: 2)
        return total
    }

    /// The IPv6 packet of the message; returns its length.
    @inline(__always) @_noAllocation @_noLocks
    private static func writeIPv6(
        _ packet: IPv6View, first: UInt64, from source: (high: UInt64, low: UInt64),
        into buffer: UnsafeMutableRawPointer
    ) -> Int {
        let header = IPv6View.headerLength
        let whole = header &+ packet.payloadLength
        let told = whole < packet.available ? whole : packet.available
        let room = longestIPv6 &- header &- icmpLength
        let quoted = told < room ? told : room
        buffer.storeBigEndian32(0x6000_0000, at: 0)
        buffer.storeBigEndian16(UInt16(truncatingIfNeeded: icmpLength &+ quoted), at: 4)
        buffer.storeByte(IPProtocol.icmpv6, at: 6)
        buffer.storeByte(hopLimit, at: 7)
        buffer.storeBigEndian64(source.high, at: 8)
        buffer.storeBigEndian64(source.low, at: 16)
        buffer.storeBigEndian64(packet.sourceHigh, at: 24)
        buffer.storeBigEndian64(packet.sourceLow, at: 32)
        let message = buffer + header
        message.storeBigEndian64(first, at: 0)
        (message + icmpLength).copyMemory(from: packet.bytes, byteCount: quoted)
        let count = icmpLength &+ quoted
        let pseudo = Checksum.pseudoHeader(
            addresses: UnsafeRawPointer(buffer) + 8, protocol: IPProtocol.icmpv6,
            length: UInt32(truncatingIfNeeded: count))
        message.storeNative16(~Checksum.sum(message, count: count, initial: pseudo), at: 2)
        return header &+ count
    }
}
