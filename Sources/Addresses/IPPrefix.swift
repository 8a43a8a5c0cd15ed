/// An address with a prefix length: a subnet such as 10.0.0.0/24, or an interface's address such as 10.0.0.2/24.
///
/// Bits behind the prefix are kept, so that it serves both; `hasHostBits` tells them apart.
@frozen
public struct IPPrefix: Hashable, Sendable {
    /// The address as given, with its host bits.
    public let address: IPAddress
    /// The number of leading bits that name the subnet: 0…32 or 0…128.
    public let length: Int

    /// Joins an address and a length; nil if the length is negative or above the address's width.
    @inlinable
    public init?(_ address: IPAddress, length: Int) {
        guard length >= 0, length <= address.family.bitWidth else { return nil }
        self.address = address
        self.length = length
    }

    /// Joins an IPv4 address and a length; nil if the length is not in 0…32.
    @inlinable
    public init?(_ address: IPv4Address, length: Int) {
        self.init(.v4(address), length: length)
    }

    /// Joins an IPv6 address and a length; nil if the length is not in 0…128.
    @inlinable
    public init?(_ address: IPv6Address, length: Int) {
        self.init(.v6(address), length: length)
    }

    /// The prefix that holds just this address: /32 or /128.
    @inlinable
    public init(host address: IPAddress) {
        self.address = address
        length = address.family.bitWidth
    }

    /// For values that are known to be in range.
    @usableFromInline
    init(checked address: IPAddress, length: Int) {
        self.address = address
        self.length = length
    }

    /// IPv4 or IPv6.
    @inlinable
    public var family: IPAddress.Family { address.family }

    /// The number of bits behind the prefix: 0…128.
    @inlinable
    public var hostBitCount: Int { family.bitWidth - length }

    /// Ones where the host bits are.
    @inlinable
    public var hostMask: UInt128 {
        // Written so that no shift is as wide as the number.
        hostBitCount == 0 ? 0 : UInt128.max &>> UInt128(truncatingIfNeeded: 128 - hostBitCount)
    }

    /// Whether `address` has bits behind the prefix, as 10.0.0.2/24 has.
    @inlinable
    public var hasHostBits: Bool { address.number & hostMask != 0 }

    /// The lowest address: the network's own.
    @inlinable
    public var network: IPAddress { IPAddress(family: family, number: address.number & ~hostMask) }

    /// The highest address.
    @inlinable
    public var last: IPAddress { IPAddress(family: family, number: address.number | hostMask) }

    /// The IPv4 broadcast address; nil for IPv6 and for /31 and /32, which have none (RFC 3021).
    @inlinable
    public var broadcast: IPAddress? { family == .v4 && length <= 30 ? last : nil }

    /// The same prefix without host bits.
    @inlinable
    public var masked: IPPrefix { IPPrefix(checked: network, length: length) }

    /// The IPv4 netmask or its IPv6 equivalent.
    @inlinable
    public var netmask: IPAddress { IPAddress(family: family, number: ~hostMask) }

    /// Whether an address of the same family lies in the prefix.
    @inlinable
    public func contains(_ other: IPAddress) -> Bool {
        other.family == family && other.number & ~hostMask == network.number
    }

    /// Whether every address of `other` lies in the prefix.
    @inlinable
    public func contains(_ other: IPPrefix) -> Bool {
        other.length >= length && contains(other.address)
    }

    /// Whether the two share an address.
    @inlinable
    public func overlaps(_ other: IPPrefix) -> Bool {
        contains(other.masked) || other.contains(masked)
    }
}

extension IPPrefix: Comparable {
    /// Orders by address, then the shorter prefix first.
    @inlinable
    public static func < (left: IPPrefix, right: IPPrefix) -> Bool {
        left.address != right.address ? left.address < right.address : left.length < right.length
    }
}

extension IPPrefix: LosslessStringConvertible {
    /// Reads CIDR notation. The length must be there; host bits are kept.
    public init(parsing text: some StringProtocol) throws(AddressError) {
        func fail(_ reason: AddressError.Reason) -> AddressError {
            AddressError(kind: .prefix, text: String(text), reason: reason)
        }
        if text.isEmpty { throw fail(.empty) }
        let scalars = text.unicodeScalars
        guard let slash = scalars.firstIndex(of: "/") else { throw fail(.missingLength) }
        let address: IPAddress
        do throws(AddressError) {
            address = try IPAddress(parsing: text[..<slash])
        } catch {
            throw fail(error.reason)
        }
        let digits = text[scalars.index(after: slash)...]
        let limit = address.family.bitWidth
        guard TextScanning.firstCharacter(of: digits, notIn: TextScanning.isDecimal) == nil,
            digits == "0" || !digits.utf8.starts(with: "0".utf8),
            let length = Int(digits), length <= limit
        else {
            throw fail(.badLength(String(digits), limit: limit))
        }
        self.init(checked: address, length: length)
    }

    /// Reads CIDR notation; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let prefix = try? IPPrefix(parsing: text) else { return nil }
        self = prefix
    }

    /// The address as given, `/` and the length.
    public var description: String { "\(address)/\(length)" }
}
