import Addresses
import HeddleAPI

extension Switchboard {
    /// The addresses of a new endpoint, one of each subnet: those that were asked for, else the lowest free ones.
    func assignAddresses(_ wanted: [IPAddress], network: NetworkRecord) throws(APIError) -> [IPPrefix] {
        for address in wanted where network.subnet(containing: address) == nil {
            let all = network.subnets.map(\.description).joined(separator: " and ")
            throw .invalid(
                "the address \(address) is in no subnet of \(network.name)",
                hint: network.subnets.isEmpty
                    ? "\(network.name) is pure layer 2: attach without --ip." : "Take one of \(all).")
        }
        let taken = Set(endpoints(of: network).flatMap { $0.addresses.map(\.address) } + network.gateways)
        var assigned: [IPPrefix] = []
        for subnet in network.subnets {
            let chosen: IPAddress
            if let address = wanted.first(where: { subnet.contains($0) }) {
                try refuse(address, in: subnet, network: network)
                chosen = address
            } else {
                chosen = try lowestFree(in: subnet, network: network, taken: taken)
            }
            if let prefix = IPPrefix(chosen, length: subnet.length) { assigned.append(prefix) }
        }
        return assigned
    }

    private func refuse(_ address: IPAddress, in subnet: IPPrefix, network: NetworkRecord) throws(APIError) {
        if let reason = SubnetRule.reasonAgainst(address, in: subnet) {
            throw .invalid("the address \(address) can't be used: it is \(reason)", hint: "Take another of \(subnet).")
        }
        if network.gateways.contains(address) {
            throw .conflict("the address \(address) is the gateway of \(network.name)", hint: "Choose another --ip.")
        }
        let owner = endpoints(of: network).first { $0.addresses.contains { $0.address == address } }
        if let owner {
            throw .conflict(
                "the address \(address) is in use by \(owner.label)",
                hint: "Choose another --ip, or leave it out to get a free one.")
        }
    }

    private func lowestFree(
        in subnet: IPPrefix, network: NetworkRecord, taken: Set<IPAddress>
    ) throws(APIError) -> IPAddress {
        let range = network.ranges.first { $0.family == subnet.family } ?? subnet
        var number = range.network.number
        while number <= range.last.number {
            let address = IPAddress(family: subnet.family, number: number)
            if !taken.contains(address), SubnetRule.reasonAgainst(address, in: subnet) == nil { return address }
            number += 1
        }
        throw .unavailable(
            "all addresses of \(range) in \(network.name) are in use",
            hint: "Detach some endpoints, or make a network with a larger subnet.")
    }

    func mac(for addresses: [IPPrefix], port: UInt16, network: NetworkRecord) throws(APIError) -> MACAddress {
        MACAddress(value: 0x0200_0000_0000 | UInt64(port))
    }
}

extension NetworkRecord {
    var gatewayMAC: MACAddress { MACAddress(value: 0x0200_0000_ffff) }
}
