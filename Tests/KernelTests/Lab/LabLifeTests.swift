import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Labs that are edited, and what becomes of them when something goes wrong.
@Suite("Labs: life", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
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
            let same = try lab.up(Self.office)
            #expect(same.output.contains("nothing to do"), "\(same.output)")
            let edit = try lab.up(Self.edited)
            for line in [
                "  - the node c\n", "  - the process sleep of c\n", "  + the node aa\n", "  + aa on \(lab.name)-lan\n",
            ] { #expect(edit.output.contains(line), "\(line) in \(edit.output)") }
            #expect(!edit.output.contains(" a on "), "\(edit.output)")
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

    @Test func aCommandThatHangsIsEndedAndNamed() throws {
        try LabRig.run { lab in
            let text = Self.office.replacingOccurrences(
                of: "  b: {networks: [lan]}",
                with: "  b: {networks: [lan], run: [{command: 'echo so far; sleep 1000 & sleep 1000', timeout: 700ms}]}"
            )
            let outcome = try lab.up(text, status: 1)
            let said = "b: echo so far; sleep 1000 & sleep 1000: the command did not end within 700ms, and was ended"
            #expect(outcome.errors.contains(said) && outcome.errors.contains("  | so far"), "\(outcome.errors)")
            // With all that it has started; the process of c goes on.
            #expect(lab.processes(of: "b").isEmpty && !lab.processes(of: "c").isEmpty, "\(lab.processes())")
            #expect(try lab.pings("a", "10.61.1.3"), "the rest does not stand")
            try lab.up(Self.office)
        }
    }

    @Test func aLongerTimeDoesNotRunACommandAgain() throws {
        try LabRig.run { lab in
            func text(_ timeout: String) -> String { "nodes: {a: {run: {command: echo x, timeout: \(timeout)}}}\n" }
            try lab.up(text("20s"))
            let outcome = try lab.up(text("never"))
            #expect(outcome.output.contains("nothing to do"), "\(outcome.output)")
        }
    }

    @Test func aLabIsFoundByItsFileAlsoWhenThatIsGone() throws {
        try LabRig.run { lab in
            try lab.up("nodes: {a: }\n")
            let unknown = try lab.heddle.heddle("lab", "exec", "--lab", "hdt-nonesuch", "a", "--", "true")
            #expect(unknown.status == 1 && unknown.errors.contains("there is no lab \"hdt-nonesuch\""), "\(unknown)")
            #expect(unknown.errors.contains(lab.name), "\(unknown)")
            let graph = try lab.heddle.heddle("lab", "graph", lab.file, "-o", lab.file + "/x.svg")
            #expect(graph.errors.contains("x.svg can't be written: Not a directory"), "\(graph)")
            try FileManager.default.removeItem(atPath: lab.file)
            let down = try lab.heddle.heddle("lab", "down", lab.file)
            #expect(down.status == 0 && lab.leftovers().isEmpty, "\(down)")
        }
    }

    @Test func quietIsQuietAndTheLastLabLeavesNoDirectory() throws {
        try LabRig.run { lab in
            try lab.write(Self.office)
            for words in [["up", lab.file, "-q"], ["down", lab.name, "--quiet"]] {
                let outcome = try lab.heddle.heddle(["lab"] + words)
                #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
            }
            // Somebody's own labs may be up on this machine.
            let others = try? FileManager.default.contentsOfDirectory(atPath: "/run/heddle/labs")
            #expect(others?.isEmpty != true)
        }
    }

    @Test func aTerminalShowsWhatIsWaitedFor() throws {
        try LabRig.run { lab in
            try lab.write("nodes: {a: {run: [sleep 1]}}\n")
            // script(1) gives it a terminal.
            let outcome = try lab.heddle.finish(
                try Programs.system("script"), ["-qec", "\(Programs.client) lab up \(lab.file)", "/dev/null"],
                environment: ["HEDDLE_SOCKET": lab.heddle.socket, "TERM": "xterm"])
            let text = outcome.output
            #expect(text.contains("\r\u{1B}[K2 of 3: a: sleep 1"), "\(text.debugDescription)")
            // The line is taken away before the last word.
            #expect(text.contains("\r\u{1B}[Klab \(lab.name) is up: 3 made, in 1."), "\(text.debugDescription)")
        }
    }

    @Test func aSignalTakesTheLineAway() throws {
        try LabRig.run { lab in
            try lab.write("nodes: {a: {run: [sleep 60]}}\n")
            let up = "timeout --foreground -s TERM 8 \(Programs.client) lab up \(lab.file)"
            let outcome = try lab.heddle.finish(
                try Programs.system("script"), ["-qc", up, "/dev/null"],
                environment: ["HEDDLE_SOCKET": lab.heddle.socket, "TERM": "xterm"])
            let text = outcome.output
            #expect(text.contains("\r\u{1B}[K2 of 3: a: sleep 60"), "\(text.debugDescription)")
            #expect(text.contains("\r\u{1B}[Kheddle: interrupted: 'heddle lab up' goes on"), "\(text.debugDescription)")
            #expect(lab.processes(of: "a").isEmpty, "\(lab.processes(of: "a"))")
        }
    }

    @Test func problemsAreToldWithLinesAndNothingIsBuilt() throws {
        try LabRig.run { lab in
            let outcome = try lab.up(
                """
                networks: {lan: {subnet: 10.61.0.0/16}, wan: {subnet: 10.61.4.0/24}}
                nodes:
                  a: {netwroks: [], networks: [lam]}
                  b: {run: '', start: {x: no-such-program -f}}
                  a: {}

                """, status: 1)
            for line in [
                ":2: networks.wan: the subnet 10.61.4.0/24 overlaps 10.61.0.0/16 of the network lan (line 2)",
                ":4: nodes.a.netwroks: unknown key \"netwroks\"; did you mean \"networks\"?",
                ":4: nodes.a.networks[0]: there is no network \"lam\"; did you mean \"lan\"?",
                ":5: nodes.b.run: the command is missing",
                ":5: nodes.b.start.x: there is no program \"no-such-program\" in PATH",
                ":6: nodes.a: \"a\" is there twice; the first is in line 4",
            ] {
                #expect(outcome.errors.contains("own-lab.yaml" + line), "\(line) in:\n\(outcome.errors)")
            }
            #expect(outcome.errors.contains("own-lab.yaml has 6 problems; nothing was done"), "\(outcome.errors)")
            #expect(outcome.output.isEmpty && lab.leftovers().isEmpty)
        }
    }

    @Test func whoMayNotAskTheDaemonIsToldNoState() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            // Where the programs lie may be closed to others.
            let folder = "/tmp/\(lab.name)-bin"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.copyItem(atPath: Programs.client, toPath: folder + "/heddle")
            let outcome = try lab.heddle.finish(
                try Programs.system("setpriv"),
                ["--reuid=65534", "--regid=65534", "--clear-groups", folder + "/heddle", "lab", "ls", lab.name],
                environment: ["HEDDLE_SOCKET": lab.heddle.socket])
            #expect(outcome.status == 0 && outcome.output.contains("unknown"), "\(outcome)")
            #expect(!outcome.output.contains("broken"), "\(outcome)")
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
}
