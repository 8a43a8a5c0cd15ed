/// A TCP or UDP flow whose frames are made byte by byte, with checksums summed one word at a time: independent of the
/// code under test.
struct TunnelFlow {
    private typealias Make = TestFrames

    var destination = TestFrames.bob
    var source = TestFrames.alice
    var tags: [UInt8] = []
    var isIPv4 = true
    var isTCP = true
    var trafficClass: UInt8 = 0
    var flowLabel: UInt32 = 0x12345
    var identification: UInt16 = 100
    /// IPv4's flags and fragment offset: DF.
    var fragment: UInt16 = 0x4000
    var ttl: UInt8 = 64
    var ipv4Source: UInt32 = 0x0A00_0002
    var ipv4Destination: UInt32 = 0x0A00_0003
    var ipv6Source: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0002
    var ipv6Destination: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0003
    /// IPv4 options or IPv6 extension headers; the latter begin with `extensionType`.
    var networkOptions: [UInt8] = []
    var extensionType: UInt8 = 60
    var ports: (source: UInt16, destination: UInt16) = (40_000, 80)
    var sequence: UInt32 = 1000
    var acknowledgement: UInt32 = 77
    var window: UInt16 = 500
    var flags: UInt8 = 0x10
    var urgent: UInt16 = 0
    var options: [UInt8] = []

    /// No-operation twice and timestamps: what Linux sends.
    static let timestamps: [UInt8] = [1, 1, 8, 10, 0, 0, 0x30, 0x39, 0, 0, 0xD4, 0x31]

    var networkOffset: Int { 14 + tags.count }
    var transportOffset: Int { networkOffset + (isIPv4 ? 20 : 40) + networkOptions.count }
    var headerLength: Int { transportOffset + (isTCP ? 20 + options.count : 8) }

    /// The sum of RFC 1071 as its text says it.
    static func sum(_ bytes: [UInt8]) -> UInt16 {
        var total: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            total += UInt32(bytes[index]) << 8 | UInt32(index + 1 < bytes.count ? bytes[index + 1] : 0)
            total = (total & 0xFFFF) + (total >> 16)
        }
        return UInt16(total)
    }

    private func pseudoHeader(_ count: Int) -> [UInt8] {
        let number: UInt64 = isTCP ? 6 : 17
        if isIPv4 {
            return Make.big(UInt64(ipv4Source), 4) + Make.big(UInt64(ipv4Destination), 4) + Make.big(number, 2)
                + Make.big(UInt64(count), 2)
        }
        return Make.big(ipv6Source) + Make.big(ipv6Destination) + Make.big(UInt64(count), 4) + Make.big(number, 4)
    }

    private func transport(_ payload: [UInt8], checksum: UInt16) -> [UInt8] {
        var header = Make.big(UInt64(ports.source), 2) + Make.big(UInt64(ports.destination), 2)
        if !isTCP {
            header += Make.big(UInt64(8 + payload.count), 2) + Make.big(UInt64(checksum), 2)
            return header + payload
        }
        header += Make.big(UInt64(sequence), 4) + Make.big(UInt64(acknowledgement), 4)
        header += [UInt8(5 + options.count / 4) << 4, flags] + Make.big(UInt64(window), 2)
        header += Make.big(UInt64(checksum), 2) + Make.big(UInt64(urgent), 2)
        return header + options + payload
    }

    private func network(_ count: Int) -> [UInt8] {
        let number: UInt8 = isTCP ? 6 : 17
        if !isIPv4 {
            let first = 6 << 28 | UInt64(trafficClass) << 20 | UInt64(flowLabel)
            let next = networkOptions.isEmpty ? number : extensionType
            return Make.big(first, 4) + Make.big(UInt64(networkOptions.count + count), 2) + [next, ttl]
                + Make.big(ipv6Source) + Make.big(ipv6Destination) + networkOptions
        }
        let words = 5 + networkOptions.count / 4
        var header = [UInt8(0x40 | words), trafficClass] + Make.big(UInt64(words * 4 + count), 2)
        header += Make.big(UInt64(identification), 2) + Make.big(UInt64(fragment), 2) + [ttl, number, 0, 0]
        header += Make.big(UInt64(ipv4Source), 4)
        header += Make.big(UInt64(ipv4Destination), 4) + networkOptions
        header.replaceSubrange(10..<12, with: Make.big(UInt64(~Self.sum(header)), 2))
        return header
    }

    /// A frame; with `partial` the checksum is only the pseudo-header's.
    func frame(_ payload: [UInt8], partial: Bool = false) -> [UInt8] {
        let count = headerLength - transportOffset + payload.count
        let pseudo = pseudoHeader(count)
        var checksum = Self.sum(pseudo)
        if !partial {
            checksum = ~Self.sum(pseudo + transport(payload, checksum: 0))
            if !isTCP, checksum == 0 { checksum = 0xFFFF }
        }
        return Make.ethernet(
            to: destination, from: source, tags: tags, type: isIPv4 ? 0x0800 : 0x86DD,
            network(count) + transport(payload, checksum: checksum))
    }

    /// The virtio_net_hdr of a super-frame.
    func header(segment: Int, ecn: Bool = false) -> [UInt8] {
        let type: UInt8 = isTCP ? (isIPv4 ? 1 : 4) | (ecn ? 0x80 : 0) : 5
        return Make.vnet(
            flags: 1, type: type, headerLength: UInt16(headerLength), segment: UInt16(segment),
            start: UInt16(transportOffset), offset: isTCP ? 16 : 6)
    }

    /// The frames that a super-frame stands for, made one by one.
    func frames(_ payload: [UInt8], segment: Int) -> [[UInt8]] {
        stride(from: 0, to: payload.count, by: segment).map { place in
            let end = min(payload.count, place + segment)
            var flow = self
            flow.identification &+= UInt16(truncatingIfNeeded: place / segment)
            flow.sequence &+= UInt32(place)
            if place > 0 { flow.flags &= ~0x80 }
            if end < payload.count { flow.flags &= ~0x09 }
            return flow.frame(Array(payload[place..<end]))
        }
    }

    /// Flows of every shape.
    static let shapes: [TunnelFlow] = {
        var shapes: [TunnelFlow] = []
        for isIPv4 in [true, false] {
            for tags in [[], TestFrames.tag(7), TestFrames.tag(9, tpid: 0x88A8) + TestFrames.tag(7, priority: 3)] {
                for options in [[], timestamps, [UInt8](repeating: 1, count: 40)] {
                    shapes.append(TunnelFlow(tags: tags, isIPv4: isIPv4, options: options))
                }
            }
        }
        return shapes
    }()
}

/// Bytes without a pattern.
func randomBytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}
