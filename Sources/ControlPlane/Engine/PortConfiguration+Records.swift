import Addresses
import DataPlane

extension PortConfiguration {
    /// How the engine shall treat an endpoint's port: guarded where Heddle assigned the addresses.
    init(endpoint: EndpointRecord, network: NetworkRecord) {
        var sourceGuard: PortGuard?
        if endpoint.isGuarded {
            sourceGuard = PortGuard(
                mac: endpoint.mac, ipv4: endpoint.addresses.compactMap(\.address.ipv4),
                ipv6: endpoint.addresses.compactMap(\.address.ipv6))
        }
        let parent = network.parent
        if let parent {
            // By the guards the data plane knows who is here. With one endpoint it needs to know nothing.
            sourceGuard = parent.mode == .passthru ? nil : sourceGuard ?? PortGuard(macOnly: endpoint.mac)
        }
        self.init(
            id: endpoint.port, domain: network.domain, kind: endpoint.via == .tap ? .tap : .packetSocket,
            isolated: network.isIsolated, accessVLAN: parent?.vlan ?? UInt16(clamping: endpoint.vlan ?? 0),
            mtu: UInt32(clamping: network.mtu),
            token: endpoint.token, sourceGuard: sourceGuard)
    }

    /// How the engine shall treat the port that leads to a network's LAN: a trunk, from which the parent's filter lets in
    /// what concerns the network.
    init(parentPort port: UInt16, of network: NetworkRecord) {
        self.init(
            id: port, domain: network.domain, kind: .parent, mtu: UInt32(clamping: network.mtu),
            token: network.parentToken)
    }

    /// How the engine shall treat a host port: nothing but the gateway's own addresses may enter by it, so that a
    /// neighbour of the host can't be routed into the network. It is never isolated: all endpoints reach the gateway.
    init(hostPort port: UInt16, of network: NetworkRecord) {
        self.init(
            id: port, domain: network.domain, kind: .tap, mtu: UInt32(clamping: network.mtu), token: network.hostToken,
            sourceGuard: PortGuard(
                mac: network.gatewayMAC, ipv4: network.gateways.compactMap(\.ipv4),
                ipv6: network.gateways.compactMap(\.ipv6)))
    }
}
