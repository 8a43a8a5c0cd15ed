import ArgumentParser
import HeddleAPI
import Testing

@testable import heddle

/// Overlays, peers and remote stations on the command line.
struct OverlayFormTests {
    private func parse<Command>(_ line: String, as type: Command.Type = Command.self) throws -> Command {
        try #require(try Heddle.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test func networkCreateTakesTheOverlaysOptions() throws {
        let line =
            "network create blue --driver overlay --vni 42 --local 198.18.0.1 --peer 198.18.0.2 --peer 198.18.0.3"
            + " --port 8472 --learning off --accept-any-peer"
        #expect(
            try parse(line, as: NetworkCreateCommand.self).request
                == NetworkRequest(
                    name: "blue", driver: "overlay",
                    options: [
                        "vni": "42", "local": "198.18.0.1", "peer": "198.18.0.2,198.18.0.3", "port": "8472",
                        "learning": "off", "accept-any-peer": "true",
                    ]))
        let least = try parse(
            "network create blue --driver overlay --vni 0 --local fd00::1", as: NetworkCreateCommand.self)
        #expect(least.request.options == ["vni": "0", "local": "fd00::1"] && least.request.mtu == nil)
    }

    @Test func peersParse() throws {
        let add = try parse("peer add blue fd00::2", as: PeerAddCommand.self)
        #expect(add.network.text == "blue" && add.vtep.text == "fd00::2")
        #expect(try parse("peer rm blue 198.18.0.2", as: PeerRemoveCommand.self).vtep.text == "198.18.0.2")
        #expect(try parse("peer ls blue --json", as: PeerListCommand.self).global.json)
    }

    @Test func stationsAreShownSetAndForgotten() throws {
        #expect(try parse("stations blue", as: StationsCommand.self).action == nil)
        let add = try parse(
            "stations blue add 02:00:00:00:00:07 --vtep 198.18.0.2 --ip 10.42.0.7 --ip fd00::7",
            as: StationsCommand.self)
        #expect(add.action == .add && add.mac == "02:00:00:00:00:07" && add.vtep == "198.18.0.2")
        #expect(add.ip == ["10.42.0.7", "fd00::7"])
        let rm = try parse("stations blue rm 02:00:00:00:00:07", as: StationsCommand.self)
        #expect(rm.action == .rm && rm.mac == "02:00:00:00:00:07" && rm.vtep == nil)
    }

    @Test(arguments: [
        "peer add", "peer add blue", "peer rm blue", "peer ls", "peer add blue 198.18.0.2 198.18.0.3",
        "stations blue add", "stations blue add 02:00:00:00:00:07", "stations blue rm", "stations blue show",
        "stations blue rm 02:00:00:00:00:07 --vtep 198.18.0.2", "stations blue --ip 10.0.0.1",
        "network create x --vni", "network create x --accept-any-peer=yes",
    ])
    func refuses(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try Heddle.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        if let error { #expect(Heddle.exitCode(for: error).rawValue == 64, "\(line)") }
    }

    @Test func tablesShowThem() {
        let peers = PeerListCommand.table([Peer(vtep: "198.18.0.2"), Peer(vtep: "198.18.0.30")])
        #expect(peers.lines(styled: false) == ["VTEP", "198.18.0.2", "198.18.0.30"])
        var tunnel = Samples.port("vxlan@198.18.0.1:4789", frames: 3)
        tunnel.network = ""
        let text = StatsCommand.table(Statistics(ports: [tunnel])).text(styled: false)
        #expect(text.contains("vxlan@198.18.0.1:4789  -  "))
    }

    @Test func helpTeachesOverlays() {
        let help = Heddle.helpMessage(for: NetworkCreateCommand.self, columns: 100)
        for word in ["--driver overlay", "--vni", "--local", "--peer", "--learning", "--accept-any-peer", "4789"] {
            #expect(help.contains(word), "\(word)")
        }
        #expect(Heddle.helpMessage(for: StationsCommand.self, columns: 100).contains("--vtep"))
    }
}
