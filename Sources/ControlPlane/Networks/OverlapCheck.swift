import Addresses
import HeddleAPI
import Netlink

/// Whether a new network's subnets are free.
enum OverlapCheck {
    /// Refuses a subnet that another network or the host uses. Routes through the host ports of other networks are
    /// those networks' own, which are looked at first; the default route leads everywhere and says nothing.
    static func check(
        _ subnets: [IPPrefix], networks: [NetworkRecord], routes: [Route]
    ) throws(APIError) {
        for subnet in subnets {
            for network in networks {
                guard let other = network.subnets.first(where: { $0.overlaps(subnet) }) else { continue }
                throw .conflict(
                    "the subnet \(subnet) overlaps \(other) of the network \(network.name)",
                    hint: "Choose another --subnet, or remove that network.")
            }
            let route = routes.first { route in
                guard !route.isDefault, route.destination.masked.overlaps(subnet) else { return false }
                return !isHarmless(route)
            }
            if let route {
                throw .conflict(
                    "the subnet \(subnet) overlaps the host's route to \(route.destination.masked)",
                    hint: "'ip route' lists the host's routes; choose another --subnet.")
            }
        }
    }

    /// Every interface has routes for multicast and link-local addresses.
    private static func isHarmless(_ route: Route) -> Bool {
        let address = route.destination.address
        return address.isMulticast || (address.family == .v6 && address.isLinkLocal)
    }
}
