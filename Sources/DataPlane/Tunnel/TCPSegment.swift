/// A frame that may be put together with others of its flow: TCP over plain IPv4 or IPv6, with payload, and nothing
/// about it that must not be lost. Does not own the memory.
public struct TCPSegment {
    /// The frame, from the destination address on.
    public let frame: UnsafeRawPointer
    /// Where the IP header begins.
    public let networkOffset: Int
    /// Where the TCP header begins.
    public let transportOffset: Int
    /// Where the payload begins: the headers' length.
    public let payloadOffset: Int
    /// Bytes of payload, at least 1; they end with the frame.
    public let payloadLength: Int
    /// Whether the packet is IPv4.
    public let isIPv4: Bool

    /// PSH and FIN: nothing follows for now, or at all. The last segment's are the super-frame's.
    private static var closingFlags: UInt16 { @_noAllocation @_noLocks get { 0x0009 } }
    /// ECE: in all segments of a super-frame or in none.
    private static var congestionEcho: UInt16 { @_noAllocation @_noLocks get { 0x0040 } }
    /// ACK, the only other flag that is allowed.
    private static var acknowledgement: UInt16 { @_noAllocation @_noLocks get { 0x0010 } }
    /// The flags and the reserved bits in front of them.
    private static var allFlags: UInt16 { @_noAllocation @_noLocks get { 0x0FFF } }

    /// Looks at a frame; nil if it must go on as it is (inet_gro_receive, ipv6_gro_receive, tcp_gro_receive): IP options
    /// or extension headers, a fragment, a wrong IPv4 header checksum, bytes behind the packet, no payload, or flags
    /// other than ACK, PSH, FIN and ECE. The TCP checksum isn't looked at: see `isChecksumRight`.
    ///
    /// - Parameters:
    ///   - frame: from the destination address on; up to two VLAN tags are looked through.
    ///   - length: of the frame without padding.
    @_noAllocation @_noLocks
    public init?(_ frame: UnsafeRawPointer, length: Int) {
        guard let view = EthernetView(frame, length: length) else { return nil }
        let tags = TagWalk(view)
        let network = frame + tags.payload
        let available = length &- tags.payload
        let transport: Int
        if tags.etherType == EtherType.ipv4 {
            guard let packet = IPv4View(network, available: available) else { return nil }
            transport = IPv4View.minimumLength
            guard packet.headerLength == transport, packet.totalLength == available else { return nil }
            // Everything but DF, the reserved bit too.
            guard network.bigEndian16(at: 6) & 0xBFFF == 0, packet.protocol == IPProtocol.tcp else { return nil }
            guard Checksum.sum(network, count: transport) == 0xFFFF else { return nil }
            isIPv4 = true
        } else {
            guard tags.etherType == EtherType.ipv6, let packet = IPv6View(network, available: available) else {
                return nil
            }
            transport = IPv6View.headerLength
            guard packet.payloadLength == available &- transport, packet.nextHeader == IPProtocol.tcp else {
                return nil
            }
            isIPv4 = false
        }
        let start = tags.payload &+ transport
        guard let header = Transport.tcpLength(view, at: start), start &+ header < length else { return nil }
        let mayDiffer = Self.closingFlags | Self.congestionEcho
        guard frame.bigEndian16(at: start &+ 12) & Self.allFlags & ~mayDiffer == Self.acknowledgement else {
            return nil
        }
        self.frame = frame
        networkOffset = tags.payload
        transportOffset = start
        payloadOffset = start &+ header
        payloadLength = length &- start &- header
    }
}

extension TCPSegment {
    /// PSH and FIN as they stand in bytes 12 and 13 of the header; not 0: no segment may follow in a super-frame.
    public var closing: UInt16 {
        @_noAllocation @_noLocks get { frame.bigEndian16(at: transportOffset &+ 12) & Self.closingFlags }
    }

    /// The sequence number of the first byte of payload.
    public var sequence: UInt32 { @_noAllocation @_noLocks get { frame.bigEndian32(at: transportOffset &+ 4) } }

    /// The IPv4 identification; only if `isIPv4`.
    public var identification: UInt16 { @_noAllocation @_noLocks get { frame.bigEndian16(at: networkOffset &+ 4) } }

    /// Whether the TCP checksum is right; reads the whole segment. Only segments whose checksum is right may be put
    /// together, since the merged frame gets a new one.
    @_noAllocation @_noLocks
    public func isChecksumRight() -> Bool {
        let count = payloadOffset &- transportOffset &+ payloadLength
        return Checksum.sum(frame + transportOffset, count: count, initial: pseudoHeader(length: count)) == 0xFFFF
    }

    /// The sum of the pseudo-header for a segment of `length` bytes with this one's addresses.
    @inline(__always) @_noAllocation @_noLocks
    func pseudoHeader(length: Int) -> UInt16 {
        let network = frame + networkOffset
        let told = UInt32(truncatingIfNeeded: length)
        if isIPv4 {
            return Checksum.pseudoHeader(
                source: network.bigEndian32(at: 12), destination: network.bigEndian32(at: 16),
                protocol: IPProtocol.tcp, length: told)
        }
        return Checksum.pseudoHeader(addresses: network + 8, protocol: IPProtocol.tcp, length: told)
    }

    /// Whether all that must be the same in one super-frame is: Ethernet header and tags, IP header but for lengths,
    /// identification and checksum, TCP header but for sequence number, PSH, FIN and checksum.
    @inline(__always) @_noAllocation @_noLocks
    func hasHeadersLike(_ other: TCPSegment) -> Bool {
        guard networkOffset == other.networkOffset, transportOffset == other.transportOffset,
            payloadOffset == other.payloadOffset
        else { return false }
        // The transport offsets are the same: so are the IP versions, unless the EtherTypes differ.
        var difference = frame.native64(at: 0) ^ other.frame.native64(at: 0)
        difference |= frame.native64(at: 6) ^ other.frame.native64(at: 6)
        difference |= words(of: other, from: Ethernet.headerLength, to: networkOffset)
        let network = frame + networkOffset
        let second = other.frame + networkOffset
        if isIPv4 {
            // Version and TOS; fragment bits, TTL and protocol; addresses.
            difference |= UInt64(network.native16(at: 0) ^ second.native16(at: 0))
            difference |= UInt64(network.native32(at: 6) ^ second.native32(at: 6))
            difference |= network.native64(at: 12) ^ second.native64(at: 12)
        } else {
            // Version, traffic class and flow label; next header and hop limit; addresses.
            difference |= UInt64(network.native32(at: 0) ^ second.native32(at: 0))
            difference |= UInt64(network.native16(at: 6) ^ second.native16(at: 6))
            difference |= network.native64(at: 8) ^ second.native64(at: 8)
            difference |= network.native64(at: 16) ^ second.native64(at: 16)
            difference |= network.native64(at: 24) ^ second.native64(at: 24)
            difference |= network.native64(at: 32) ^ second.native64(at: 32)
        }
        let tcp = frame + transportOffset
        let next = other.frame + transportOffset
        // Ports; acknowledgement; data offset, flags and window; urgent pointer; options.
        difference |= UInt64(tcp.native32(at: 0) ^ next.native32(at: 0))
        difference |= UInt64(tcp.native32(at: 8) ^ next.native32(at: 8))
        let flags = (tcp.bigEndian16(at: 12) ^ next.bigEndian16(at: 12)) & ~Self.closingFlags
        difference |= UInt64(flags) | UInt64(tcp.native16(at: 14) ^ next.native16(at: 14))
        difference |= UInt64(tcp.native16(at: 18) ^ next.native16(at: 18))
        difference |= words(of: other, from: transportOffset &+ Transport.tcpMinimum, to: payloadOffset)
        return difference == 0
    }

    /// What differs in a range that both have, whole words of 4 bytes.
    @inline(__always) @_noAllocation @_noLocks
    private func words(of other: TCPSegment, from start: Int, to end: Int) -> UInt64 {
        var difference: UInt32 = 0
        var offset = start
        while offset < end {
            difference |= frame.native32(at: offset) ^ other.frame.native32(at: offset)
            offset &+= 4
        }
        return UInt64(difference)
    }
}
