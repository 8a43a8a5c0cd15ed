public import Addresses

extension FrameDescription {
    /// The frame, with right lengths and checksums, as a sandbox without offloads sends it: neither padding nor frame
    /// check sequence. `source` is used where the packet has none. Cost: O(payload).
    ///
    /// - Precondition of its sense, not of its safety: the addresses are of one family.
    public func frame(sourceMAC: MACAddress, destinationMAC: MACAddress, source: IPAddress?) -> [UInt8] {
        var bytes = destinationMAC.octets + sourceMAC.octets
        for vlan in vlans { bytes += [0x81, 0x00] + Self.half(vlan) }
        let source = self.source ?? source
        switch kind {
        case .ethernet(let type):
            return bytes + Self.half(type) + Self.zeros(payload)
        case .arp:
            // RFC 826.
            bytes += [0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1] + sourceMAC.octets
            bytes += (source?.octets ?? Self.zeros(4)) + Self.zeros(6) + (destination?.octets ?? Self.zeros(4))
            return bytes
        default: break
        }
        switch family ?? .v4 {
        case .v4: return bytes + [0x08, 0x00] + internet(source)
        case .v6: return bytes + [0x86, 0xDD] + internet6(source, sourceMAC)
        }
    }

    /// Bytes of the packet that are no payload.
    var headerLength: Int {
        let internet = family == .v6 ? 40 : 20
        switch kind {
        case .tcp: return internet + 20
        case .udp, .icmp, .icmp6: return internet + 8
        case .arp, .neighbourSolicitation, .ethernet: return 0
        }
    }

    /// RFC 791.
    private func internet(_ source: IPAddress?) -> [UInt8] {
        let sender = source?.octets ?? Self.zeros(4)
        let target = destination?.octets ?? Self.zeros(4)
        let content = transport(Self.pseudo(sender, target))
        var header: [UInt8] = [0x45, 0]
        header += Self.half(20 + content.count)
        header += [0, 1, isUnfragmentable ? 0x40 : 0, 0, hopLimit ?? 64, number, 0, 0]
        header += sender + target
        Self.put(Self.checksum(header, 0), at: 10, of: &header)
        return header + content
    }

    /// RFC 8200.
    private func internet6(_ source: IPAddress?, _ sourceMAC: MACAddress) -> [UInt8] {
        let sender = source?.octets ?? Self.zeros(16)
        let target = (solicited ?? destination)?.octets ?? Self.zeros(16)
        var content: [UInt8]
        if kind == .neighbourSolicitation {
            // RFC 4861, 4.3; the option of 4.6.1 unless the address is still being tried (7.2.2).
            content = [135, 0, 0, 0, 0, 0, 0, 0] + (destination?.octets ?? Self.zeros(16))
            if source?.isUnspecified == false { content += [1, 1] + sourceMAC.octets }
            let sum = Self.pseudo(sender, target) + UInt64(content.count) + 58
            Self.put(Self.checksum(content, sum), at: 2, of: &content)
        } else {
            content = transport(Self.pseudo(sender, target))
        }
        let limit = hopLimit ?? (kind == .neighbourSolicitation ? 255 : 64)
        return [0x60, 0, 0, 0] + Self.half(content.count) + [number, limit] + sender + target + content
    }

    /// The header behind the IP header, and the payload.
    private func transport(_ pseudo: UInt64) -> [UInt8] {
        var bytes: [UInt8]
        let place: Int
        switch kind {
        case .tcp(let flags):
            // RFC 9293, 3.1: no options.
            bytes =
                Self.half(sourcePort) + Self.half(destinationPort) + [0, 0, 0, 1, 0, 0, 0, flags & 0x10 == 0 ? 0 : 1]
            bytes += [0x50, flags] + Self.half(64_240) + Self.zeros(4)
            place = 16
        case .udp:
            bytes = Self.half(sourcePort) + Self.half(destinationPort) + Self.half(8 + payload) + [0, 0]
            place = 6
        case .icmp(let isReply):
            bytes = [isReply ? 0 : 8, 0, 0, 0] + Self.half(identifier) + Self.half(sequence)
            place = 2
        case .icmp6(let isReply):
            bytes = [isReply ? 129 : 128, 0, 0, 0] + Self.half(identifier) + Self.half(sequence)
            place = 2
        case .arp, .neighbourSolicitation, .ethernet: return []
        }
        bytes += Self.zeros(payload)
        var initial = pseudo + UInt64(bytes.count) + UInt64(number)
        // ICMP's checksum is over itself alone (RFC 792).
        if case .icmp = kind { initial = 0 }
        let sum = Self.checksum(bytes, initial)
        // RFC 768: 0 would say that there is none.
        Self.put(kind == .udp && sum == 0 ? 0xFFFF : sum, at: place, of: &bytes)
        return bytes
    }

    /// The protocol's number.
    private var number: UInt8 {
        switch kind {
        case .tcp: 6
        case .udp: 17
        case .icmp: 1
        case .icmp6, .neighbourSolicitation: 58
        case .arp, .ethernet: 0
        }
    }

    // MARK: bytes

    private static func zeros(_ count: Int) -> [UInt8] {
        Array(repeating: 0, count: count)
    }

    private static func half(_ value: some BinaryInteger) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    private static func put(_ value: UInt16, at place: Int, of bytes: inout [UInt8]) {
        bytes[place] = UInt8(value >> 8)
        bytes[place + 1] = UInt8(value & 0xFF)
    }

    /// The addresses' part of the pseudo header's sum.
    private static func pseudo(_ source: [UInt8], _ destination: [UInt8]) -> UInt64 {
        sum(source) + sum(destination)
    }

    private static func sum(_ bytes: [UInt8]) -> UInt64 {
        var sum: UInt64 = 0
        for (index, byte) in bytes.enumerated() { sum += UInt64(byte) << (index & 1 == 0 ? 8 : 0) }
        return sum
    }

    /// RFC 1071.
    private static func checksum(_ bytes: [UInt8], _ initial: UInt64) -> UInt16 {
        var sum = sum(bytes) + initial
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
