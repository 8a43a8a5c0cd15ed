public import Addresses

/// The addresses of one subnet as Docker manages them: the gateway is asked for like any other address, and so may be
/// missing. Never handed out: the subnet's own address, and in IPv4 its broadcast address (see `AddressPool`).
public struct LeasePool: Hashable, Sendable {
    /// The subnet, without host bits.
    public let subnet: IPPrefix
    /// The part of the subnet that addresses are chosen from. One that is asked for may lie outside.
    public let range: IPPrefix

    private var occupied = AddressIntervals()

    /// Makes a pool in which nothing is taken; nil if there are host bits, or the range isn't in the subnet.
    public init?(subnet: IPPrefix, range: IPPrefix? = nil) {
        let range = range ?? subnet
        guard !subnet.hasHostBits, !range.hasHostBits, subnet.contains(range) else { return nil }
        self.subnet = subnet
        self.range = range
        if subnet.hostBitCount >= 2 { _ = occupied.insert(subnet.network.number) }
        if let broadcast = subnet.broadcast { _ = occupied.insert(broadcast.number) }
    }

    /// Takes the lowest free address of the range; nil if there is none.
    public mutating func lease() -> IPAddress? {
        guard let number = occupied.lowestMissing(in: range.network.number...range.last.number) else { return nil }
        _ = occupied.insert(number)
        return IPAddress(family: subnet.family, number: number)
    }

    /// Takes an address; false if it isn't free or not in the subnet.
    public mutating func lease(_ address: IPAddress) -> Bool {
        subnet.contains(address) && occupied.insert(address.number)
    }
}
