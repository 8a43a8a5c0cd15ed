import Addresses
import DataPlane
import GRDB
import Testing

@testable import ControlPlane

/// Tunnels, static stations and overlays in the store, and what recovery makes of them.
@Suite struct OverlayStoreTests {
    private func overlayNetwork(_ number: UInt16 = 1, phase: Phase = .active) -> NetworkRecord {
        var network = Samples.network(number, phase: phase, hostPort: nil)
        network.driver = OverlaySettings.driver
        network.overlay = Samples.overlay(number)
        network.followsUnderlay = true
        return network
    }

    private func station(_ number: UInt64 = 1) -> StationRecord {
        StationRecord(
            network: overlayNetwork().id, mac: MACAddress(value: 0x0200_0000_0000 | number),
            vtep: .v4(IPv4Address(198, 18, 0, 2)), addresses: ["10.0.0.9", "fd00::9"].compactMap { IPAddress($0) })
    }

    @Test func allComesBackAsItWas() throws {
        let store = try Store(inMemory: ())
        let network = overlayNetwork()
        try store.save(network)
        var tunnel = Samples.tunnel()
        tunnel.tokens[3] = 1 << 63
        var bare = station(2)
        bare.addresses = []
        try store.save(tunnel)
        try store.save(station())
        try store.save(bare)
        let loaded = try store.loadOverlays()
        #expect(loaded.tunnels == [tunnel])
        #expect(loaded.stations.sorted { $0.mac.value < $1.mac.value } == [station(), bare])
        #expect(try store.load().networks == [network])

        let renamed = tunnel.withNewTokens()
        #expect(renamed.ports == tunnel.ports && renamed.tokens != tunnel.tokens)
        try store.save(renamed)
        try store.delete(bare)
        #expect(try store.loadOverlays().tunnels == [renamed])
        #expect(try store.loadOverlays().stations == [station()])
    }

    @Test func stationsGoWithTheirNetwork() throws {
        let store = try Store(inMemory: ())
        #expect(throws: StoreError.self) { try store.save(station()) }
        try store.save(overlayNetwork())
        try store.save(station())
        try store.delete(overlayNetwork())
        #expect(try store.loadOverlays().stations.isEmpty)
    }

    @Test(arguments: [
        "tunnel SET ports = '1 2'", "tunnel SET tokens = ''", "tunnel SET local = 'here'",
        "station SET vtep = '?'", "station SET mac = 'x'",
    ])
    func damageIsNamed(_ damage: String) throws {
        let directory = try TemporaryDirectory()
        let store = try Store(directory: directory.path)
        try store.save(overlayNetwork())
        try store.save(Samples.tunnel())
        try store.save(station())
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try queue.write { database in try database.execute(sql: "UPDATE \(damage)") }
        try queue.close()
        #expect(throws: StoreError.self) { try store.loadOverlays() }
    }

    @Test func aTunnelsPortsAreToldInOrder() {
        let tunnel = Samples.tunnel()
        let ports = tunnel.portConfigurations
        #expect(ports.count == 19 && ports[0].kind == .tunnel && ports[0].id == tunnel.id)
        #expect(ports[1..<18].allSatisfy { $0.kind == .datagram } && ports.allSatisfy { $0.domain == 0 })
        #expect(ports[18].kind == .tunnelDevice)
        // The second keeps the UDP port and sends nothing.
        let configuration = tunnel.configuration(interface: 7)
        #expect(configuration.senders == Array(tunnel.ports[2..<18]))
        #expect(configuration.device == tunnel.ports[18] && configuration.interface == 7)
        let cutting = tunnel.withoutDevice()
        #expect(
            cutting.portConfigurations == Array(ports.dropLast()) && cutting.configuration(interface: 7).device == 0)
        #expect(tunnel.token(of: tunnel.ports[5]) == tunnel.tokens[5] && tunnel.token(of: 1) == nil)
    }

    private func steps(
        _ networks: [NetworkRecord], _ tunnels: [TunnelRecord], held: (TunnelRecord) -> [UInt16: HeldPort] = whole
    ) -> [RepairStep] {
        var seen = Sightings()
        for tunnel in tunnels { seen.held.merge(held(tunnel)) { $1 } }
        return Reconciler.plan(networks: networks, endpoints: [], tunnels: tunnels, mark: Samples.mark, seen: seen)
    }

    private static func whole(_ tunnel: TunnelRecord) -> [UInt16: HeldPort] {
        Dictionary(
            uniqueKeysWithValues: zip(tunnel.ports, tunnel.tokens.map { HeldPort(isTap: false, token: $0) }))
    }

    @Test func aTunnelThatIsHeldIsKept() {
        #expect(steps([overlayNetwork()], [Samples.tunnel()]) == [])
    }

    @Test func aTunnelThatIsHeldInPartsIsOpenedAnew() {
        let place = Samples.place(1)
        let tunnel = Samples.tunnel()
        #expect(steps([overlayNetwork()], [tunnel]) { _ in [:] } == [.openTunnel(place)])
        let isShort = steps([overlayNetwork()], [tunnel]) { tunnel in
            Self.whole(tunnel).filter { $0.key != tunnel.ports[7] }
        }
        #expect(isShort == [.openTunnel(place)])
        let isOld = steps([overlayNetwork()], [tunnel]) { tunnel in
            Self.whole(tunnel).merging([tunnel.id: HeldPort(isTap: false, token: 5)]) { $1 }
        }
        #expect(isOld == [.openTunnel(place)])
        // A network without a record of its tunnel.
        #expect(steps([overlayNetwork()], []) == [.openTunnel(place)])
    }

    @Test func aTunnelThatNobodyUsesIsReleased() {
        #expect(steps([], [Samples.tunnel()]) == [.releaseTunnel(Samples.place(1))])
        // The network's removal takes it along.
        let removing = overlayNetwork(1, phase: .removing)
        #expect(steps([removing], [Samples.tunnel()]) == [.finishNetworkRemoval(id: removing.id)])
    }
}
