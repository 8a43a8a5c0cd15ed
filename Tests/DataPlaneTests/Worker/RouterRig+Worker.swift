import Addresses
import Testing

@testable import DataPlane

extension RouterRig {
    /// A worker that routes: domain 1 with endpoints 2 and 3, host port 100, uplink 50, and name service 101 if it has
    /// one; 8080 of UDP is published.
    static func worker(hasNames: Bool = false, mtu: UInt32 = 1_500) throws -> ScriptedWorker {
        let rig = try ScriptedWorker(slots: 128, routes: true)
        var gateway = GatewayConfiguration(
            port: 100, mac: MACAddress(value: gatewayMAC), ipv4: IPv4Address(value: 0x0A00_0001),
            subnets: [prefix(v4(0x0A00_0000), 24)])
        if hasNames { gateway.namePort = 101 }
        let configuration = UplinkConfiguration(
            port: uplink, mac: MACAddress(value: uplinkMAC), mtu: mtu, ipv4: IPv4Address(value: 0xC633_6401))
        try #require(rig.perform(.setDomain(DomainConfiguration(id: 1, gateway: gateway))) == 0)
        for port: UInt16 in [2, 3, 100] { try rig.addPort(port) }
        if hasNames { try rig.addPort(101, kind: .names) }
        try rig.addPort(uplink, domain: 0, kind: .uplink)
        for command in [
            WorkerCommand.setUplink(configuration), .setPool(pool), .setHostAddresses(addresses), .setRoutes(routes),
            .setNextHop(hop(0xC633_64FE, nextHopMAC)),
            .publish(
                PublishConfiguration(
                    number: 10, transport: 17, first: 8_080, last: 8_080, domain: 1, port: 2,
                    mac: MACAddress(value: TestFrames.alice), inside: v4(alice), insideFirst: 80)),
        ] { try #require(rig.perform(command) == 0) }
        _ = rig.device.take()
        return rig
    }

    /// A next hop of the uplink; without a MAC address one that is not known.
    static func hop(_ address: UInt128, _ mac: UInt64?) -> NextHopConfiguration {
        NextHopConfiguration(uplink: uplink, address: v4(address), mac: mac.map { MACAddress(value: $0) })
    }
}
