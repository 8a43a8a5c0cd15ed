/// A 48-bit MAC address.
@frozen
public struct MACAddress: Hashable, Sendable {
    /// The 48-bit number as it stands on the wire: the first octet is bits 47…40. Bits 63…48 are always zero.
    public let value: UInt64

    /// Makes an address of the low 48 bits of `value`; the others are ignored.
    @inlinable
    public init(value: UInt64) {
        self.value = value & 0xFFFF_FFFF_FFFF
    }

    /// Makes an address of six octets in the order of the wire; nil for another count.
    @inlinable
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 6 else { return nil }
        var value: UInt64 = 0
        for octet in octets {
            value = value << 8 | UInt64(octet)
        }
        self.value = value
    }

    /// The six octets in the order of the wire.
    @inlinable
    public var octets: [UInt8] {
        (0..<6).map { self[$0] }
    }

    /// Octet 0…5 in the order of the wire; 0 for another index.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        guard index >= 0, index < 6 else { return 0 }
        return UInt8(truncatingIfNeeded: value >> (8 * UInt64(5 - index)))
    }

    /// ff:ff:ff:ff:ff:ff.
    @inlinable
    public static var broadcast: MACAddress { MACAddress(value: 0xFFFF_FFFF_FFFF) }

    /// 00:00:00:00:00:00, which no station may have.
    @inlinable
    public static var zero: MACAddress { MACAddress(value: 0) }

    /// Whether this is a multicast or broadcast address (I/G bit: the lowest of the first octet).
    @inlinable
    public var isGroup: Bool { value & 0x0100_0000_0000 != 0 }

    /// Whether this is the broadcast address.
    @inlinable
    public var isBroadcast: Bool { value == 0xFFFF_FFFF_FFFF }

    /// Whether all bits are zero.
    @inlinable
    public var isZero: Bool { value == 0 }

    /// Whether the address was given locally, not by the manufacturer (U/L bit).
    @inlinable
    public var isLocallyAdministered: Bool { value & 0x0200_0000_0000 != 0 }

    /// Whether two addresses are the same.
    @inlinable
    public static func == (left: MACAddress, right: MACAddress) -> Bool {
        left.value == right.value
    }

    /// Feeds the address to a hasher.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}

extension MACAddress: Comparable {
    /// Orders addresses by their number.
    @inlinable
    public static func < (left: MACAddress, right: MACAddress) -> Bool {
        left.value < right.value
    }
}

extension MACAddress: LosslessStringConvertible {
    /// Reads six octets of two hexadecimal digits each, joined by `:` or by `-`.
    ///
    /// Accepted: `02:00:0a:00:00:02`, `02-00-0A-00-00-02`. Refused: `2:0:a:0:0:2`, `02000a000002`, `0200.0a00.0002`.
    public init(parsing text: some StringProtocol) throws(AddressError) {
        func fail(_ reason: AddressError.Reason) -> AddressError {
            AddressError(kind: .mac, text: String(text), reason: reason)
        }
        if text.isEmpty { throw fail(.empty) }
        let colon = UInt8(ascii: ":")
        let dash = UInt8(ascii: "-")
        let stranger = TextScanning.firstCharacter(of: text) { byte in
            TextScanning.isHexadecimal(byte) || byte == colon || byte == dash
        }
        if let stranger { throw fail(.unexpectedCharacter(stranger)) }
        let bytes = Array(text.utf8)
        let separator = bytes.contains(colon) ? colon : dash
        if separator == colon, bytes.contains(dash) { throw fail(.mixedSeparators) }
        let parts = bytes.split(separator: separator, omittingEmptySubsequences: false)
        if parts.count != 6 { throw fail(.partCount(parts.count, needed: 6)) }
        var value: UInt64 = 0
        for part in parts {
            if part.isEmpty { throw fail(.emptyPart) }
            if part.count < 2 { throw fail(.partTooShort(String(decoding: part, as: UTF8.self))) }
            if part.count > 2 { throw fail(.partTooLong(String(decoding: part, as: UTF8.self))) }
            for byte in part {
                value = value << 4 | UInt64(TextScanning.hexadecimalValue(byte) ?? 0)
            }
        }
        self.init(value: value)
    }

    /// Reads an address; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let address = try? MACAddress(parsing: text) else { return nil }
        self = address
    }

    /// Six octets in lower case, joined by colons.
    public var description: String {
        var text = ""
        text.reserveCapacity(17)
        for index in 0..<6 {
            if index > 0 { text.append(":") }
            TextScanning.appendHexadecimal(self[index], to: &text)
        }
        return text
    }
}
