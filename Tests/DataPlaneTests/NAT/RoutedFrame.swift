import DataPlane

/// A packet that a router meets, made byte by byte with checksums summed one word at a time: independent of the code
/// under test.
struct RoutedFrame: Sendable {
    private typealias Make = TestFrames

    enum Body: CaseIterable, Sendable {
        case tcp
        case udp
        case echoRequest
        case echoReply
        case error
    }

    enum Sum: CaseIterable, Sendable {
        case full
        /// Only the pseudo-header's.
        case partial
        /// UDP's 0.
        case none
    }

    var isIPv4 = true
    var body = Body.tcp
    var sum = Sum.full
    /// Of IPv4 the lower 32 bits count.
    var source: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0A00_0002
    var destination: UInt128 = 0x2001_0DB8_0000_0001_0000_0000_CB00_7105
    /// The source port, or the identifier.
    var sourcePort: UInt16 = 40_000
    var destinationPort: UInt16 = 443
    var hopLimit: UInt8 = 64
    var identification: UInt16 = 0x1234
    /// IPv4's flags and fragment offset.
    var fragment: UInt16 = 0
    /// IPv4 options, or IPv6 extension headers of which the first is `extensionType`.
    var networkOptions: [UInt8] = []
    var extensionType: UInt8 = 60
    var flags: UInt8 = 0x18
    var transportOptions: [UInt8] = []
    var payload: [UInt8] = [1, 2, 3, 4, 5]
    /// An error's type, code, and second word.
    var type: UInt8 = 3
    var code: UInt8 = 1
    var word: UInt32 = 0
    /// What an error quotes, and how many bytes of it.
    var quoted: [RoutedFrame] = []
    var quotedCount = 1_000
    var ethernetSource = TestFrames.alice
    var ethernetDestination = TestFrames.bob

    var proto: UInt8 {
        switch body {
        case .tcp: 6
        case .udp: 17
        case .echoRequest, .echoReply, .error: isIPv4 ? 1 : 58
        }
    }

    var checksumOffset: UInt16 { body == .tcp ? 16 : body == .udp ? 6 : 2 }
    var transportOffset: Int { 14 + (isIPv4 ? 20 : 40) + networkOptions.count }

    /// The source with its port, as the code under test has it.
    var sourceEnd: TransportAddress { end(source, body == .echoReply || body == .error ? 0 : sourcePort) }
    /// The destination with its port.
    var destinationEnd: TransportAddress {
        switch body {
        case .tcp, .udp: end(destination, destinationPort)
        case .echoReply: end(destination, sourcePort)
        case .echoRequest, .error: end(destination, 0)
        }
    }

    private func end(_ address: UInt128, _ port: UInt16) -> TransportAddress {
        if isIPv4 { return TransportAddress(ipv4: UInt32(truncatingIfNeeded: address), port: port) }
        return TransportAddress(
            high: UInt64(truncatingIfNeeded: address >> 64), low: UInt64(truncatingIfNeeded: address), port: port)
    }

    private func bytes(_ address: UInt128) -> [UInt8] {
        isIPv4 ? Make.big(UInt64(UInt32(truncatingIfNeeded: address)), 4) : Make.big(address)
    }

    private func transport(_ checksum: UInt16) -> [UInt8] {
        let sum = Make.big(UInt64(checksum), 2)
        let ports = Make.big(UInt64(sourcePort), 2) + Make.big(UInt64(destinationPort), 2)
        switch body {
        case .tcp:
            let words = UInt8(5 + transportOptions.count / 4)
            var header = ports + Make.big(0x0102_0304, 4) + Make.big(0x0506_0708, 4)
            header += [words << 4, flags, 0x20, 0] + sum + [0, 0]
            return header + transportOptions + payload
        case .udp:
            return ports + Make.big(UInt64(8 + payload.count), 2) + sum + payload
        case .echoRequest, .echoReply:
            let type: UInt8 = body == .echoRequest ? (isIPv4 ? 8 : 128) : isIPv4 ? 0 : 129
            return [type, 0] + sum + Make.big(UInt64(sourcePort), 2) + [0, 7] + payload
        case .error:
            let header = [type, code] + sum + Make.big(UInt64(word), 4)
            return header + quoted.flatMap { Array($0.packet.prefix(quotedCount)) }
        }
    }

    private var checksum: UInt16 {
        let count = transport(0).count
        var pseudo: [UInt8] = []
        if isIPv4, proto != 1 {
            pseudo = bytes(source) + bytes(destination) + [0, proto] + Make.big(UInt64(count), 2)
        } else if !isIPv4 {
            pseudo = bytes(source) + bytes(destination) + Make.big(UInt64(count), 4) + [0, 0, 0, proto]
        }
        switch sum {
        case .none: return 0
        case .partial: return TunnelFlow.sum(pseudo)
        case .full:
            let full = ~TunnelFlow.sum(pseudo + transport(0))
            return body == .udp && full == 0 ? 0xFFFF : full
        }
    }

    /// The IP packet.
    var packet: [UInt8] {
        let rest = transport(checksum)
        if !isIPv4 {
            let next = networkOptions.isEmpty ? proto : extensionType
            let length = Make.big(UInt64(networkOptions.count + rest.count), 2)
            return [0x60, 1, 2, 3] + length + [next, hopLimit] + bytes(source) + bytes(destination) + networkOptions
                + rest
        }
        let header = 20 + networkOptions.count
        var first = [UInt8(0x40 | header / 4), 0] + Make.big(UInt64(header + rest.count), 2)
        first += Make.big(UInt64(identification), 2) + Make.big(UInt64(fragment), 2) + [hopLimit, proto, 0, 0]
        first += bytes(source) + bytes(destination) + networkOptions
        first.replaceSubrange(10..<12, with: Make.big(UInt64(~TunnelFlow.sum(first)), 2))
        return first + rest
    }

    /// The frame, from the destination MAC on.
    var frame: [UInt8] {
        Make.ethernet(
            to: ethernetDestination, from: ethernetSource, type: isIPv4 ? 0x0800 : 0x86DD, packet)
    }

    /// The virtio_net_hdr.
    var header: [UInt8] {
        guard sum == .partial else { return Make.vnet() }
        return Make.vnet(flags: 1, start: UInt16(transportOffset), offset: checksumOffset)
    }

    /// The frame with another header checksum, after something was changed by hand.
    static func mended(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        guard frame.count >= 34, frame[12...13] == [8, 0] else { return frame }
        frame.replaceSubrange(24..<26, with: [0, 0])
        let end = 14 + Int(frame[14] & 0xF) * 4
        guard end <= frame.count else { return frame }
        frame.replaceSubrange(24..<26, with: Make.big(UInt64(~TunnelFlow.sum(Array(frame[14..<end]))), 2))
        return frame
    }

    /// An error about a packet of this flow, sent by a router on the way to its source.
    func error(_ type: UInt8, _ code: UInt8, from router: UInt128, word: UInt32 = 0, count: Int = 1_000) -> RoutedFrame
    {
        var error = RoutedFrame(isIPv4: isIPv4, body: .error, source: router, destination: source)
        error.type = type
        error.code = code
        error.word = word
        error.quoted = [self]
        error.quotedCount = count
        return error
    }
}

/// What is known of a frame, in memory of exactly its size.
func routed(_ frame: [UInt8], isSuperframe: Bool = false) -> RoutedPacket {
    let memory = ExactBytes(frame)
    return RoutedPacket(memory.start, length: memory.count, isSuperframe: isSuperframe)
}

/// A frame, without its virtio_net_hdr and with it, after something was done to it in memory of exactly its size.
func rewritten(
    _ header: [UInt8], _ frame: [UInt8], isSuperframe: Bool = false,
    _ change: (RoutedPacket, UnsafeMutableRawPointer) -> Void
) -> (header: [UInt8], frame: [UInt8]) {
    let memory = ExactBytes(header + frame)
    let packet = RoutedPacket(memory.start + header.count, length: frame.count, isSuperframe: isSuperframe)
    change(packet, memory.start)
    let bytes = memory.bytes
    return (Array(bytes.prefix(header.count)), Array(bytes.dropFirst(header.count)))
}
