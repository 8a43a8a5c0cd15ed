/// The UDP datagram that carries a tunnel's packet: where it is, who sent it, and whether it arrived whole. Does not own
/// the memory.
public struct OuterDatagram {
    /// Where the IP header of a received frame begins: behind the Ethernet header, or at once by interfaces that have
    /// none. No frame for this host can be taken for the other kind: an Ethernet address that begins as an IPv4 header
    /// does is a group's, and IPv6 is known by its EtherType first.
    @inline(__always) @_noAllocation @_noLocks
    public static func networkOffset(of frame: UnsafeRawPointer, length: Int) -> Int {
        guard length > Ethernet.headerLength else { return 0 }
        let type = frame.bigEndian16(at: Ethernet.addressesLength)
        let version = frame.byte(at: Ethernet.headerLength) &>> 4
        if type == EtherType.ipv4 && version == 4 || type == EtherType.ipv6 && version == 6 {
            return Ethernet.headerLength
        }
        return 0
    }

    /// Where the IP header begins, from the frame's first byte on.
    public let networkOffset: Int
    /// Where the UDP header begins.
    public let udpOffset: Int
    /// Where its payload begins.
    public let payloadOffset: Int
    /// Bytes of payload as the UDP header tells them; they lie inside the IP packet and the frame.
    public let payloadLength: Int
    /// The first 64 bits of the sender's address; an IPv4 address is mapped (::ffff:a.b.c.d).
    public let sourceHigh: UInt64
    /// The last 64 bits of it.
    public let sourceLow: UInt64
    /// The sender's port in host order: a hash of the inner flow (RFC 7348, 5).
    public let sourcePort: UInt16
    /// The tunnel's port in host order.
    public let destinationPort: UInt16
    /// The ECN bits of the IP header (RFC 3168): 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE.
    public let congestion: UInt8
    /// Whether the packet is IPv4.
    public let isIPv4: Bool
    private let frame: UnsafeRawPointer

    /// The first 96 bits of an IPv4-mapped address (RFC 4291, 2.5.5.2).
    public static var mappedPrefix: UInt64 { @_noAllocation @_noLocks get { 0xFFFF_0000_0000 } }

    /// Finds the datagram; nil if the packet isn't UDP, is cut, lies about its lengths or is a fragment.
    ///
    /// - Parameters:
    ///   - frame: from the destination address on.
    ///   - length: of the frame. What stands behind the IP packet, or behind the datagram in it, is padding.
    ///   - networkOffset: where the IP header begins; its version says what it is.
    @_noAllocation @_noLocks
    public init?(_ frame: UnsafeRawPointer, length: Int, networkOffset: Int) {
        guard networkOffset >= 0, networkOffset < length else { return nil }
        let network = frame + networkOffset
        let available = length &- networkOffset
        // From the IP header's first byte on.
        let udp: Int
        let end: Int
        if let packet = IPv4View(network, available: available) {
            guard packet.hasPlausibleLength, !packet.isFragment, packet.protocol == IPProtocol.udp else { return nil }
            udp = packet.headerLength
            end = packet.totalLength
            congestion = network.byte(at: 1) & 3
            isIPv4 = true
            sourceHigh = 0
            sourceLow = Self.mappedPrefix | UInt64(packet.source)
        } else {
            guard let packet = IPv6View(network, available: available) else { return nil }
            end = IPv6View.headerLength &+ packet.payloadLength
            // The extension headers are looked for inside the packet, not in the padding.
            guard end <= available, let whole = IPv6View(network, available: end) else { return nil }
            let walk = IPv6ExtensionWalk(whole)
            guard walk.isComplete, !walk.isFragment, walk.protocol == IPProtocol.udp else { return nil }
            udp = walk.offset
            congestion = network.byte(at: 1) &>> 4 & 3
            isIPv4 = false
            sourceHigh = packet.sourceHigh
            sourceLow = packet.sourceLow
        }
        guard let datagram = UDPView(network + udp, available: end &- udp) else { return nil }
        let told = datagram.length
        guard told >= Transport.udpLength, told <= end &- udp else { return nil }
        self.frame = frame
        self.networkOffset = networkOffset
        udpOffset = networkOffset &+ udp
        payloadOffset = networkOffset &+ udp &+ Transport.udpLength
        payloadLength = told &- Transport.udpLength
        sourcePort = datagram.sourcePort
        destinationPort = datagram.destinationPort
    }
}

extension OuterDatagram {
    /// Whether the sender has summed the datagram up. RFC 7348 wants 0 over IPv4, and takes both.
    public var hasChecksum: Bool {
        @_noAllocation @_noLocks get { frame.native16(at: udpOffset &+ Transport.udpChecksumOffset) != 0 }
    }

    /// Whether the IPv4 header's own checksum is right (RFC 1122, 3.2.1.2); IPv6 has none.
    public var hasRightHeader: Bool {
        @_noAllocation @_noLocks get {
            if !isIPv4 { return true }
            let count = Int(frame.byte(at: networkOffset) & 0xF) &* 4
            return Checksum.sum(frame + networkOffset, count: count) == 0xFFFF
        }
    }

    /// Sums pseudo-header and datagram up; reads all of it. Without a checksum in the header the answer is true: whether
    /// there must be one is not asked. A checksum that is only partial (NEEDS_CSUM) is found wrong.
    @_noAllocation @_noLocks
    public func isChecksumRight() -> Bool {
        if !hasChecksum { return true }
        let count = payloadLength &+ Transport.udpLength
        let addresses = frame + (networkOffset &+ (isIPv4 ? 12 : 8))
        let pseudo: UInt16
        if isIPv4 {
            pseudo = Checksum.pseudoHeader(
                source: addresses.bigEndian32(at: 0), destination: addresses.bigEndian32(at: 4),
                protocol: IPProtocol.udp, length: UInt32(truncatingIfNeeded: count))
        } else {
            pseudo = Checksum.pseudoHeader(
                addresses: addresses, protocol: IPProtocol.udp, length: UInt32(truncatingIfNeeded: count))
        }
        return Checksum.sum(frame + udpOffset, count: count, initial: pseudo) == 0xFFFF
    }
}
