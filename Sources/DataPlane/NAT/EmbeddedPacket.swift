/// The packet that an ICMP error quotes, as far as it is there. Source and destination are as they stand in it: the
/// error goes to the source.
package struct EmbeddedPacket {
    /// What is known of it.
    package enum Kind: UInt8 {
        case tcp
        case udp
        /// An echo request or reply.
        case echo
        /// A protocol that isn't translated.
        case other
    }

    package internal(set) var kind = Kind.other
    package internal(set) var proto: UInt8 = 0
    /// As in `RoutedPacket`.
    package internal(set) var source = TransportAddress()
    /// As in `RoutedPacket`.
    package internal(set) var destination = TransportAddress()
    /// Only of echo.
    package internal(set) var isEchoRequest = false
    /// Where its IP header begins, from the frame's destination MAC on.
    package internal(set) var networkOffset = 0
    /// Where its transport header begins, from the frame's destination MAC on.
    package internal(set) var transportOffset = 0
    /// Bytes that are there from the transport header on, at least 8 of them (RFC 792).
    package internal(set) var available = 0

    /// Nothing.
    @inline(__always) @_noAllocation @_noLocks
    init() {}

    /// Reads a quoted packet; nil if it is cut before the ports, a fragment without any, or an ICMP error itself.
    ///
    /// - Parameters:
    ///   - frame: from the destination MAC on.
    ///   - offset: where the quoted packet begins.
    ///   - available: bytes from there to the end of the error.
    ///   - isIPv4: whether the error is ICMP rather than ICMPv6.
    @inline(__always) @_noAllocation @_noLocks
    init?(_ frame: UnsafeRawPointer, offset: Int, available: Int, isIPv4: Bool) {
        self.init()
        networkOffset = offset
        let isRead = isIPv4 ? readIPv4(frame, there: available) : readIPv6(frame, there: available)
        guard isRead, self.available >= 8, readTransport(frame + transportOffset, isIPv4: isIPv4) else { return nil }
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func readIPv4(_ frame: UnsafeRawPointer, there: Int) -> Bool {
        let network = frame + networkOffset
        guard let packet = IPv4View(network, available: there) else { return false }
        let header = packet.headerLength
        // RFC 5508, REQ-3.
        guard Checksum.sum(network, count: header) == 0xFFFF else { return false }
        // What stands behind the packet may be extensions of the error (RFC 4884).
        let told = packet.totalLength
        let count = told < there ? told : there
        guard network.bigEndian16(at: 6) & 0x1FFF == 0 else { return false }
        source = TransportAddress(ipv4: packet.source, port: 0)
        destination = TransportAddress(ipv4: packet.destination, port: 0)
        proto = packet.protocol
        transportOffset = networkOffset &+ header
        available = count &- header
        return true
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func readIPv6(_ frame: UnsafeRawPointer, there: Int) -> Bool {
        let network = frame + networkOffset
        guard let whole = IPv6View(network, available: there) else { return false }
        let told = IPv6View.headerLength &+ whole.payloadLength
        guard let packet = IPv6View(network, available: told < there ? told : there) else { return false }
        let walk = IPv6ExtensionWalk(packet)
        guard walk.isComplete, !walk.isLaterFragment else { return false }
        source = TransportAddress(high: packet.sourceHigh, low: packet.sourceLow, port: 0)
        destination = TransportAddress(high: network.bigEndian64(at: 24), low: network.bigEndian64(at: 32), port: 0)
        proto = walk.protocol
        transportOffset = networkOffset &+ walk.offset
        available = packet.available &- walk.offset
        return true
    }

    /// Reads the 8 bytes that are there in any case; false for an ICMP error.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func readTransport(_ header: UnsafeRawPointer, isIPv4: Bool) -> Bool {
        switch proto {
        case IPProtocol.tcp, IPProtocol.udp:
            kind = proto == IPProtocol.tcp ? .tcp : .udp
            source.port = header.bigEndian16(at: 0)
            destination.port = header.bigEndian16(at: 2)
        case IPProtocol.icmp where isIPv4, IPProtocol.icmpv6 where !isIPv4:
            let type = header.byte(at: 0)
            switch ICMPKind(type: type, isIPv4: isIPv4) {
            case .echoRequest:
                kind = .echo
                source.port = header.bigEndian16(at: 4)
                isEchoRequest = true
            case .echoReply:
                kind = .echo
                destination.port = header.bigEndian16(at: 4)
            case .error: return false
            // ICMPv6's errors are all below 128; ICMP's other two are source quench and redirect.
            case .other: return isIPv4 ? type != 4 && type != 5 : type >= 128
            }
        default: break
        }
        return true
    }
}
