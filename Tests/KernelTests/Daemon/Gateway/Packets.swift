import Addresses

/// IP packets and whole frames, byte by byte, for what no socket sends.
enum Packets {
    /// A frame with one packet of either family.
    static func frame(to: MACAddress, from: MACAddress, _ packet: [UInt8]) -> [UInt8] {
        let type: [UInt8] = packet[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xDD]
        return to.octets + from.octets + type + packet
    }

    /// An IP packet of the addresses' family. `fragment` is IPv4's word of flags and offset.
    static func ip(
        from source: String, to destination: String, proto: UInt8, _ payload: [UInt8], ttl: UInt8 = 64,
        identification: UInt16 = 0, fragment: UInt16 = 0x4000
    ) throws -> [UInt8] {
        let (from, to) = try (IPAddress(parsing: source).octets, IPAddress(parsing: destination).octets)
        if from.count == 16 {
            return [0x60, 0, 0, 0] + big(payload.count, 2) + [proto, ttl] + from + to + payload
        }
        var header: [UInt8] = [0x45, 0] + big(20 + payload.count, 2) + big(Int(identification), 2)
        header += big(Int(fragment), 2) + [ttl, proto, 0, 0] + from + to
        header.replaceSubrange(10..<12, with: big(Int(Frames.checksum(header)), 2))
        return header + payload
    }

    /// A UDP datagram with its checksum, to be put into `ip`.
    static func udp(
        from source: (String, UInt16), to destination: (String, UInt16), _ data: [UInt8]
    ) throws -> [UInt8] {
        let header = big(Int(source.1), 2) + big(Int(destination.1), 2) + big(8 + data.count, 2) + [0, 0]
        return try summed(header + data, at: 6, from: source.0, to: destination.0, proto: 17)
    }

    /// A TCP segment with its checksum.
    static func tcp(
        from source: (String, UInt16), to destination: (String, UInt16), flags: UInt8, sequence: UInt32 = 1_000,
        acknowledgement: UInt32 = 0, _ data: [UInt8] = []
    ) throws -> [UInt8] {
        let ports = big(Int(source.1), 2) + big(Int(destination.1), 2)
        let numbers = big(Int(sequence), 4) + big(Int(acknowledgement), 4)
        let header = ports + numbers + [0x50, flags, 0xFA, 0xF0, 0, 0, 0, 0]
        return try summed(header + data, at: 16, from: source.0, to: destination.0, proto: 6)
    }

    /// An ICMP message of IPv4 with its checksum.
    static func icmp(type: UInt8, code: UInt8, rest: UInt32 = 0, _ data: [UInt8]) -> [UInt8] {
        var message = [type, code, 0, 0] + big(Int(rest), 4) + data
        message.replaceSubrange(2..<4, with: big(Int(Frames.checksum(message)), 2))
        return message
    }

    /// The fragments of a datagram's payload, in order: whole IP packets.
    static func fragments(
        from source: String, to destination: String, proto: UInt8, _ payload: [UInt8], identification: UInt16,
        size: Int = 1_400
    ) throws -> [[UInt8]] {
        try stride(from: 0, to: payload.count, by: size).map { start in
            let part = Array(payload[start..<min(start + size, payload.count)])
            let isLast = start + size >= payload.count
            if source.contains(":") {
                let word = start | (isLast ? 0 : 1)
                let header = [proto, 0] + big(word, 2) + big(Int(identification), 4)
                return try ip(from: source, to: destination, proto: 44, header + part)
            }
            let word = UInt16(start >> 3) | (isLast ? 0 : 0x2000)
            return try ip(
                from: source, to: destination, proto: proto, part, identification: identification, fragment: word)
        }
    }

    private static func summed(
        _ bytes: [UInt8], at place: Int, from source: String, to destination: String, proto: UInt8
    ) throws -> [UInt8] {
        let addresses = try IPAddress(parsing: source).octets + IPAddress(parsing: destination).octets
        let pseudo = addresses + big(bytes.count, 4) + [0, 0, 0, proto]
        let sum = Frames.checksum(pseudo + bytes)
        var result = bytes
        result.replaceSubrange(place..<(place + 2), with: big(Int(sum == 0 ? 0xFFFF : sum), 2))
        return result
    }

    private static func big(_ value: Int, _ count: Int) -> [UInt8] {
        Frames.big(UInt64(value), count)
    }
}

/// What a frame holds, as far as tests ask.
extension FramePort.Frame {
    /// The IPv4 packet, or nil.
    private var ipv4: [UInt8]? {
        guard bytes.count >= 34, bytes[12] == 0x08, bytes[13] == 0 else { return nil }
        return Array(payload)
    }

    /// IPv4's or IPv6's protocol, or nil; no extension headers.
    var proto: UInt8? {
        if let ipv4 { return ipv4[9] }
        return bytes.count >= 54 && bytes[12] == 0x86 && bytes[13] == 0xDD ? bytes[20] : nil
    }

    /// The bytes behind the IP header.
    var transport: [UInt8] {
        if let ipv4 { return Array(ipv4.dropFirst(Int(ipv4[0] & 15) * 4)) }
        return Array(bytes.dropFirst(54))
    }

    /// Source and destination port of TCP and UDP.
    var ports: (source: UInt16, destination: UInt16)? {
        let head = transport
        guard proto == 6 || proto == 17, head.count >= 8 else { return nil }
        return (UInt16(head[0]) << 8 | UInt16(head[1]), UInt16(head[2]) << 8 | UInt16(head[3]))
    }

    /// Type and code of ICMP (IPv4), or nil.
    var icmp: [UInt8]? {
        let head = transport
        return proto == 1 && head.count >= 8 ? Array(head.prefix(2)) : nil
    }

    /// Whether it is a TCP segment with RST.
    var isReset: Bool { proto == 6 && transport.count >= 20 && transport[13] & 4 != 0 }

    /// Whether it is an IP packet from that address.
    func isFrom(_ address: String) -> Bool {
        guard let octets = try? IPAddress(parsing: address).octets else { return false }
        if octets.count == 4 { return ipv4.map { Array($0[12..<16]) == octets } ?? false }
        return bytes.count >= 54 && bytes[12] == 0x86 && bytes[13] == 0xDD && Array(bytes[22..<38]) == octets
    }
}
