/// Types of records and questions (RFC 1035, 3.2.2 and its successors). What isn't named here is a number all the same.
public struct DNSType: RawRepresentable, Hashable, Sendable {
    /// As it stands in a message.
    public let rawValue: UInt16

    /// Makes a type of its number.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An IPv4 address.
    public static let a = DNSType(rawValue: 1)
    /// Who answers for a zone.
    public static let ns = DNSType(rawValue: 2)
    /// The beginning of a zone.
    public static let soa = DNSType(rawValue: 6)
    /// The name of an address.
    public static let ptr = DNSType(rawValue: 12)
    /// An IPv6 address (RFC 3596).
    public static let aaaa = DNSType(rawValue: 28)
    /// EDNS (RFC 6891).
    public static let opt = DNSType(rawValue: 41)
    /// A signed delegation (RFC 4034).
    public static let ds = DNSType(rawValue: 43)
    /// A zone's keys (RFC 4034).
    public static let dnskey = DNSType(rawValue: 48)
    /// All types from here to `any` ask for something else than records: transfers, and all there is.
    public static let firstMeta = DNSType(rawValue: 249)
    /// Whatever there is.
    public static let any = DNSType(rawValue: 255)
}

/// What came of a question (RFC 1035, 4.1.1; RFC 6891, 9).
public enum ResponseCode: UInt16, Hashable, Sendable {
    /// The name is there; without answers: nothing of that type.
    case noError = 0
    /// The message can't be read.
    case formatError = 1
    /// It could not be found out.
    case serverFailure = 2
    /// There is no such name.
    case nameError = 3
    /// Not a question.
    case notImplemented = 4
    /// Not for this asker.
    case refused = 5
    /// A version of EDNS that isn't known; its upper bits stand in the OPT record.
    case badVersion = 16
}

/// The flags in the second two bytes of a message (RFC 1035, 4.1.1; RFC 4035).
enum DNSFlags {
    static let response: UInt16 = 0x8000
    static let opcode: UInt16 = 0x7800
    static let authoritative: UInt16 = 0x0400
    static let truncated: UInt16 = 0x0200
    static let recursionDesired: UInt16 = 0x0100
    static let recursionAvailable: UInt16 = 0x0080
    static let checkingDisabled: UInt16 = 0x0010
    static let code: UInt16 = 0x000F
}
