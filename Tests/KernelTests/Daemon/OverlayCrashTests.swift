import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The daemon ends, as by kill -9, where it has done half of something with an overlay; another overlay, which has a
/// tunnel of its own, goes on.
@Suite("Daemon: a crash at every step of an overlay", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct OverlayCrashTests {
    /// What is done when the daemon ends.
    enum Operation: String, Sendable {
        case create
        case remove
        case addPeer
        case addStation
        case changeMTU
    }

    static let operations: [(point: String, operation: Operation)] = [
        ("tunnel-recorded", .create), ("tunnel-opened", .create), ("tunnel-configured", .create),
        ("tunnel-unplugged", .remove), ("peer-recorded", .addPeer), ("station-recorded", .addStation),
        ("mtu-recorded", .changeMTU),
    ]
    /// Where the daemon ends in these tests.
    static let points = operations.map(\.point)
    private static let station = "02:00:00:00:00:77"

    @Test("An operation is cut short, and is there or can be done again", arguments: operations, [false, true])
    func operation(_ scenario: (point: String, operation: Operation), isEngineKilled: Bool) throws {
        try OverlayFleet.run { fleet in
            let lab = fleet.labs[0]
            let stream = try makeBystanders(fleet)
            try fleet.makeOverlay(on: 1)
            if scenario.operation != .create {
                try fleet.makeOverlay(on: 0, peers: scenario.operation == .addPeer ? [] : [1])
            }
            try lab.replaceDaemon(environment: ["HEDDLE_FAIL_AT": scenario.point])
            let engine = try lab.enginePID()
            try? perform(scenario.operation, fleet)
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            if isEngineKilled { kill(engine, SIGKILL) }
            try lab.start()
            #expect(try lab.inconsistencies() == [])
            #expect(try (lab.enginePID() == engine) == !isEngineKilled)
            #expect(stream.waitForFresh(within: .seconds(10)) != nil)

            let isThere = try lab.client.networks().contains { $0.name == "blue" }
            #expect(isThere == (scenario.operation != .create && scenario.operation != .remove))
            if !isThere { try fleet.makeOverlay(on: 0) }
            try check(scenario.operation, fleet)
            let boxes = try fleet.makeBoxes()
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: lab))
            #expect(try lab.inconsistencies() == [])
            let verdict = try #require(stream.stop())
            if !isEngineKilled { #expect(verdict.lost.isEmpty, "a bystander lost \(verdict.lost.count)") }
        }
    }

    @Test("Tunnels that were lost with both processes: opening them begins again", arguments: points.prefix(2))
    func recovery(point: String) throws {
        try OverlayFleet.run { fleet in
            let lab = fleet.labs[0]
            let stream = try makeBystanders(fleet)
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            let failing = try lab.startUnready(environment: ["HEDDLE_FAIL_AT": point])
            #expect(failing.wait(within: .seconds(5)) == .exited(137))
            try lab.start()
            #expect(try lab.inconsistencies() == [])
            #expect(stream.waitForFresh(within: .seconds(10)) != nil)
            _ = stream.stop()
        }
    }

    /// The overlay "green" with traffic.
    private func makeBystanders(_ fleet: OverlayFleet) throws -> DatagramStream {
        for index in fleet.labs.indices {
            try fleet.makeOverlay(on: index, name: "green", vni: 7, subnet: "10.44", "--port", "8472")
        }
        let boxes = try fleet.labs.map { try fleet.makeBox($0, "green", network: "green") }
        let stream = try DatagramStream(from: boxes[1].box, to: boxes[0].box, boxes[0].address)
        guard stream.waitForFresh() != nil else { throw LabError("the bystanders' stream does not flow") }
        return stream
    }

    private func perform(_ operation: Operation, _ fleet: OverlayFleet) throws {
        let client = fleet.labs[0].client
        switch operation {
        case .create: try fleet.makeOverlay(on: 0)
        case .remove: try client.removeNetwork(named: "blue")
        case .addPeer: _ = try client.addPeer(network: "blue", vtep: fleet.address(1))
        case .addStation:
            _ = try client.addStation(network: "blue", StationRequest(mac: Self.station, vtep: fleet.address(1)))
        case .changeMTU: try fleet.setUplinkMTU(of: 0, 1_400)
        }
    }

    /// What was recorded is there.
    private func check(_ operation: Operation, _ fleet: OverlayFleet) throws {
        let client = fleet.labs[0].client
        switch operation {
        case .create, .remove: break
        case .addPeer: #expect(try client.peers(network: "blue").map(\.vtep) == [fleet.address(1)])
        case .addStation:
            let stations = try client.stations(network: "blue")
            #expect(stations.contains { $0.mac == Self.station && $0.isStatic && $0.vtep == fleet.address(1) })
        case .changeMTU:
            let network = try client.network(named: "blue")
            #expect(network.mtu == 1_350)
            #expect(try fleet.labs[0].host.link("hd-" + network.id.prefix(12))?.mtu == 1_350)
        }
    }
}
