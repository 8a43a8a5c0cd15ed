import Foundation
import Glibc
import HeddleAPI
import Testing

/// Labs that are edited, broken, cut short and large.
@Suite("Labs: life", .enabled(if: geteuid() == 0, "needs root"), .serialized)
struct LabLifeTests {
    private static let office = """
        networks:
          lan: {subnet: 10.61.1.0/24}
        nodes:
          a: {networks: [lan]}
          b: {networks: [lan]}
          c: {networks: [lan], start: {sleep: sleep 1000}}
        """

    private static let edited = """
        networks:
          other: {subnet: 10.61.2.0/24}
          lan: {subnet: 10.61.1.0/24}
        nodes:
          aa: {networks: [lan, other], run: [ip link]}
          a: {networks: [lan]}
          b: {networks: [lan]}
        links: [{ends: [aa, b], subnet: 10.61.3.0/30}]
        """

    @Test func anEditTouchesNothingElse() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            #expect(try lab.pings("a", "10.61.1.3"))
            let before = try (lab.namespace("a").identity, lab.index("a", "eth0"), lab.namespace("c").identity)
            let ping = try RunningProgram(
                try Programs.system("ping"), ["-i", "0.01", "-c", "300", "-q", "10.61.1.3"], in: try lab.namespace("a"))
            try lab.up(Self.edited)
            let said = try ping.readAll()
            ping.wait(within: .seconds(5))
            #expect(said.contains("300 received"), "\(said)")
            #expect(try lab.namespace("a").identity == before.0 && lab.index("a", "eth0") == before.1)
            #expect(throws: (any Error).self) { try lab.namespace("c") }
            #expect(try lab.pings("aa", "10.61.3.2"), "the link")
        }
    }

    @Test func aCommandThatFailsIsShownAndTheRestStands() throws {
        try LabRig.run { lab in
            let text = Self.office.replacingOccurrences(
                of: "  b: {networks: [lan]}",
                with: "  b: {networks: [lan], run: ['echo so it is; exit 3', 'echo never']}")
            let outcome = try lab.up(text, status: 1)
            #expect(outcome.errors.contains("b: echo so it is; exit 3: the command ended with exit code 3"))
            #expect(
                outcome.errors.contains("  | so it is")
                    && outcome.errors.contains("not done because of that: b: echo never"))
            #expect(try lab.pings("a", "10.61.1.3"), "the rest does not stand")
            let view = try lab.heddle.heddle("lab", "ls", lab.name)
            #expect(view.output.contains("broken"), "\(view.output)")
            try lab.up(Self.office)
        }
    }

    @Test func problemsAreToldWithLinesAndNothingIsBuilt() throws {
        try LabRig.run { lab in
            let outcome = try lab.up("nodes:\n  a: {netwroks: []}\n  b: {run: ''}\n", status: 1)
            #expect(outcome.errors.contains("own-lab.yaml:3: nodes.a.netwroks: unknown key"), "\(outcome.errors)")
            #expect(outcome.errors.contains("own-lab.yaml:4: nodes.b.run: the command is missing"), "\(outcome.errors)")
            #expect(lab.leftovers().isEmpty)
        }
    }

    @Test func upMendsWhatIsGone() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            let before = try lab.namespace("a").identity
            try lab.heddle.client.detach(network: "\(lab.name)-lan", sandbox: "\(lab.name)-b")
            let view: [LabShape] = try lab.heddle.json("lab", "ls", lab.name)
            #expect(view.first?.state == "broken")
            for process in view.first?.nodes.flatMap(\.processes) ?? [] { kill(pid_t(process.pid ?? 0), SIGKILL) }
            try lab.up(Self.office)
            #expect(try lab.pings("a", "10.61.1.3"))
            let mended: [LabShape] = try lab.heddle.json("lab", "ls", lab.name)
            #expect(mended.first?.state == "up" && mended.first?.nodes.flatMap(\.processes).first?.state == "running")
            #expect(try lab.namespace("a").identity == before)
        }
    }

    private struct LabShape: Decodable {
        struct Node: Decodable {
            struct Process: Decodable {
                var name: String
                var state: String
                var pid: Int?
            }

            var name: String
            var processes: [Process]
        }

        var state: String
        var nodes: [Node]
    }

    @Test(arguments: [5, 40, 120, 300]) func whatAKillLeavesIsTakenDown(milliseconds: UInt32) throws {
        try LabRig.run { lab in
            let nodes = (0..<20).map { "  n\($0): {networks: [lan], start: {s: sleep 1000}}" }.joined(separator: "\n")
            try lab.write("networks: {lan: {subnet: 10.61.1.0/24}}\nnodes:\n\(nodes)\n")
            let up = try RunningProgram(
                Programs.client, ["lab", "up", lab.file], in: try lab.heddle.host.open(),
                environment: ["HEDDLE_SOCKET": lab.heddle.socket])
            usleep(milliseconds * 1_000)
            up.kill()
            guard FileManager.default.fileExists(atPath: "/run/heddle/labs/\(lab.name)/record") else { return }
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 0, "\(down.errors)")
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
        }
    }

    @Test func aHundredNodesAreUpInTime() throws {
        try LabRig.run { lab in
            let nodes = (0..<100).map { "  n\($0): {networks: [lan], start: {s: sleep 1000}}" }.joined(separator: "\n")
            let clock = ContinuousClock()
            let begin = clock.now
            try lab.up("networks: {lan: {subnet: 10.61.0.0/22}}\nnodes:\n\(nodes)\n")
            let seconds = (clock.now - begin) / .seconds(1)
            print("100 nodes are up after \(seconds) s")
            // 10 s are promised; a machine that is busy with other tests gets three times as much.
            #expect(seconds < 30)
            #expect(try lab.pings("n0", "10.61.0.101"))
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            print("and down after \((clock.now - begin) / .seconds(1) - seconds) s")
            #expect(down.status == 0 && lab.leftovers().isEmpty, "\(down.errors) \(lab.leftovers())")
        }
    }
}
