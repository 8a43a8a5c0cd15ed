import Addresses

/// One line about a frame in tcpdump's manner: addresses, protocol, what matters of it. Any bytes are safe; what isn't
/// there because the frame was cut is left out.
public struct FrameSummary: Sendable, Hashable, CustomStringConvertible {
    /// The line, without time and port.
    public let description: String

    /// Reads a frame's first bytes, from the destination address on. `length`: of the frame on its way.
    public init(_ bytes: [UInt8], length: Int) {
        description = Self.ethernet(Octets(bytes[...]), length: length)
    }

    /// A part of a frame; reading beyond it gives nil.
    struct Octets {
        let bytes: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
        }

        var count: Int { bytes.count }

        func number(_ offset: Int, _ size: Int) -> UInt64? {
            guard offset >= 0, offset + size <= bytes.count else { return nil }
            let start = bytes.startIndex + offset
            return bytes[start..<(start + size)].reduce(0) { $0 << 8 | UInt64($1) }
        }

        func octet(_ offset: Int) -> Int? { number(offset, 1).map { Int($0) } }
        func half(_ offset: Int) -> Int? { number(offset, 2).map { Int($0) } }
        func word(_ offset: Int) -> UInt64? { number(offset, 4) }
        func from(_ offset: Int) -> Octets { Octets(bytes.dropFirst(max(offset, 0))) }

        func address(_ offset: Int, _ size: Int) -> String? {
            guard offset + size <= bytes.count else { return nil }
            let start = bytes.startIndex + offset
            let octets = bytes[start..<(start + size)]
            return size == 4 ? IPv4Address(octets: octets)?.description : IPv6Address(octets: octets)?.description
        }

        func mac(_ offset: Int) -> String? {
            number(offset, 6).map { MACAddress(value: $0).description }
        }
    }

    private static func ethernet(_ frame: Octets, length: Int) -> String {
        guard let destination = frame.mac(0), let source = frame.mac(6), var type = frame.half(12) else {
            return "a frame that is cut, length \(length)"
        }
        var offset = 14
        var tags = ""
        // 802.1Q, 802.1ad.
        while type == 0x8100 || type == 0x88A8, let tag = frame.half(offset), let next = frame.half(offset + 2) {
            tags += "vlan \(tag & 0xFFF), "
            if tag >> 13 != 0 { tags += "p \(tag >> 13), " }
            type = next
            offset += 4
        }
        let rest = frame.from(offset)
        switch type {
        case 0x0800: return tags + internet(rest, length: length - offset)
        case 0x86DD: return tags + internet6(rest, length: length - offset)
        case 0x0806: return tags + "ARP, " + arp(rest) + ", length \(length - offset)"
        case ..<0x0600: return tags + "\(source) > \(destination), 802.3, length \(length)"
        default:
            return tags + "\(source) > \(destination), ethertype 0x\(hexadecimal(UInt64(type), 4)), length \(length)"
        }
    }

    /// RFC 826.
    private static func arp(_ packet: Octets) -> String {
        guard let operation = packet.half(6), packet.half(2) == 0x0800, packet.octet(4) == 6, packet.octet(5) == 4,
            let sender = packet.address(14, 4), let target = packet.address(24, 4), let mac = packet.mac(8)
        else { return "not for IPv4 over Ethernet, or cut" }
        switch operation {
        case 1 where sender == "0.0.0.0": return "Probe \(target)"
        case 1 where sender == target: return "Announcement \(sender)"
        case 1: return "Request who-has \(target) tell \(sender)"
        case 2: return "Reply \(sender) is-at \(mac)"
        default: return "operation \(operation)"
        }
    }

    private static func internet(_ packet: Octets, length: Int) -> String {
        guard let first = packet.octet(0), first >> 4 == 4, first & 15 >= 5, let total = packet.half(2),
            let fragment = packet.half(6), let number = packet.octet(9), let source = packet.address(12, 4),
            let destination = packet.address(16, 4)
        else { return "IP, malformed or cut, length \(length)" }
        let header = (first & 15) * 4
        let payload = max(total - header, 0)
        if fragment & 0x1FFF != 0 {
            return "IP \(source) > \(destination): \(protocolName(number)) fragment at \((fragment & 0x1FFF) * 8), "
                + "length \(payload)"
        }
        let mark = fragment & 0x2000 != 0 ? ", first fragment" : ""
        return "IP "
            + transport(
                number, packet.from(header), from: source, to: destination, length: payload, isIPv6: false) + mark
    }

    private static func internet6(_ packet: Octets, length: Int) -> String {
        guard let first = packet.octet(0), first >> 4 == 6, let total = packet.half(4), var next = packet.octet(6),
            let source = packet.address(8, 16), let destination = packet.address(24, 16)
        else { return "IP6, malformed or cut, length \(length)" }
        var offset = 40
        var left = total
        // Extension headers that have their length where all have it (RFC 8200, 4); a fragment's is fixed.
        for _ in 0..<8 {
            switch next {
            case 0, 43, 60:
                guard let following = packet.octet(offset), let size = packet.octet(offset + 1) else { break }
                next = following
                offset += (size + 1) * 8
                left -= (size + 1) * 8
                continue
            case 44:
                guard let following = packet.octet(offset), let place = packet.half(offset + 2) else { break }
                if place & 0xFFF8 != 0 {
                    return "IP6 \(source) > \(destination): \(protocolName(following)) fragment at \(place & 0xFFF8), "
                        + "length \(max(left - 8, 0))"
                }
                next = following
                offset += 8
                left -= 8
                continue
            default: break
            }
            break
        }
        return "IP6 "
            + transport(
                next, packet.from(offset), from: source, to: destination, length: max(left, 0), isIPv6: true)
    }

    private static func transport(
        _ number: Int, _ segment: Octets, from source: String, to destination: String, length: Int, isIPv6: Bool
    ) -> String {
        switch number {
        case 6:
            guard let from = segment.half(0), let to = segment.half(2), let sequence = segment.word(4),
                let acknowledged = segment.word(8), let offset = segment.octet(12), let bits = segment.octet(13),
                let window = segment.half(14)
            else { break }
            let payload = max(length - (offset >> 4) * 4, 0)
            var line = "\(source).\(from) > \(destination).\(to): Flags [\(flags(bits))]"
            if payload > 0 {
                line += ", seq \(sequence):\((sequence + UInt64(payload)) & 0xFFFF_FFFF)"
            } else if bits & 0x07 != 0 {
                line += ", seq \(sequence)"
            }
            if bits & 0x10 != 0 { line += ", ack \(acknowledged)" }
            return line + ", win \(window), length \(payload)"
        case 17:
            guard let from = segment.half(0), let to = segment.half(2) else { break }
            return "\(source).\(from) > \(destination).\(to): UDP, length \(max(length - 8, 0))"
        case 1 where !isIPv6: return "\(source) > \(destination): ICMP \(icmp(segment)), length \(length)"
        case 58 where isIPv6: return "\(source) > \(destination): ICMP6, \(icmp6(segment)), length \(length)"
        default: break
        }
        return "\(source) > \(destination): \(protocolName(number)), length \(length)"
    }

    /// As tcpdump writes them: the flag that matters first, a point for ACK.
    private static func flags(_ bits: Int) -> String {
        let names: [(bit: Int, name: String)] = [
            (0x01, "F"), (0x02, "S"), (0x04, "R"), (0x08, "P"), (0x10, "."), (0x20, "U"), (0x40, "E"), (0x80, "W"),
        ]
        let text = names.filter { bits & $0.bit != 0 }.map(\.name).joined()
        return text.isEmpty ? "none" : text
    }

    private static func icmp(_ message: Octets) -> String {
        guard let type = message.octet(0), let code = message.octet(1) else { return "cut" }
        switch type {
        case 0, 8:
            let name = type == 8 ? "echo request" : "echo reply"
            guard let id = message.half(4), let sequence = message.half(6) else { return name }
            return "\(name), id \(id), seq \(sequence)"
        case 3:
            let names = [0: "net", 1: "host", 2: "protocol", 3: "port"]
            if code == 4 { return "unreachable - need to frag (mtu \(message.half(6) ?? 0))" }
            return names[code].map { "\($0) unreachable" } ?? "unreachable, code \(code)"
        case 5: return "redirect"
        case 11: return "time exceeded"
        default: return "type \(type), code \(code)"
        }
    }

    private static func icmp6(_ message: Octets) -> String {
        guard let type = message.octet(0), let code = message.octet(1) else { return "cut" }
        switch type {
        case 128, 129:
            let name = type == 128 ? "echo request" : "echo reply"
            guard let id = message.half(4), let sequence = message.half(6) else { return name }
            return "\(name), id \(id), seq \(sequence)"
        case 1: return "destination unreachable, code \(code)"
        case 2: return "packet too big, mtu \(message.word(4) ?? 0)"
        case 3: return "time exceeded"
        case 133: return "router solicitation"
        case 134: return "router advertisement"
        case 135: return "neighbor solicitation, who has " + (message.address(8, 16) ?? "?")
        case 136: return "neighbor advertisement, tgt is " + (message.address(8, 16) ?? "?")
        case 143: return "multicast listener report v2"
        default: return "type \(type), code \(code)"
        }
    }

    private static func protocolName(_ number: Int) -> String {
        let names = [
            1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMP6", 132: "SCTP",
        ]
        return names[number] ?? "protocol \(number)"
    }

    private static func hexadecimal(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
