/// An IPv4 or IPv6 address.
@frozen
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address.
    case v4(IPv4Address)
    /// An IPv6 address.
    case v6(IPv6Address)

    /// The version of the Internet Protocol that an address belongs to.
    @frozen
    public enum Family: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// IPv4.
        case v4 = 4
        /// IPv6.
        case v6 = 6

        /// The number of bits of an address.
        @inlinable
        public var bitWidth: Int { self == .v4 ? 32 : 128 }

        /// "IPv4" or "IPv6".
        public var description: String { self == .v4 ? "IPv4" : "IPv6" }
    }

    /// Makes an address of its number: 32 bits are used for IPv4, the others are ignored.
    @inlinable
    public init(family: Family, number: UInt128) {
        switch family {
        case .v4: self = .v4(IPv4Address(value: UInt32(truncatingIfNeeded: number)))
        case .v6: self = .v6(IPv6Address(value: number))
        }
    }

    /// Makes an address of 4 or 16 octets in the order of the wire; nil for another count.
    @inlinable
    public init?(octets: some Collection<UInt8>) {
        if let address = IPv4Address(octets: octets) {
            self = .v4(address)
        } else if let address = IPv6Address(octets: octets) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// IPv4 or IPv6.
    @inlinable
    public var family: Family {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// The address as a number of 32 or 128 bits.
    @inlinable
    public var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.value)
        case .v6(let address): address.value
        }
    }

    /// 4 or 16 octets in the order of the wire.
    @inlinable
    public var octets: [UInt8] {
        switch self {
        case .v4(let address): address.octets
        case .v6(let address): address.octets
        }
    }

    /// The IPv4 address, or nil.
    @inlinable
    public var ipv4: IPv4Address? {
        if case .v4(let address) = self { address } else { nil }
    }

    /// The IPv6 address, or nil.
    @inlinable
    public var ipv6: IPv6Address? {
        if case .v6(let address) = self { address } else { nil }
    }

    /// Whether this is 0.0.0.0 or `::`.
    @inlinable
    public var isUnspecified: Bool { number == 0 }

    /// Whether this is a loopback address.
    @inlinable
    public var isLoopback: Bool {
        switch self {
        case .v4(let address): address.isLoopback
        case .v6(let address): address.isLoopback
        }
    }

    /// Whether this is a link-local address.
    @inlinable
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let address): address.isLinkLocal
        case .v6(let address): address.isLinkLocal
        }
    }

    /// Whether this is a multicast address.
    @inlinable
    public var isMulticast: Bool {
        switch self {
        case .v4(let address): address.isMulticast
        case .v6(let address): address.isMulticast
        }
    }
}

extension IPAddress: Comparable {
    /// Orders IPv4 before IPv6, then by number.
    @inlinable
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family ? left.number < right.number : left.family.rawValue < right.family.rawValue
    }
}

extension IPAddress: LosslessStringConvertible {
    /// Reads an IPv6 address if there is a colon in the text, else an IPv4 address.
    public init(parsing text: some StringProtocol) throws(AddressError) {
        if text.unicodeScalars.contains(":") {
            self = .v6(try IPv6Address(parsing: text))
        } else {
            self = .v4(try IPv4Address(parsing: text))
        }
    }

    /// Reads an address; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let address = try? IPAddress(parsing: text) else { return nil }
        self = address
    }

    /// The canonical text of the address.
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}
