import AddressManagement
import Addresses
import HeddleAPI
import Netlink

/// Whether a new network's subnets are free.
enum OverlapCheck {
    /// Refuses a subnet that another network or the host uses.
    static func check(
        _ subnets: [IPPrefix], networks: [NetworkRecord], routes: [Route]
    ) throws(APIError) {
        let others = networks.flatMap { network in network.subnets.map { (name: network.name, subnet: $0) } }
        let destinations = routes.map(\.destination).filter { !isEverywhere($0) }
        do throws(SubnetConflict) {
            try SubnetConflict.check(subnets, networks: others, hostRoutes: destinations)
        } catch {
            throw .conflict("\(error)")
        }
    }

    /// Every interface has routes for multicast and link-local addresses; they say nothing of a subnet.
    private static func isEverywhere(_ destination: IPPrefix) -> Bool {
        let address = destination.address
        return address.isMulticast || (address.family == .v6 && address.isLinkLocal)
    }
}
