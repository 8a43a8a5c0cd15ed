import Addresses
import Glibc
import HeddleAPI
import Netlink
import SystemPackage

/// What an interface gets once it is where it belongs: addresses, up, routes.
struct InterfaceSetup {
    /// With the length of their subnets.
    var addresses: [IPPrefix]
    /// Default routes that are set where there are none yet.
    var gateways: [IPAddress]

    /// How long a carrier may take.
    private static let patience: Duration = .seconds(1)

    /// Does it; fine if some of it is done already.
    func apply(to index: Int32, by route: RouteSocket, what: String) throws(APIError) {
        for address in addresses { try add(address, to: index, by: route, what: what) }
        try PortMaker.kernel(what) { () throws(NetlinkError) in
            try route.setUp(link: index)
            for gateway in gateways {
                try addDefaultRoute(via: gateway, index: index, by: route)
            }
        }
    }

    private func add(_ address: IPPrefix, to index: Int32, by route: RouteSocket, what: String) throws(APIError) {
        do throws(NetlinkError) {
            try route.addAddress(link: index, address, noDuplicateDetection: true, replacing: true)
        } catch {
            // Not a missing privilege: the interface itself was made by the same socket.
            if address.family == .v6, error.errno == .permissionDenied || error.errno == .addressFamilyNotSupported {
                throw .failed(
                    "\(what): IPv6 is switched off there, and the network has the subnet \(address.masked)",
                    hint: "Set net.ipv6.conf.all.disable_ipv6 and …default.disable_ipv6 to 0 in that namespace, or use"
                        + " a network without an IPv6 subnet.")
            }
            throw .refused(error, for: what)
        }
    }

    /// The first network's default route stays: a second one must not take the traffic over.
    private func addDefaultRoute(via gateway: IPAddress, index: Int32, by route: RouteSocket) throws(NetlinkError) {
        let routes = try route.routes(family: gateway.family)
        if routes.contains(where: { $0.isDefault && $0.kind == .unicast }) { return }
        do throws(NetlinkError) {
            try route.addRoute(Route(defaultVia: gateway, interfaceIndex: index))
        } catch {
            if !error.isAlreadyThere { throw error }
        }
    }

    /// Waits until the interface can carry traffic.
    static func awaitCarrier(of index: Int32, by route: RouteSocket, what: String) throws(APIError) {
        try wait(for: index, by: route, what: what) { $0.flags.contains(.running) }
    }

    /// Waits until the near end of a pair can send. Its carrier came with the far end; until the kernel has looked at
    /// that, it drops what is sent and says that it was.
    static func awaitNearEnd(_ index: Int32, by route: RouteSocket, what: String) throws(APIError) {
        try wait(for: index, by: route, what: what) { $0.operationalState == .up }
    }

    private static func wait(
        for index: Int32, by route: RouteSocket, what: String, _ isReady: (Link) -> Bool
    ) throws(APIError) {
        let deadline = ContinuousClock.now + patience
        while true {
            let link = try PortMaker.kernel(what) { () throws(NetlinkError) in try route.link(index: index) }
            guard let link else { throw .failed("\(what): it vanished") }
            if isReady(link) { return }
            if ContinuousClock.now > deadline { throw .failed("\(what): it has no carrier") }
            usleep(1_000)
        }
    }
}
