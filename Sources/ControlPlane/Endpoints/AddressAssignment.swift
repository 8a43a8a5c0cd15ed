import AddressManagement
import Addresses
import HeddleAPI

/// Which addresses a new endpoint gets.
enum AddressAssignment {
    /// One address of each subnet: those that were asked for, else the lowest free ones. `members` are the endpoints
    /// that the network has, `remote` its static remote stations, `reserved` the host's own, `leased` what Docker has
    /// of the subnets, used or not yet.
    static func addresses(
        _ wanted: [IPAddress], network: NetworkRecord, members: [EndpointRecord], remote: [StationRecord] = [],
        reserved: [IPAddress] = [], leased: [IPAddress] = []
    ) throws(APIError) -> [IPPrefix] {
        for address in wanted where network.subnet(containing: address) == nil {
            let all = network.subnets.map(\.description).joined(separator: " and ")
            throw .invalid(
                "the address \(address) is in no subnet of \(network.name)",
                hint: network.subnets.isEmpty
                    ? "\(network.name) is pure layer 2: attach without --ip." : "Take one of \(all).")
        }
        var assigned: [IPPrefix] = []
        for subnet in network.subnets {
            let choice = wanted.first { subnet.contains($0) }
            do throws(AddressPoolError) {
                var pool = try network.pool(of: subnet, members: members, remote: remote)
                let address: IPAddress
                // The gateway's is never handed out in any case.
                for taken in reserved + leased where pool.isFree(taken) { try pool.take(taken) }
                if let choice {
                    try pool.take(choice)
                    address = choice
                } else {
                    address = try pool.allocate()
                }
                if let prefix = IPPrefix(address, length: subnet.length) { assigned.append(prefix) }
            } catch {
                throw refusal(error, members: members, remote: remote, reserved: reserved, leased: leased)
            }
        }
        return assigned
    }

    /// The MAC address of a new endpoint: the same again for the same address, or for the same port where there are no
    /// addresses, so that neighbours need not learn.
    static func mac(for addresses: [IPPrefix], port: UInt16, network: NetworkRecord) -> MACAddress {
        let first = addresses.first { $0.family == .v4 } ?? addresses.first
        guard let first else {
            // Other hosts number their ports alike: the network's id, which is this host's own, tells them apart.
            let name =
                network.overlay == nil && network.parent == nil ? "port \(port)" : "port \(port) of \(network.id)"
            return .derived(network: network.id, endpoint: name)
        }
        return .derived(network: network.id, address: first.address)
    }

    private static func refusal(
        _ error: AddressPoolError, members: [EndpointRecord], remote: [StationRecord], reserved: [IPAddress],
        leased: [IPAddress]
    ) -> APIError {
        switch error.reason {
        case .inUse(let address):
            let owner =
                members.first { $0.addresses.contains { $0.address == address } }?.label
                ?? remote.first { $0.addresses.contains(address) }.map { "the static station \($0.mac)" }
                ?? (reserved.contains(address) ? "the host itself" : nil)
                ?? (leased.contains(address) ? "Docker, which has reserved it" : nil)
            return .conflict(
                "the address \(address) is in use by \(owner ?? "another endpoint")",
                hint: "Choose another --ip, or leave it out to get a free one.")
        case .isGateway, .exhausted: return .conflict("\(error)")
        default: return .invalid("\(error)")
        }
    }
}

extension NetworkRecord {
    /// The router's MAC address: the network's as long as it exists. Every host of an overlay that has the same gateway
    /// addresses has the same one, so that an endpoint finds its gateway wherever it is.
    var gatewayMAC: MACAddress {
        guard let overlay else { return .derived(network: id, endpoint: "gateway") }
        let addresses = gateways.sorted().map(\.description).joined(separator: " ")
        return .derived(network: "overlay \(overlay.vni)", endpoint: "gateway \(addresses)")
    }

    /// A subnet's addresses, those of `members` and of remote stations taken.
    func pool(
        of subnet: IPPrefix, members: [EndpointRecord], remote: [StationRecord] = []
    ) throws(AddressPoolError) -> AddressPool {
        var pool = try AddressPool(
            subnet: subnet, gateway: gateway(subnet.family), range: ranges.first { $0.family == subnet.family })
        for member in members {
            for address in member.addresses where subnet.contains(address.address) {
                try pool.take(address.address)
            }
        }
        for address in remote.flatMap(\.addresses) where subnet.contains(address) { try pool.take(address) }
        return pool
    }
}
