import Foundation
import Glibc
import Testing

/// Labs that are cut short, and large ones.
@Suite("Labs: kills and size", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct LabScaleTests {
    private static func text(nodes count: Int) -> String {
        let nodes = (0..<count).map { "  n\($0): {networks: [lan], start: {s: [sleep, 1000]}}\n" }.joined()
        return "networks: {lan: {subnet: 10.61.0.0/22}}\nnodes:\n\(nodes)"
    }

    /// Begins an `up` and waits until that many lines of its record are written.
    private static func begin(_ lab: LabRig, _ text: String, lines: Int) throws -> RunningProgram {
        try lab.write(text)
        let up = try RunningProgram(
            Programs.client, ["lab", "up", lab.file], in: try lab.heddle.host.open(),
            environment: ["HEDDLE_SOCKET": lab.heddle.socket])
        let isThere = Patience.until(.seconds(10)) {
            let record = FileManager.default.contents(atPath: "/run/heddle/labs/\(lab.name)/record") ?? Data()
            return record.filter { $0 == UInt8(ascii: "\n") }.count >= lines
        }
        #expect(isThere, "the record has no \(lines) lines")
        return up
    }

    /// Kills an `up` in its middle: before and after namespaces, endpoints, processes.
    private static func beginAndKill(_ lab: LabRig, lines: Int) throws {
        try begin(lab, text(nodes: 20), lines: lines).kill()
    }

    @Test(arguments: [1, 30, 80, 130, 180]) func whatAKillLeavesIsTakenDown(lines: Int) throws {
        try LabRig.run { lab in
            try Self.beginAndKill(lab, lines: lines)
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 0, "\(down.errors)")
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
        }
    }

    @Test(arguments: [1, 30, 80, 130, 180]) func whatAKillLeavesIsBuiltOn(lines: Int) throws {
        try LabRig.run { lab in
            try Self.beginAndKill(lab, lines: lines)
            try lab.up(Self.text(nodes: 20))
            #expect(try lab.pings("n0", "10.61.0.21"))
            let again = try lab.up(Self.text(nodes: 20))
            #expect(again.output.contains("nothing to do"), "\(again.output)")
            // One process in each node, none of them twice.
            #expect(lab.processes().count == 20, "\(lab.processes())")
        }
    }

    /// Daemons that were begun, and may not have been written down, go too.
    @Test(arguments: [14, 36, 60]) func whatAKillLeavesOfHostsIsTakenDown(lines: Int) throws {
        try LabRig.run { lab in
            try Self.begin(lab, try LabRig.example("three-hosts"), lines: lines).kill()
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 0, "\(down.errors)")
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
        }
    }

    /// What goes with a host is known until the host is gone.
    @Test(arguments: [1, 4, 8, 12]) func whatAKilledDownLeavesOfHostsIsBuiltOn(lines: Int) throws {
        try LabRig.run { lab in
            let nodes = (0..<12).map { "  n\($0): {host: \($0 % 2 == 0 ? "p" : "t"), networks: [blue]}\n" }.joined()
            let text = """
                underlay: 198.18.64.0/24
                hosts: {p: , t: }
                networks: {blue: {driver: overlay, subnet: 10.61.14.0/24}}
                nodes:

                """ + nodes
            try lab.up(text)
            let down = try RunningProgram(
                Programs.client, ["lab", "down", lab.name], in: try lab.heddle.host.open(),
                environment: ["HEDDLE_SOCKET": lab.heddle.socket])
            // It may be at its end before it is killed.
            _ = Patience.until(.seconds(10)) {
                let record = try? String(contentsOfFile: "/run/heddle/labs/\(lab.name)/record", encoding: .utf8)
                return record.map { $0.split(separator: "\n").count { $0.contains("\"gone\"") } >= lines } ?? true
            }
            down.kill()
            try lab.up(text)
            #expect(try lab.up(text).output.contains("nothing to do"))
            #expect(try lab.pings("n0", "10.61.14.3"))
        }
    }

    /// What goes with an endpoint is never known longer than the endpoint. One process takes a second and a half to end.
    @Test(arguments: [2, 12, 30, 45]) func whatAKilledDownLeavesIsTakenDown(lines: Int) throws {
        try LabRig.run { lab in
            let nodes = (0..<8).map { node in
                let start = node == 0 ? ", start: {s: \"trap '' TERM; while :; do sleep 1; done\"}" : ""
                let port = "publish: \"847\(node):80\", impair: {delay: 1ms}"
                return "  n\(node): {networks: [{network: lan, \(port)}]\(start)}\n"
            }
            try lab.up("networks: {lan: {subnet: 10.61.15.0/24}}\nnodes:\n" + nodes.joined())
            let down = try RunningProgram(
                Programs.client, ["lab", "down", lab.name], in: try lab.heddle.host.open(),
                environment: ["HEDDLE_SOCKET": lab.heddle.socket])
            let isReached = Patience.until(.seconds(10)) {
                let record = try? String(contentsOfFile: "/run/heddle/labs/\(lab.name)/record", encoding: .utf8)
                return record.map { $0.split(separator: "\n").count { $0.contains("\"gone\"") } >= lines } ?? true
            }
            #expect(isReached)
            down.kill()
            if FileManager.default.fileExists(atPath: "/run/heddle/labs/\(lab.name)") {
                let again = try lab.heddle.heddle("lab", "down", lab.name)
                #expect(again.status == 0, "\(again.errors)")
            }
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
        }
    }

    @Test func oneAtATimeChangesALab() throws {
        try LabRig.run { lab in
            let first = try Self.begin(lab, "nodes: {a: {run: sleep 2}}\n", lines: 1)
            let second = try lab.heddle.heddle("lab", "up", lab.file)
            #expect(second.status == 1 && second.errors.contains("is being changed by another heddle"), "\(second)")
            _ = try first.readAll()
            #expect(first.wait(within: .seconds(10)) == .exited(0))
        }
    }

    @Test func aHundredNodesAreUpInTenSeconds() throws {
        try LabRig.run { lab in
            // Other work of the machine can only add to the time: the better of two says more of the lab.
            var (up, down) = (Duration.seconds(3_600), Duration.zero)
            for _ in 0..<2 where up > .seconds(10) {
                let begin = ContinuousClock.now
                try lab.up(Self.text(nodes: 100))
                let built = ContinuousClock.now
                #expect(try lab.pings("n0", "10.61.0.101"))
                let leaving = ContinuousClock.now
                let outcome = try lab.heddle.heddle("lab", "down", lab.name)
                #expect(outcome.status == 0 && lab.leftovers().isEmpty, "\(outcome.errors) \(lab.leftovers())")
                (up, down) = (built - begin, ContinuousClock.now - leaving)
            }
            print("lab: 100 nodes up in \(up.text), down in \(down.text)")
            #expect(up < .seconds(10))
        }
    }
}
