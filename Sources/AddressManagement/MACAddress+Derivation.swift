public import Addresses

extension MACAddress {
    /// The MAC address of whoever has `address` in a network: always the same for the same two, locally administered
    /// and unicast.
    ///
    /// The first octet is 02, the second a hash of the network's identifier, the others are the last 32 bits of the
    /// address: 10.0.0.2 ends in `0a:00:00:02`. In IPv6 a hash of the first 96 bits is laid over them, so that two
    /// addresses collide only if they differ there, and then once in four billion. An endpoint with both kinds of
    /// address should be given the one of its IPv4 address.
    public static func derived(network identifier: String, address: IPAddress) -> MACAddress {
        let networkHash = StableHash(identifier.utf8).folded8
        let low: UInt32
        switch address {
        case .v4(let address): low = address.value
        case .v6(let address):
            low = UInt32(truncatingIfNeeded: address.low) ^ StableHash(address.octets.prefix(12)).folded32
        }
        return MACAddress(value: 0x0200_0000_0000 | UInt64(networkHash) << 32 | UInt64(low))
    }

    /// The MAC address of an endpoint in a network without addresses: always the same for the same two identifiers,
    /// locally administered and unicast. The first octet is 06, so that it is none of those that follow from addresses.
    public static func derived(network identifier: String, endpoint: String) -> MACAddress {
        let networkHash = StableHash(identifier.utf8).folded8
        let endpointHash = StableHash(endpoint.utf8).folded32
        return MACAddress(value: 0x0600_0000_0000 | UInt64(networkHash) << 32 | UInt64(endpointHash))
    }
}

/// FNV-1a with 64 bits: the same on every machine and in every version, unlike Swift's own hashes.
struct StableHash {
    /// The hash.
    let value: UInt64

    init(_ bytes: some Sequence<UInt8>) {
        // Offset basis and prime of FNV-1a, 64 bits (RFC 9923).
        value = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// All bits laid over each other, 32 wide.
    var folded32: UInt32 { UInt32(truncatingIfNeeded: value ^ (value >> 32)) }

    /// All bits laid over each other, eight wide.
    var folded8: UInt8 {
        let half = folded32 ^ (folded32 >> 16)
        return UInt8(truncatingIfNeeded: half ^ (half >> 8))
    }
}
