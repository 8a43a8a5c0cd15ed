extension Router {
    /// The port of DNS over UDP and TCP.
    private static var domainPort: UInt16 { @_noAllocation @_noLocks get { 53 } }

    /// Whether a packet is for the name service: for port 53 of the gateway of its own domain, and whole. A first
    /// fragment is the host's to put together, which has no such service.
    @inline(__always) @_noAllocation @_noLocks
    func isQuestion(_ packet: RoutedPacket, _ gateway: Gateway) -> Bool {
        guard gateway.namePort != 0, packet.destination.port == Self.domainPort, !packet.isFirstFragment else {
            return false
        }
        switch packet.kind {
        case .tcp, .udp: return isRouter(packet.destination, gateway)
        case .malformed, .notIP, .tagged, .echo, .icmpError, .laterFragment, .other: return false
        }
    }

    /// A question on its way to the name service, at most so many from a port.
    @_noAllocation @_noLocks
    func toNames(_ frame: RoutedFrame, _ packet: RoutedPacket, _ gateway: Gateway) -> RoutingVerdict {
        toNames(frame, packet, gateway, &questionBuckets[Int(frame.ingress) & (Switch.portLimit &- 1)])
    }

    /// The same, with a bucket of the caller's.
    @inline(__always) @_noAllocation @_noLocks
    func toNames(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ gateway: Gateway, _ bucket: inout QuestionBucket
    ) -> RoutingVerdict {
        // The kernel would count these where nobody looks.
        if case .udp = packet.kind, !Self.isChecksumRight(frame, packet) { return .drop(.packetMalformed) }
        let count = frame.packets(payload: packet.transportPayload)
        guard bucket.take(count, now: frame.now) else { return .drop(.questionLimit) }
        return .toNames(gateway.namePort)
    }

    /// Whether a datagram's checksum is right, or not there yet. IPv6 wants one (RFC 8200, 8.1).
    @inline(__always) @_noAllocation @_noLocks
    private static func isChecksumRight(_ frame: RoutedFrame, _ packet: RoutedPacket) -> Bool {
        if UnsafeRawPointer(frame.header).byte(at: 0) & VirtioNetHeader.needsChecksum != 0 { return true }
        let datagram = frame.frame + packet.transportOffset
        if datagram.native16(at: Transport.udpChecksumOffset) == 0 { return packet.isIPv4 }
        // The packet was read: the length that it tells is there.
        let length = Int(datagram.bigEndian16(at: 4))
        let network = frame.frame + packet.networkOffset
        let told = UInt32(truncatingIfNeeded: length)
        let pseudo =
            packet.isIPv4
            ? Checksum.pseudoHeader(
                source: network.bigEndian32(at: 12), destination: network.bigEndian32(at: 16),
                protocol: IPProtocol.udp, length: told)
            : Checksum.pseudoHeader(addresses: network + 8, protocol: IPProtocol.udp, length: told)
        return Checksum.sum(datagram, count: length, initial: pseudo) == 0xFFFF
    }
}
