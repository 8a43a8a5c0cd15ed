import Addresses

extension IPAddress {
    /// The two halves of the address as VTEPs and neighbours are kept: IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
    var words: (high: UInt64, low: UInt64) {
        switch self {
        case .v4(let address): (0, 0xFFFF_0000_0000 | UInt64(address.value))
        case .v6(let address): (address.high, address.low)
        }
    }

    init(high: UInt64, low: UInt64) {
        if high == 0, low >> 32 == 0xFFFF {
            self = .v4(IPv4Address(value: UInt32(truncatingIfNeeded: low)))
        } else {
            self = .v6(IPv6Address(high: high, low: low))
        }
    }
}
