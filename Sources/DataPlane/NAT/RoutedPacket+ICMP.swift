extension RoutedPacket {
    /// Bytes of an ICMP header of either family.
    static var icmpLength: Int { @_noAllocation @_noLocks get { 8 } }

    /// Reads an ICMP or ICMPv6 message.
    @inline(never) @_noAllocation @_noLocks
    mutating func readICMP(_ frame: UnsafeRawPointer, count: Int) {
        guard count >= Self.icmpLength else { return }
        let message = frame + transportOffset
        let type = message.byte(at: 0)
        let code = message.byte(at: 1)
        transportLength = Self.icmpLength
        switch ICMPKind(type: type, isIPv4: isIPv4) {
        case .echoRequest where code == 0:
            source.port = message.bigEndian16(at: 4)
            isEchoRequest = true
            kind = .echo
        case .echoReply where code == 0:
            destination.port = message.bigEndian16(at: 4)
            kind = .echo
        case .error:
            // Nobody cuts an error, and of a part the checksum can't be verified.
            guard !isFirstFragment, isMessageRight(frame, count: count) else { return }
            let offset = transportOffset &+ Self.icmpLength
            let available = count &- Self.icmpLength
            guard let packet = EmbeddedPacket(frame, offset: offset, available: available, isIPv4: isIPv4) else {
                return
            }
            errorType = type
            errorCode = code
            embedded = packet
            kind = .icmpError
        case .echoRequest, .echoReply, .other: kind = .other
        }
    }

    /// RFC 5508, REQ-3: errors with a wrong checksum aren't translated.
    @inline(__always) @_noAllocation @_noLocks
    private func isMessageRight(_ frame: UnsafeRawPointer, count: Int) -> Bool {
        var initial: UInt16 = 0
        if !isIPv4 {
            initial = Checksum.pseudoHeader(
                addresses: frame + networkOffset + 8, protocol: proto, length: UInt32(truncatingIfNeeded: count))
        }
        return Checksum.sum(frame + transportOffset, count: count, initial: initial) == 0xFFFF
    }
}
