/// An IPv6 address. Zones are not part of it.
@frozen
public struct IPv6Address: Hashable, Sendable {
    /// The first 64 bits as a number: the first octet on the wire is the most significant.
    public let high: UInt64
    /// The last 64 bits as a number.
    public let low: UInt64

    /// Makes an address of its two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes an address of its number.
    @inlinable
    public init(value: UInt128) {
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }

    /// Makes an address of 16 octets in the order of the wire; nil for another count.
    @inlinable
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 16 else { return nil }
        var value: UInt128 = 0
        for octet in octets {
            value = value << 8 | UInt128(octet)
        }
        self.init(value: value)
    }

    /// Makes the IPv4-mapped address `::ffff:a.b.c.d`.
    @inlinable
    public init(mapping address: IPv4Address) {
        high = 0
        low = 0xFFFF_0000_0000 | UInt64(address.value)
    }

    /// The address as one number.
    @inlinable
    public var value: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// The 16 octets in the order of the wire.
    @inlinable
    public var octets: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(8 * (15 - $0))) }
    }

    /// The eight groups of 16 bits, the first one first.
    @inlinable
    public var groups: [UInt16] {
        (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(16 * (7 - $0))) }
    }

    /// `::`.
    @inlinable
    public static var any: IPv6Address { IPv6Address(high: 0, low: 0) }

    /// `::1`.
    @inlinable
    public static var loopback: IPv6Address { IPv6Address(high: 0, low: 1) }

    /// Whether this is `::`.
    @inlinable
    public var isUnspecified: Bool { high == 0 && low == 0 }

    /// Whether this is `::1`.
    @inlinable
    public var isLoopback: Bool { high == 0 && low == 1 }

    /// Whether this is in fe80::/10.
    @inlinable
    public var isLinkLocal: Bool { high >> 54 == 0x3FA }

    /// Whether this is in ff00::/8.
    @inlinable
    public var isMulticast: Bool { high >> 56 == 0xFF }

    /// The IPv4 address inside an IPv4-mapped one (`::ffff:0:0/96`), or nil.
    @inlinable
    public var mappedIPv4: IPv4Address? {
        high == 0 && low >> 32 == 0xFFFF ? IPv4Address(value: UInt32(truncatingIfNeeded: low)) : nil
    }

    /// Whether two addresses are the same.
    @inlinable
    public static func == (left: IPv6Address, right: IPv6Address) -> Bool {
        left.high == right.high && left.low == right.low
    }

    /// Feeds the address to a hasher.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }
}

extension IPv6Address: Comparable {
    /// Orders addresses by their number.
    @inlinable
    public static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
