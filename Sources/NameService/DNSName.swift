import Addresses

/// A name as a question has it: the labels that were sent, in their spelling.
public struct DNSName: Hashable, Sendable {
    /// Longest name in a message, lengths of labels and the root's included (RFC 1035, 2.3.4).
    static let longest = 255
    /// Longest label.
    static let longestLabel = 63

    /// Without the root's.
    let labels: [ArraySlice<UInt8>]

    init(labels: [ArraySlice<UInt8>]) {
        self.labels = labels
    }

    /// Whether it has no dot, so that it can only be a name of this network.
    public var isPlain: Bool { labels.count == 1 }

    /// What names are compared by: small letters, with dots between labels. nil: it has bytes that no name here can have,
    /// a dot inside of a label among them.
    var key: String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.longest)
        for label in labels {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ".")) }
            for byte in label {
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    bytes.append(byte)
                default: return nil
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a name that users gave is compared by.
    public static func key(_ text: String) -> String {
        text.lowercased()
    }

    /// The address that a name below in-addr.arpa or ip6.arpa stands for (RFC 1035, 3.5; RFC 3596, 2.5); nil: none, or
    /// only a part of one.
    var reversedAddress: IPAddress? {
        guard let key, key.hasSuffix(".arpa") else { return nil }
        var parts = key.split(separator: ".", omittingEmptySubsequences: false)
        parts.removeLast()
        switch parts.popLast() {
        case "in-addr":
            guard parts.count == 4 else { return nil }
            var octets: [UInt8] = []
            for part in parts.reversed() {
                guard part == "0" || part.first != "0", part.utf8.allSatisfy({ 48...57 ~= $0 }), let octet = UInt8(part)
                else { return nil }
                octets.append(octet)
            }
            return IPAddress(octets: octets)
        case "ip6":
            guard parts.count == 32 else { return nil }
            var number: UInt128 = 0
            for part in parts.reversed() {
                guard part.utf8.count == 1, let digit = part.first?.hexDigitValue else { return nil }
                number = number << 4 | UInt128(digit)
            }
            return IPAddress(family: .v6, number: number)
        default: return nil
        }
    }

    /// The bytes of a name that users gave, with the root's; nil: it can't stand in a message.
    static func encoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for label in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard !label.isEmpty, label.count <= longestLabel else { return nil }
            bytes.append(UInt8(label.count))
            bytes += label
        }
        bytes.append(0)
        return bytes.count <= longest ? bytes : nil
    }
}
