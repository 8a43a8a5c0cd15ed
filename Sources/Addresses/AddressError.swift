/// Why a text is not the address that it should be.
public struct AddressError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the text was taken for.
    public enum Kind: String, Hashable, Sendable {
        /// A 48-bit MAC address.
        case mac = "a MAC address"
        /// An IPv4 address.
        case ipv4 = "an IPv4 address"
        /// An IPv6 address.
        case ipv6 = "an IPv6 address"
        /// An address with a prefix length.
        case prefix = "a prefix in CIDR notation"

        /// A text of this kind, for error messages.
        var example: String {
            switch self {
            case .mac: "02:00:0a:00:00:02"
            case .ipv4: "10.0.0.2"
            case .ipv6: "fd00::2"
            case .prefix: "10.0.0.0/24 or fd00::/64"
            }
        }
    }

    /// The first thing found wrong.
    public enum Reason: Error, Hashable, Sendable {
        /// There is no text.
        case empty
        /// A character that may not stand where it stands.
        case unexpectedCharacter(Character)
        /// The number of parts (octets, groups) is not the one that is needed.
        case partCount(Int, needed: Int)
        /// A part has no digits.
        case emptyPart
        /// A part has more digits than allowed.
        case partTooLong(String)
        /// A part has fewer digits than needed.
        case partTooShort(String)
        /// A decimal part with a leading zero, which some programs read as octal.
        case leadingZero(String)
        /// A decimal part above its limit.
        case partTooLarge(String, limit: Int)
        /// `:` and `-` stand in the same MAC address.
        case mixedSeparators
        /// `::` stands more than once.
        case repeatedCompression
        /// `::` stands where no group is missing.
        case needlessCompression
        /// An IPv4 part inside an IPv6 address that is not at its end.
        case misplacedIPv4
        /// A zone such as `%eth0`, which says nothing outside of one host.
        case zone
        /// A prefix without `/` and a length.
        case missingLength
        /// The prefix length is no number or above its limit (32 or 128).
        case badLength(String, limit: Int)
    }

    /// What the text was taken for.
    public let kind: Kind
    /// The text as given.
    public let text: String
    /// The first thing found wrong.
    public let reason: Reason

    /// Makes an error about `text`.
    public init(kind: Kind, text: String, reason: Reason) {
        self.kind = kind
        self.text = text
        self.reason = reason
    }

    /// One line that names the text, the reason and a text that would do.
    public var description: String {
        // Some texts come from the network: neither their length nor their control characters belong in a terminal.
        let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
        return "\(String(shown).debugDescription) is not \(kind.rawValue): \(reason) (write it like \(kind.example))"
    }
}

extension AddressError.Reason: CustomStringConvertible {
    /// The reason as a clause of a sentence.
    public var description: String {
        switch self {
        case .empty: "it is empty"
        case .unexpectedCharacter(let character): "\(String(character).debugDescription) is not allowed there"
        case .partCount(let count, let needed): "it has \(count) part\(count == 1 ? "" : "s") instead of \(needed)"
        case .emptyPart: "a part is empty"
        case .partTooLong(let part): "the part \(part.debugDescription) is too long"
        case .partTooShort(let part): "the part \(part.debugDescription) is too short"
        case .leadingZero(let part): "the part \(part.debugDescription) begins with 0, which may mean octal"
        case .partTooLarge(let part, let limit): "the part \(part.debugDescription) is larger than \(limit)"
        case .mixedSeparators: "it mixes ':' and '-'"
        case .repeatedCompression: "'::' stands in it more than once"
        case .needlessCompression: "'::' stands for no group"
        case .misplacedIPv4: "an IPv4 part may only stand at its end"
        case .zone: "a zone ('%…') is not supported"
        case .missingLength: "the prefix length ('/24') is missing"
        case .badLength(let length, let limit):
            "the prefix length \(length.debugDescription) is not a number from 0 to \(limit)"
        }
    }
}
