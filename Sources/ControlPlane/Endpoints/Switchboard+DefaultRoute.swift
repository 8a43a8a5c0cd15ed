import Addresses
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// The first network of a sandbox gives it its default route. When it leaves that, the next one does, in the order of
    /// their interfaces.
    func passOnDefaultRoute(of left: EndpointRecord) {
        let others = endpointRecords.values.filter {
            $0.id != left.id && $0.cookie == left.cookie && $0.cookie != 0 && $0.via != .adopted && $0.via.isWired
                && $0.phase == .active
                && !$0.isGone
        }.sorted { ($0.ifname.utf8.count, $0.ifname) < ($1.ifname.utf8.count, $1.ifname) }
        guard let first = others.first, let sandbox = openAgain(first) else { return }
        for endpoint in others {
            guard let network = networkRecords[endpoint.network] else { continue }
            let gateways = gateways(for: endpoint, in: network)
            // Only where there is no default route of that family.
            let setup = InterfaceSetup(addresses: [], gateways: gateways)
            do throws(APIError) {
                if !gateways.isEmpty {
                    try setup.apply(to: endpoint.index, by: sandbox.route, what: "routing by \(endpoint.label)")
                }
            } catch {
                log.warning("\(error)")
            }
        }
    }

    /// The default routes that an endpoint brings.
    func gateways(for record: EndpointRecord, in network: NetworkRecord) -> [IPAddress] {
        network.isInternal ? [] : record.addresses.compactMap { network.gateway($0.family) }
    }
}
