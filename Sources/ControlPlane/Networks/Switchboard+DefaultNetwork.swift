import AddressManagement
import Addresses
import HeddleAPI
import Netlink

/// The network that is there without having been made.
enum DefaultNetwork {
    /// Its name, as Docker's.
    static let name = "bridge"
}

extension Switchboard {
    /// The network of that name. The default one is made when a sandbox first joins it, in a subnet that neither
    /// another network nor the host uses; once made, it is a network as any other.
    func networkToJoin(_ wish: AttachSpecification) throws(APIError) -> NetworkRecord {
        let isThere = networkRecords.values.contains { $0.name == wish.network }
        if wish.network == DefaultNetwork.name, !isThere {
            // A mistyped sandbox makes no network.
            _ = try openSandbox(wish)
            let subnet = try freeSubnet()
            _ = try createNetwork(NetworkRequest(name: DefaultNetwork.name, subnets: [subnet.description]))
        }
        if let predefined = PredefinedDriver(rawValue: wish.network), !isThere {
            // What is refused makes no network either.
            try Self.refuseSettings(wish, driver: predefined)
            try refuseMisplaced(try SandboxSession(wish.reference), wish: wish, driver: predefined)
            _ = try createNetwork(NetworkRequest(name: predefined.rawValue, driver: predefined.rawValue))
        }
        return try findNetwork(wish.network)
    }

    /// A subnet of the default pools that is free, and not reserved for a network of Docker's either.
    func freeSubnet(_ family: IPAddress.Family = .v4) throws(APIError) -> IPPrefix {
        let routes = try foreignRoutes().map(\.destination)
        let pools = family == .v4 ? DefaultPools.standard : .uniqueLocal(site: mark.alias(of: ""))
        do throws(DefaultPoolsExhausted) {
            return try pools.choose(
                family, networks: networkRecords.values.flatMap(\.subnets) + dockerPools.values.map(\.subnet),
                hostRoutes: routes)
        } catch {
            throw .conflict("\(error)")
        }
    }

    /// The host's routes that don't lead into its networks, nor to a new network's own LAN.
    func foreignRoutes(besides parent: Int32? = nil) throws(APIError) -> [Route] {
        let own = Set((networkRecords.values.map(\.hostIndex) + [parent].compactMap { $0 }).filter { $0 != 0 })
        return try PortMaker.kernel("reading the host's routes") { () throws(NetlinkError) in
            try self.own.routes().filter { !own.contains($0.interfaceIndex ?? 0) }
        }
    }
}
