public import Addresses

/// A subnet that shares addresses with something that exists.
public struct SubnetConflict: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the other subnet belongs to.
    public enum Owner: Hashable, Sendable {
        /// A network, by its name.
        case network(String)
        /// The host: one of its routes.
        case hostRoute
        /// The same request, which names two subnets.
        case sameRequest
    }

    /// The subnet that was asked for.
    public let subnet: IPPrefix
    /// The one that it overlaps.
    public let other: IPPrefix
    /// What that belongs to.
    public let owner: Owner

    /// Makes an error of its parts.
    public init(subnet: IPPrefix, other: IPPrefix, owner: Owner) {
        self.subnet = subnet
        self.other = other
        self.owner = owner
    }

    /// One line: the subnet, the reason, the way out.
    public var description: String {
        switch owner {
        case .network(let name):
            "the subnet \(subnet) overlaps \(other) of the network \(name): use another subnet, or remove that network"
        case .hostRoute: "the subnet \(subnet) overlaps the host's route to \(other): use another subnet"
        case .sameRequest: "the subnets \(subnet) and \(other) overlap: use one IPv4 and one IPv6 subnet"
        }
    }

    /// Checks the subnets that a new network asks for: against each other, then against those of other networks, then
    /// against the host's routes. A default route is no conflict: everything overlaps it.
    public static func check(
        _ subnets: [IPPrefix], networks: [(name: String, subnet: IPPrefix)], hostRoutes: [IPPrefix]
    ) throws(SubnetConflict) {
        for (position, subnet) in subnets.enumerated() {
            if let other = subnets[..<position].first(where: { $0.overlaps(subnet) }) {
                throw SubnetConflict(subnet: subnet, other: other, owner: .sameRequest)
            }
            if let network = networks.first(where: { $0.subnet.overlaps(subnet) }) {
                throw SubnetConflict(subnet: subnet, other: network.subnet, owner: .network(network.name))
            }
            if let route = hostRoutes.first(where: { $0.length > 0 && $0.overlaps(subnet) }) {
                throw SubnetConflict(subnet: subnet, other: route.masked, owner: .hostRoute)
            }
        }
    }
}
