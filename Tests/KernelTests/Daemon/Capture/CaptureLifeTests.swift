import Foundation
import HeddleAPI
import HeddleClient
import Testing

/// What becomes of a capture when what it is of goes, and comes back.
@Suite("Daemon: captures and what becomes of their ports", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct CaptureLifeTests {
    /// `heddle capture` in the background, of something that will go; its errors lie in the file.
    private static func start(
        _ lab: HeddleUnderTest, _ target: String, _ network: String? = nil
    ) throws -> (
        program: RunningProgram, file: String
    ) {
        let file = CaptureTests.folder(lab) + "/\(UInt32.random(in: 0 ... .max)).pcapng"
        let words = network.map { ["--network", $0] } ?? []
        let program = try RunningProgram(
            Programs.client, ["capture", target, "-w", file] + words, in: try lab.host.open(),
            environment: ["HEDDLE_SOCKET": lab.socket], errors: file + ".errors")
        let hasBegun = Patience.until { ((try? Data(contentsOf: URL(filePath: file)))?.count ?? 0) > 0 }
        let said = (try? String(contentsOfFile: file + ".errors", encoding: .utf8)) ?? ""
        try #require(hasBegun, "\(target): \(said)")
        return (program, file + ".errors")
    }

    /// The names of the ports that `heddle stats` shows.
    private static func ports(_ lab: HeddleUnderTest) throws -> [String] {
        try lab.client.statistics().ports.map(\.port)
    }

    @Test("a network that is removed ends the captures of its host port and its name service, and says so")
    func removedNetwork() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.63.0.0/24")
            let host = try #require(try lab.client.topology().ports.first { $0.kind == "host" }?.counters.port)
            let captures = try [Self.start(lab, host), Self.start(lab, "names", "lan"), Self.start(lab, "lan")]
            #expect(try lab.heddle("network", "rm", "lan").status == 0)
            for (program, errors) in captures {
                #expect(program.wait(within: .seconds(5)) == .exited(1))
                let said = try String(contentsOfFile: errors, encoding: .utf8)
                #expect(said.contains("the network lan was removed"), "\(said)")
            }
            // Whoever gets the numbers isn't captured: nothing runs any more.
            try lab.makeNetwork("next", "10.63.1.0/24")
            #expect(lab.logText.components(separatedBy: " has ended").count == 4)
        }
    }

    @Test("a parent's capture ends with its network, and an uplink's with the uplink")
    func removedParent() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let ip = try Programs.system("ip")
            lab.ownInterfaces.formUnion(["up0", "up1", "wan0", "wan1"])
            for words in [
                "link add up0 type veth peer name up1", "link set up0 up", "link set up1 up",
                "link add wan0 type veth peer name wan1", "addr add 198.18.0.1/24 dev wan0", "link set wan0 up",
                "link set wan1 up", "route add default via 198.18.0.2",
            ] {
                let outcome = try lab.finish(ip, words.split(separator: " ").map(String.init))
                try #require(outcome.status == 0, "ip \(words): \(outcome.errors)")
            }
            try lab.start()
            let made = try lab.heddle(
                "network", "create", "flat", "--driver", "macvlan", "--parent", "up0", "--subnet", "10.64.0.0/24")
            try #require(made.status == 0, "\(made.errors)")
            try lab.makeNetwork("lan", "10.63.0.0/24")
            #expect(try Patience.until { try Self.ports(lab).contains("uplink@wan0") })
            let parent = try #require(try Self.ports(lab).first { $0.contains("up0") && !$0.contains("uplink") })
            let (ofParent, parentErrors) = try Self.start(lab, parent, "flat")
            let (ofUplink, uplinkErrors) = try Self.start(lab, "uplink@wan0")
            #expect(try lab.heddle("network", "rm", "flat").status == 0)
            #expect(ofParent.wait(within: .seconds(5)) == .exited(1))
            var said = try String(contentsOfFile: parentErrors, encoding: .utf8)
            #expect(said.contains("the network flat was removed"), "\(said)")
            #expect(ofUplink.end == nil)
            #expect(try lab.finish(ip, ["link", "del", "wan0"]).status == 0)
            #expect(ofUplink.wait(within: .seconds(10)) == .exited(1))
            said = try String(contentsOfFile: uplinkErrors, encoding: .utf8)
            #expect(said.contains("the uplink was closed"), "\(said)")
        }
    }

    @Test("a sandbox that is away while the engine is replaced is captured again when it is back")
    func back() throws {
        try CaptureTests.run { lab, a, b in
            let (program, errors) = try Self.start(lab, b.name)
            b.remove()
            #expect(try Patience.until { try lab.client.endpoints().map(\.state).contains(.gone) })
            let engine = try lab.killEngine()
            #expect(Patience.until { (try? lab.enginePID()).map { $0 != engine } ?? false })
            _ = try lab.makeSandbox("b")
            #expect(try Patience.until { try lab.client.endpoints().map(\.state) == [.up, .up] })
            #expect(try lab.succeeds(["ping", "-c", "5", "-i", "0.05", "-W", "2", "10.62.0.3"], in: a))
            Patience.pass(.milliseconds(100))
            #expect(program.end == nil)
            let file = String(errors.dropLast(".errors".count))
            _ = try CaptureTests.finish(program, file: file)
            #expect(try CaptureTests.fields(file, filter: "icmp", "frame.len").count == 10)
        }
    }

    @Test("a capture that is one too many is told so, and how many there can be")
    func tooMany() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.63.0.0/24")
            let running = try (1...16).map { _ in try Self.start(lab, "lan") }
            let refused = try lab.heddle("capture", "lan")
            #expect(refused.status == 1 && refused.errors.contains("16 captures run"), "\(refused.errors)")
            running[0].program.signal(SIGINT)
            #expect(running[0].program.wait(within: .seconds(10)) == .exited(0))
            _ = try Self.start(lab, "lan")
            for (program, _) in running { program.kill() }
        }
    }
}
