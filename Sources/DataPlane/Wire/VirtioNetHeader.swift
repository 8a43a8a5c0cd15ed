/// The 10 bytes that travel in front of every frame between Linux and Heddle (linux/virtio_net.h), in the
/// machine's byte order:
///
///     0 flags · 1 gso_type · 2 hdr_len · 4 gso_size · 6 csum_start · 8 csum_offset
///
/// Whoever sends the frame decides what it says, so nothing in it is believed before `check`.
public enum VirtioNetHeader {
    /// Bytes.
    public static var length: Int { @_noAllocation @_noLocks get { 10 } }

    /// flags: the checksum at csum_start + csum_offset holds only the pseudo-header's sum.
    public static var needsChecksum: UInt8 { @_noAllocation @_noLocks get { 1 } }
    /// flags: somebody has found the checksum right.
    public static var dataValid: UInt8 { @_noAllocation @_noLocks get { 2 } }

    /// gso_type: an ordinary frame.
    public static var gsoNone: UInt8 { @_noAllocation @_noLocks get { 0 } }
    /// gso_type: TCP over IPv4.
    public static var gsoTCPv4: UInt8 { @_noAllocation @_noLocks get { 1 } }
    /// gso_type: UDP to be cut into IP fragments. No kernel since 4.14 makes it; refused.
    public static var gsoUDPFragments: UInt8 { @_noAllocation @_noLocks get { 3 } }
    /// gso_type: TCP over IPv6.
    public static var gsoTCPv6: UInt8 { @_noAllocation @_noLocks get { 4 } }
    /// gso_type: UDP to be cut into datagrams (UDP_SEGMENT).
    public static var gsoUDP: UInt8 { @_noAllocation @_noLocks get { 5 } }
    /// gso_type: inner packet of a UDP tunnel over IPv4, over IPv6. Needs a longer header; refused.
    public static var gsoTunnel: UInt8 { @_noAllocation @_noLocks get { 0x60 } }
    /// gso_type, added to a TCP type: the packet carries CWR.
    public static var gsoECN: UInt8 { @_noAllocation @_noLocks get { 0x80 } }

    /// The smallest segment of a TCP super-frame: Linux's tcp_min_snd_mss.
    package static var minimumSegment: Int { @_noAllocation @_noLocks get { 48 } }
    /// Most datagrams in one UDP super-frame (linux/udp.h, UDP_MAX_SEGMENTS).
    package static var maximumDatagrams: Int { @_noAllocation @_noLocks get { 128 } }
    /// gso_size that Linux keeps for itself (GSO_BY_FRAGS).
    package static var reservedSegment: Int { @_noAllocation @_noLocks get { 0xFFFF } }

    /// Whether the header announces a super-frame.
    @inline(__always) @_noAllocation @_noLocks
    public static func isSuperframe(_ header: UnsafeRawPointer) -> Bool {
        header.byte(at: 1) != gsoNone
    }
}

extension VirtioNetHeader {
    /// Verifies the header against the frame, and makes it canonical: what isn't used is zero, hdr_len is recomputed
    /// from the packet, unknown flags are cleared. After `.none` the kernel has no reason to refuse the frame.
    ///
    /// - Parameters:
    ///   - header: 10 bytes, rewritten.
    ///   - frame: from the destination address on.
    ///   - length: of the frame; at least 14, or else the answer is `.tooShort`.
    /// - Returns: `.none`, or why the frame must not go on.
    @inline(__always) @_noAllocation @_noLocks
    public static func check(
        _ header: UnsafeMutableRawPointer, frame: UnsafeRawPointer, length: Int
    ) -> DropReason {
        // flags … csum_start in one word: the ordinary frame has zeros, or DATA_VALID alone.
        let word = UnsafeRawPointer(header).native64(at: 0).littleEndian
        if word & ~UInt64(dataValid) == 0 { return .none }
        return checkOffloads(header, frame: frame, length: length)
    }

    /// The part of `check` that has something to check.
    @inline(never) @_noAllocation @_noLocks
    package static func checkOffloads(
        _ header: UnsafeMutableRawPointer, frame: UnsafeRawPointer, length: Int
    ) -> DropReason {
        guard let view = EthernetView(frame, length: length) else { return .tooShort }
        let fields = UnsafeRawPointer(header)
        let flags = fields.byte(at: 0)
        let type = fields.byte(at: 1)
        if type & gsoTunnel != 0 { return .vnetTunnel }
        if flags & needsChecksum == 0 {
            if type != gsoNone { return isKnown(type) ? .vnetChecksum : .vnetGSOType }
            header.storeNative16(UInt16(flags & dataValid).littleEndian, at: 0)
            header.storeNative64(0, at: 2)
            return .none
        }
        let start = Int(fields.native16(at: 6))
        let offset = Int(fields.native16(at: 8))
        // Both are at most 65535: the sum cannot overflow.
        if start &+ offset &+ 2 > length { return .vnetChecksum }
        let transport = Transport(view)
        if type == gsoNone {
            let reason = checkChecksum(transport, start: start)
            if !reason.isDrop { normalise(header, headerLength: 0, segment: 0) }
            return reason
        }
        if !isKnown(type) { return .vnetGSOType }
        let segment = Int(fields.native16(at: 4))
        let reason = checkSegment(type, segment: segment)
        if reason.isDrop { return reason }
        return checkSuperframe(header, view: view, transport: transport, type: type, segment: segment)
    }

    /// A checksum to be finished must lie behind the network header. It may lie inside a tunnel: one that is
    /// finished by whoever receives the frame doesn't care.
    @inline(__always) @_noAllocation @_noLocks
    private static func checkChecksum(_ transport: Transport, start: Int) -> DropReason {
        switch transport.kind {
        case .located: start >= transport.offset ? .none : .vnetChecksum
        case .malformed: .vnetChecksum
        // PPPoE, MPLS or more tags: at least an IPv4 header must have room.
        case .other: start >= transport.networkOffset &+ IPv4View.minimumLength ? .none : .vnetChecksum
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func isKnown(_ type: UInt8) -> Bool {
        type == gsoUDP || type & ~gsoECN == gsoTCPv4 || type & ~gsoECN == gsoTCPv6
    }

    /// UDP_SEGMENT may be as small as an application likes: the number of datagrams is bounded instead.
    @inline(__always) @_noAllocation @_noLocks
    private static func checkSegment(_ type: UInt8, segment: Int) -> DropReason {
        let smallest = type == gsoUDP ? 1 : minimumSegment
        return segment < smallest || segment == reservedSegment ? .vnetGSOSize : .none
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func checkSuperframe(
        _ header: UnsafeMutableRawPointer, view: EthernetView, transport: Transport, type: UInt8, segment: Int
    ) -> DropReason {
        guard case .located = transport.kind, !transport.isFragment else { return .vnetGSOProtocol }
        let start = Int(UnsafeRawPointer(header).native16(at: 6))
        let offset = Int(UnsafeRawPointer(header).native16(at: 8))
        // AF_PACKET announces the inner packet of a tunnel as if it were the outer one.
        if start > transport.offset, IPProtocol.mayTunnel(transport.protocol) { return .vnetTunnel }
        if type == gsoUDP {
            guard transport.protocol == IPProtocol.udp else { return .vnetGSOProtocol }
            guard start == transport.offset, offset == Transport.udpChecksumOffset else { return .vnetChecksum }
            let payload = view.length &- transport.offset &- Transport.udpLength
            guard payload >= 0 else { return .vnetGSOProtocol }
            guard payload <= segment &* maximumDatagrams else { return .vnetGSOSize }
            normalise(header, headerLength: transport.offset &+ Transport.udpLength, segment: segment)
            return .none
        }
        guard transport.protocol == IPProtocol.tcp else { return .vnetGSOProtocol }
        guard transport.isIPv4 == (type & ~gsoECN == gsoTCPv4) else { return .vnetGSOProtocol }
        guard start == transport.offset, offset == Transport.tcpChecksumOffset else { return .vnetChecksum }
        guard let length = Transport.tcpLength(view, at: transport.offset) else { return .vnetGSOProtocol }
        normalise(header, headerLength: transport.offset &+ length, segment: segment)
        return .none
    }

    /// Leaves NEEDS_CSUM as the only flag; gso_type, csum_start and csum_offset stay.
    @inline(__always) @_noAllocation @_noLocks
    private static func normalise(_ header: UnsafeMutableRawPointer, headerLength: Int, segment: Int) {
        header.storeByte(needsChecksum, at: 0)
        header.storeNative16(UInt16(truncatingIfNeeded: headerLength), at: 2)
        header.storeNative16(UInt16(truncatingIfNeeded: segment), at: 4)
    }
}
