/// An IPv4 address.
@frozen
public struct IPv4Address: Hashable, Sendable {
    /// The address as a number in host order: 10.0.0.2 is 0x0A00_0002.
    public let value: UInt32

    /// Makes an address of a number in host order.
    @inlinable
    public init(value: UInt32) {
        self.value = value
    }

    /// Makes an address of its four octets, as people write them.
    @inlinable
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        value = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// Makes an address of four octets in the order of the wire; nil for another count.
    @inlinable
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 4 else { return nil }
        var value: UInt32 = 0
        for octet in octets {
            value = value << 8 | UInt32(octet)
        }
        self.value = value
    }

    /// The four octets in the order of the wire.
    @inlinable
    public var octets: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    /// 0.0.0.0.
    @inlinable
    public static var any: IPv4Address { IPv4Address(value: 0) }

    /// 255.255.255.255.
    @inlinable
    public static var broadcast: IPv4Address { IPv4Address(value: .max) }

    /// 127.0.0.1.
    @inlinable
    public static var loopback: IPv4Address { IPv4Address(127, 0, 0, 1) }

    /// Whether this is 0.0.0.0.
    @inlinable
    public var isUnspecified: Bool { value == 0 }

    /// Whether this is 255.255.255.255.
    @inlinable
    public var isLimitedBroadcast: Bool { value == .max }

    /// Whether this is in 127.0.0.0/8.
    @inlinable
    public var isLoopback: Bool { value >> 24 == 127 }

    /// Whether this is in 169.254.0.0/16.
    @inlinable
    public var isLinkLocal: Bool { value >> 16 == 0xA9FE }

    /// Whether this is in 224.0.0.0/4.
    @inlinable
    public var isMulticast: Bool { value >> 28 == 0xE }

    /// Whether two addresses are the same.
    @inlinable
    public static func == (left: IPv4Address, right: IPv4Address) -> Bool {
        left.value == right.value
    }

    /// Feeds the address to a hasher.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}

extension IPv4Address: Comparable {
    /// Orders addresses by their number.
    @inlinable
    public static func < (left: IPv4Address, right: IPv4Address) -> Bool {
        left.value < right.value
    }
}

extension IPv4Address: LosslessStringConvertible {
    /// Reads four decimal octets. Leading zeros are refused, since some programs read them as octal.
    public init(parsing text: some StringProtocol) throws(AddressError) {
        do throws(AddressError.Reason) {
            self = try IPv4Address(scanning: text)
        } catch {
            throw AddressError(kind: .ipv4, text: String(text), reason: error)
        }
    }

    /// Reads an address; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let address = try? IPv4Address(parsing: text) else { return nil }
        self = address
    }

    /// The scanner behind `init(parsing:)`, also used for the tail of an IPv6 address.
    init(scanning text: some StringProtocol) throws(AddressError.Reason) {
        if text.isEmpty { throw .empty }
        let dot = UInt8(ascii: ".")
        let stranger = TextScanning.firstCharacter(of: text) { TextScanning.isDecimal($0) || $0 == dot }
        if let stranger { throw .unexpectedCharacter(stranger) }
        let parts = Array(text.utf8).split(separator: dot, omittingEmptySubsequences: false)
        if parts.count != 4 { throw .partCount(parts.count, needed: 4) }
        var value: UInt32 = 0
        for part in parts {
            if part.isEmpty { throw .emptyPart }
            let shown = String(decoding: part, as: UTF8.self)
            if part.count > 1, part.first == UInt8(ascii: "0") { throw .leadingZero(shown) }
            if part.count > 3 { throw .partTooLong(shown) }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
            if number > 255 { throw .partTooLarge(shown, limit: 255) }
            value = value << 8 | number
        }
        self.init(value: value)
    }

    /// Four decimal octets.
    public var description: String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }
}
