import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Labs that have lost their daemon or a part of their record, and processes that were ended by halves.
@Suite("Labs: damage", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct LabDamageTests {
    private static let office = """
        networks: {lan: {subnet: 10.61.8.0/24}}
        nodes:
          a: {networks: [lan]}
          b: {networks: [lan], start: {s: sleep 1000}}
        """

    private static let hosts = """
        underlay: 198.18.63.0/24
        hosts: {h1: {}, h2: {}}
        networks: {blue: {driver: overlay, subnet: 10.61.9.0/24}}
        nodes:
          m1: {host: h1, networks: [blue]}
          m2: {host: h2, networks: [blue]}
        """

    private struct Shape: Decodable {
        struct Node: Decodable {
            var processes: [Process]
        }

        struct Process: Decodable {
            var pid: pid_t?
        }

        var nodes: [Node]
    }

    private func record(_ lab: LabRig) -> String { "/run/heddle/labs/\(lab.name)/record" }

    private func damage(_ lab: LabRig, _ change: (inout [String]) -> Void) throws {
        let text = try String(contentsOfFile: record(lab), encoding: .utf8)
        var lines = text.split(separator: "\n").map(String.init)
        change(&lines)
        try (lines.joined(separator: "\n") + "\n").write(toFile: record(lab), atomically: false, encoding: .utf8)
    }

    /// What is left but for these namespaces, which have names and mounts.
    private func others(than names: [String], _ lab: LabRig) -> [String] {
        lab.leftovers().filter { left in !names.contains { left == $0 || left.contains("/run/netns/\($0) ") } }
    }

    @Test func forcedWithoutItsDaemonALabLeavesThatDaemonsRecordsOnly() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            try lab.heddle.killDaemon()
            let refused = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(refused.status == 1 && !lab.processes(of: "b").isEmpty, "\(refused)")
            let forced = try lab.heddle.heddle("lab", "down", lab.name, "--force")
            #expect(forced.status == 1, "\(forced)")
            let stays = "taking away the network \(lab.name)-lan: it stays in the records of the daemon"
            #expect(forced.errors.contains(stays) && !forced.errors.contains("not done"), "\(forced.errors)")
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
            // What is said to be done with it can be.
            try lab.heddle.start()
            for endpoint in try lab.heddle.client.endpoints(network: "\(lab.name)-lan") {
                #expect(try lab.heddle.heddle("detach", "\(lab.name)-lan", endpoint.sandbox).status == 0)
            }
            #expect(try lab.heddle.heddle("network", "rm", "\(lab.name)-lan").status == 0)
        }
    }

    @Test func forcedWithoutItsDaemonWhatIsOnAnothersNetworkIsTold() throws {
        try LabRig.run { lab in
            try lab.heddle.makeNetwork("others", "10.61.12.0/24")
            try lab.up("networks: {others: {external: true}}\nnodes: {a: {networks: [others]}}\n")
            try lab.heddle.killDaemon()
            let forced = try lab.heddle.heddle("lab", "down", lab.name, "--force")
            #expect(forced.status == 1 && forced.errors.contains("'heddle detach others \(lab.name)-a'"), "\(forced)")
            #expect(lab.leftovers().isEmpty, "\(lab.leftovers())")
            try lab.heddle.start()
            #expect(try lab.heddle.heddle("detach", "others", "\(lab.name)-a").status == 0)
        }
    }

    /// Lines about the network in the daemon, and about which daemon that is.
    @Test func whatADaemonHasOfALostRecordIsTold() throws {
        try LabRig.run { lab in
            for lost in ["\"network::lan\"", "\"origin\""] {
                try lab.up(Self.office)
                try damage(lab) { lines in lines = lines.map { $0.contains(lost) ? "" : $0 } }
                let forced = try lab.heddle.heddle("lab", "down", lab.name, "--force")
                let way = lost.contains("origin") ? "heddle endpoint ls" : "heddle network rm \(lab.name)-lan"
                #expect(forced.status == 1 && forced.errors.contains(way), "\(lost): \(forced)")
                for endpoint in try lab.heddle.client.endpoints(network: "\(lab.name)-lan") {
                    #expect(try lab.heddle.heddle("detach", "\(lab.name)-lan", endpoint.sandbox).status == 0)
                }
                #expect(try lab.heddle.heddle("network", "rm", "\(lab.name)-lan").status == 0, "\(lost)")
                #expect(lab.leftovers().isEmpty, "\(lost): \(lab.leftovers())")
            }
        }
    }

    @Test func aDamagedRecordIsToldAndTheRestOfItTakenAway() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            try damage(lab) { lines in
                lines = lines.map { $0.contains("\"key\":\"sandbox:a\"") ? "{\"key" : $0 }
            }
            let listed = try lab.heddle.heddle("lab", "ls", lab.name)
            #expect(listed.output.contains("broken") && listed.output.contains("its record is damaged"), "\(listed)")
            for words in [["up", lab.file], ["down", lab.name]] {
                let outcome = try lab.heddle.heddle(["lab"] + words)
                #expect(outcome.status == 1 && outcome.errors.contains("--force"), "\(words): \(outcome)")
            }
            let forced = try lab.heddle.heddle("lab", "down", lab.name, "--force")
            let stays = "doesn't tell of the namespace \(lab.name)-a, which stays"
            #expect(forced.status == 1 && forced.errors.contains(stays), "\(forced)")
            #expect(others(than: ["\(lab.name)-a"], lab) == [], "\(lab.leftovers())")
            try NetworkNamespace.unpin(path: "/run/netns/\(lab.name)-a")
        }
    }

    /// Whole lines.
    @Test func whatARecordHasLostWithoutATraceIsTold() throws {
        try LabRig.run { lab in
            try lab.up(Self.office)
            try damage(lab) { lines in
                lines.removeAll { line in ["sandbox:", "network:", "endpoint:"].contains { line.contains($0) } }
            }
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 1, "\(down)")
            for node in ["a", "b"] {
                #expect(down.errors.contains("namespace \(lab.name)-\(node), which stays"), "\(down)")
            }
            for node in ["a", "b"] { try NetworkNamespace.unpin(path: "/run/netns/\(lab.name)-\(node)") }
            for pid in lab.processes() { kill(pid, SIGKILL) }
            for endpoint in (try? lab.heddle.client.endpoints(network: "\(lab.name)-lan")) ?? [] {
                #expect(try lab.heddle.heddle("detach", "\(lab.name)-lan", endpoint.sandbox).status == 0)
            }
            _ = try lab.heddle.heddle("network", "rm", "\(lab.name)-lan")
            #expect(Patience.until { lab.leftovers().isEmpty }, "\(lab.leftovers())")
        }
    }

    @Test(arguments: ["nothing of it", ""])
    func hostsOfALostRecordEnd(record line: String) throws {
        try LabRig.run { lab in
            try lab.up(Self.hosts)
            try damage(lab) { lines in lines = [line] }
            if line.isEmpty { truncate(record(lab), 0) }
            let forced = try lab.heddle.heddle("lab", "down", lab.name, "--force")
            let names = ["h1", "h2", "m1", "m2", "underlay"].map { "\(lab.name)-\($0)" }
            #expect(forced.status == 1 && names.allSatisfy(forced.errors.contains), "\(forced)")
            #expect(others(than: names, lab) == [], "\(lab.leftovers())")
            for name in names { try NetworkNamespace.unpin(path: "/run/netns/\(name)") }
        }
    }

    /// A kill at the very first moment leaves that.
    @Test func aDirectoryWithoutARecordIsALabOfNothing() throws {
        try LabRig.run { lab in
            try FileManager.default.createDirectory(
                atPath: "/run/heddle/labs/\(lab.name)/logs", withIntermediateDirectories: true)
            let listed = try lab.heddle.heddle("lab", "ls", lab.name)
            #expect(listed.output.contains("nothing of it was made"), "\(listed)")
            let down = try lab.heddle.heddle("lab", "down", lab.name)
            #expect(down.status == 0 && down.output.contains("nothing of it was there"), "\(down)")
            for name in ["", ".", ".."] {
                #expect(try lab.heddle.heddle("lab", "down", name, "--force").status == 1, "\(name.debugDescription)")
            }
        }
    }

    /// What a process has started holds what the process that is started anew needs.
    @Test func whatOutlivedItsProcessIsEndedBeforeThatIsStartedAnew() throws {
        try LabRig.run { lab in
            let lock = "/run/\(lab.name).lock"
            defer { unlink(lock) }
            let text = "nodes: {a: {start: {x: 'flock -n \(lock) sleep 1000; exit 3'}}}\n"
            try lab.up(text)
            // The shell, flock and sleep.
            #expect(Patience.until { lab.processes(of: "a").count == 3 }, "\(lab.processes(of: "a"))")
            let before = lab.processes(of: "a")
            let views: [Shape] = try lab.heddle.json("lab", "ls", lab.name)
            let leader = try #require(views.first?.nodes.first?.processes.first?.pid)
            kill(leader, SIGKILL)
            #expect(Patience.until { !lab.processes(of: "a").contains(leader) })
            #expect(!lab.processes(of: "a").isEmpty, "what was started goes on")
            try lab.up(text)
            #expect(Patience.until { lab.processes(of: "a").count == 3 }, "\(lab.processes(of: "a"))")
            #expect(Set(lab.processes(of: "a")).isDisjoint(with: before))
        }
    }
}
