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
        self.init(
            id: endpoint.port, domain: network.domain, kind: endpoint.via == .tap ? .tap : .packetSocket,
            isolated: network.isIsolated, accessVLAN: UInt16(clamping: endpoint.vlan ?? 0),
            mtu: UInt32(clamping: network.mtu),
            token: endpoint.token, sourceGuard: sourceGuard)
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
