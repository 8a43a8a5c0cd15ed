public import Addresses

/// The addresses of one subnet: which are free, which are taken.
///
/// Never handed out: the gateway; in IPv4 the network and the broadcast address, unless the subnet is a /31 or /32 (RFC
/// 3021); in IPv6 the subnet-router anycast address, which is the first, unless it is a /127 or /128 (RFC 6164).
/// Memory follows how scattered the taken addresses are, not the size of the subnet.
public struct AddressPool: Hashable, Sendable {
    /// The subnet, without host bits.
    public let subnet: IPPrefix
    /// The router's address in the subnet.
    public let gateway: IPAddress
    /// The part of the subnet that addresses are chosen from; all of it if nothing else was said. An address that is
    /// asked for by name may lie outside.
    public let range: IPPrefix
    /// How many addresses are taken.
    public private(set) var usedCount = 0

    // Taken addresses and those that are never handed out.
    var occupied = AddressIntervals()

    /// Makes a pool in which nothing is taken. Without a gateway, that is the first address.
    public init(subnet: IPPrefix, gateway: IPAddress? = nil, range: IPPrefix? = nil) throws(AddressPoolError) {
        guard !subnet.hasHostBits else {
            throw AddressPoolError(subnet: subnet, reason: .hostBits(subnet))
        }
        if let special = AddressPool.specialPrefixes.first(where: { $0.overlaps(subnet) }) {
            throw AddressPoolError(subnet: subnet, reason: .special(special))
        }
        self.subnet = subnet
        let gateway = gateway ?? AddressPool.firstAddress(of: subnet)
        guard subnet.contains(gateway) else {
            throw AddressPoolError(subnet: subnet, reason: .gatewayOutside(gateway))
        }
        self.gateway = gateway
        self.range = range ?? subnet
        if let range {
            guard !range.hasHostBits else { throw AddressPoolError(subnet: subnet, reason: .hostBits(range)) }
            guard subnet.contains(range) else { throw AddressPoolError(subnet: subnet, reason: .rangeOutside(range)) }
        }
        if let network = networkAddress {
            guard gateway != network else { throw AddressPoolError(subnet: subnet, reason: .isNetwork(gateway)) }
            _ = occupied.insert(network.number)
        }
        if let broadcast = subnet.broadcast {
            guard gateway != broadcast else { throw AddressPoolError(subnet: subnet, reason: .isBroadcast(gateway)) }
            _ = occupied.insert(broadcast.number)
        }
        _ = occupied.insert(gateway.number)
    }

    /// The subnet's first address, if it is not a host's: the network's own in IPv4, the anycast address in IPv6.
    public var networkAddress: IPAddress? {
        subnet.hostBitCount >= 2 ? subnet.network : nil
    }

    /// The first address that a host may have.
    private static func firstAddress(of subnet: IPPrefix) -> IPAddress {
        let number = subnet.network.number + (subnet.hostBitCount >= 2 ? 1 : 0)
        return IPAddress(family: subnet.family, number: number)
    }

    /// How many addresses the pool can choose from, taken ones among them.
    public var capacity: UInt128 {
        let size = range.hostMask + 1
        let reserved = [networkAddress, subnet.broadcast, gateway].compactMap { $0 }.filter { range.contains($0) }
        return size - UInt128(reserved.count)
    }

    /// Prefixes whose addresses no host has: RFC 1122, RFC 4291, RFC 5771 and RFC 6890.
    private static let specialPrefixes: [IPPrefix] = [
        "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32",
        "::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8",
    ].compactMap { IPPrefix($0) }
}

extension AddressPool {
    /// Takes the lowest free address of the range.
    public mutating func allocate() throws(AddressPoolError) -> IPAddress {
        let numbers = range.network.number...range.last.number
        guard let number = occupied.lowestMissing(in: numbers) else {
            throw AddressPoolError(subnet: subnet, reason: .exhausted(range))
        }
        let address = IPAddress(family: subnet.family, number: number)
        try take(address)
        return address
    }

    /// Takes an address that was asked for; it may lie outside of the range.
    public mutating func take(_ address: IPAddress) throws(AddressPoolError) {
        if let reason = refusal(of: address) { throw AddressPoolError(subnet: subnet, reason: reason) }
        guard occupied.insert(address.number) else {
            throw AddressPoolError(subnet: subnet, reason: .inUse(address))
        }
        usedCount += 1
    }

    /// Gives an address back; false, and nothing changes, if it was not taken.
    @discardableResult
    public mutating func release(_ address: IPAddress) -> Bool {
        guard refusal(of: address) == nil, occupied.remove(address.number) else { return false }
        usedCount -= 1
        return true
    }

    /// Whether an address is taken; false for those that are never handed out.
    public func isUsed(_ address: IPAddress) -> Bool {
        refusal(of: address) == nil && occupied.contains(address.number)
    }

    /// Whether `take` would succeed.
    public func isFree(_ address: IPAddress) -> Bool {
        refusal(of: address) == nil && !occupied.contains(address.number)
    }

    /// Why an address is never handed out; nil if it may be.
    private func refusal(of address: IPAddress) -> AddressPoolError.Reason? {
        if !subnet.contains(address) { return .outside(address) }
        if address == gateway { return .isGateway(address) }
        if address == networkAddress { return .isNetwork(address) }
        if address == subnet.broadcast { return .isBroadcast(address) }
        return nil
    }
}
