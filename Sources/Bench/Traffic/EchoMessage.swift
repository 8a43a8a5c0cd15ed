/// An ICMP echo message with 56 bytes of data, as ping sends it.
package struct EchoMessage: Sendable, Hashable {
    /// Tells one prober's messages from another's.
    package var identifier: UInt16
    /// Counts the questions.
    package var sequence: UInt16

    private static let length = 64
    private static let requestType: UInt8 = 8
    private static let replyType: UInt8 = 0

    /// Makes a message.
    package init(identifier: UInt16, sequence: UInt16) {
        self.identifier = identifier
        self.sequence = sequence
    }

    /// The request's bytes: type, code, checksum (RFC 1071), identifier, sequence, zeros.
    package func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        bytes[0] = Self.requestType
        bytes[4] = UInt8(identifier >> 8)
        bytes[5] = UInt8(truncatingIfNeeded: identifier)
        bytes[6] = UInt8(sequence >> 8)
        bytes[7] = UInt8(truncatingIfNeeded: sequence)
        // All other words are zero.
        var sum = UInt32(Self.requestType) << 8 + UInt32(identifier) + UInt32(sequence)
        while sum > 0xFFFF { sum = sum >> 16 + sum & 0xFFFF }
        let checksum = ~UInt16(sum)
        bytes[2] = UInt8(checksum >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: checksum)
        return bytes
    }

    /// Reads a reply with its IPv4 header in front, as a raw socket gives it; nil if it is something else.
    package init?(reply packet: ArraySlice<UInt8>) {
        guard let first = packet.first, first >> 4 == 4 else { return nil }
        let message = packet.dropFirst(Int(first & 0xF) * 4)
        guard message.count >= 8, message.first == Self.replyType else { return nil }
        let base = message.startIndex
        identifier = UInt16(message[base + 4]) << 8 | UInt16(message[base + 5])
        sequence = UInt16(message[base + 6]) << 8 | UInt16(message[base + 7])
    }
}
