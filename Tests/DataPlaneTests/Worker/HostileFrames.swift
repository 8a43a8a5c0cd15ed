import DataPlane

/// Frames whose virtio_net_hdr may say anything, and an opinion of their own on what is sound.
enum HostileFrames {
    /// virtio_net_hdr and frame: a plausible packet, with a header from right to absurd.
    static func next(_ random: inout SeededGenerator) -> [UInt8] {
        let frame = packet(&random)
        let flags = UInt8([0, 1, 1, 1, 2, 3, 0xFF][random.below(7)])
        let type = UInt8([0, 1, 1, 4, 4, 5, 3, 0x81, 0x84, 0x21, 0x41, 2, 255][random.below(13)])
        let start = UInt16([34, 34, 54, 38, 14, 0, 33, frame.count - 1, frame.count, 65_535][random.below(10)])
        let offset = UInt16([16, 16, 6, 6, 0, 1, 65_535][random.below(7)])
        let segment = UInt16([1_448, 1_448, 100, 48, 47, 1, 0, 65_535][random.below(8)])
        let told = UInt16([54, 0, 10, 65_535][random.below(4)])
        let header = TestFrames.vnet(
            flags: flags, type: type, headerLength: told, segment: segment, start: start, offset: offset)
        return header + (random.below(30) == 0 ? Array(frame.prefix(random.below(60))) : frame)
    }

    private static func packet(_ random: inout SeededGenerator) -> [UInt8] {
        let payload = [0, 1, 20, 1_400, 3_000][random.below(5)]
        let tags: [UInt8] = random.below(6) == 0 ? TestFrames.tag(5) : []
        switch random.below(8) {
        case 0: return TestFrames.plain(tags: tags, length: 60 + payload)
        case 1:
            let datagram = TestFrames.udp(payload: Array(repeating: 7, count: payload))
            return TestFrames.ethernet(tags: tags, type: 0x0800, TestFrames.ipv4(protocol: 17, datagram))
        case 2:
            let fragment = TestFrames.ipv4(protocol: 6, fragment: 0x2000, TestFrames.tcp(payload: payload))
            return TestFrames.ethernet(tags: tags, type: 0x0800, fragment)
        case 3:
            let segment = TestFrames.tcp(payload: payload)
            let packet = TestFrames.ipv6(from: 1, to: 2, next: 6, segment)
            return TestFrames.ethernet(tags: tags, type: 0x86DD, packet)
        case 4:
            // Options, so that the transport header is elsewhere.
            let packet = TestFrames.ipv4(
                protocol: 6, options: Array(repeating: 1, count: 20), TestFrames.tcp(payload: payload))
            return TestFrames.ethernet(tags: tags, type: 0x0800, packet)
        default:
            let packet = TestFrames.ipv4(protocol: 6, TestFrames.tcp(payload: payload))
            return TestFrames.ethernet(tags: tags, type: 0x0800, packet)
        }
    }

    /// What a kernel would have to refuse or would be misled by; nil: nothing. Written from linux/virtio_net.h and the
    /// kernel's virtio_net_hdr_to_skb, not from the code under test.
    static func lie(in bytes: [UInt8]) -> String? {
        guard bytes.count >= 24 else { return "shorter than an Ethernet header" }
        func number(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }
        let frame = bytes.count - 10
        let (flags, type) = (bytes[0], bytes[1])
        let (told, segment, start, offset) = (number(2), number(4), number(6), number(8))
        if flags & ~3 != 0 { return "unknown flags" }
        if flags & 1 == 0 { return type == 0 ? nil : "a super-frame with a finished checksum" }
        if start < 14 { return "a checksum over the Ethernet header" }
        if start + offset + 2 > frame { return "a checksum outside of the frame" }
        guard type != 0 else { return nil }
        guard [1, 4, 5, 0x81, 0x84].contains(type) else { return "an unknown type" }
        if segment == 0 || segment == 65_535 { return "a segment size that can't be" }
        if type != 5, segment < 48 { return "segments that are too small" }
        let etherType = etherType(of: bytes)
        let isVersion4 = etherType == 0x0800
        guard isVersion4 || etherType == 0x86DD else { return "a super-frame that isn't IP" }
        if type & 0x7F == 1, !isVersion4 { return "TCP over IPv4 that isn't" }
        if type & 0x7F == 4, isVersion4 { return "TCP over IPv6 that isn't" }
        let network = 10 + 14 + (bytes[22] == 0x81 ? 4 : 0)
        let transport = isVersion4 ? bytes[network + 9] : bytes[network + 6]
        if transport != (type == 5 ? 17 : 6) { return "another protocol" }
        if isVersion4, bytes[network + 6] & 0x3F != 0 || bytes[network + 7] != 0 { return "a fragment" }
        let headers = network - 10 + (isVersion4 ? Int(bytes[network] & 15) * 4 : 40)
        if start != headers { return "a checksum that doesn't begin at the transport header" }
        if offset != (type == 5 ? 6 : 16) { return "a checksum in the wrong place" }
        if told < start || told > frame { return "a header length that can't be" }
        return nil
    }

    private static func etherType(of bytes: [UInt8]) -> Int {
        let at = bytes[22] == 0x81 ? 26 : 22
        return Int(bytes[at]) << 8 | Int(bytes[at + 1])
    }
}
