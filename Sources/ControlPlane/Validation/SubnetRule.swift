import Addresses

/// Which addresses of a subnet an interface can have.
enum SubnetRule {
    /// Why no interface can have this address of `subnet` ("the subnet's own address"); nil if one can.
    static func reasonAgainst(_ address: IPAddress, in subnet: IPPrefix) -> String? {
        if address == subnet.network {
            // RFC 4291 section 2.6.1.
            return address.family == .v4 ? "the subnet's own address" : "the subnet's anycast address of routers"
        }
        if address.family == .v4, address == subnet.last { return "the subnet's broadcast address" }
        return nil
    }

    /// Whether an address of `range` can be handed out.
    static func hasUsableAddress(_ range: IPPrefix, in subnet: IPPrefix, besides taken: [IPAddress]) -> Bool {
        // Network, broadcast and gateway addresses are three at most: the fourth address decides.
        let first = range.network.number
        let count = range.hostBitCount >= 3 ? 8 : UInt128(1) << UInt128(range.hostBitCount)
        return (0..<count).contains { offset in
            let address = IPAddress(family: range.family, number: first + offset)
            return reasonAgainst(address, in: subnet) == nil && !taken.contains(address)
        }
    }
}
