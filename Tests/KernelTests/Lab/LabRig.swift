import Foundation
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// A lab file on a Heddle of its own, under a name of its own, and what one does with it. `run` takes it down and looks
/// whether anything is left.
final class LabRig {
    let heddle: HeddleUnderTest
    /// The lab's name: nobody else's on the machine.
    let name: String
    /// Where its file lies.
    let file: String

    private init(_ heddle: HeddleUnderTest) {
        self.heddle = heddle
        name = "hdt-l\(heddle.tag.dropFirst(4))"
        file = heddle.directory + "/own-lab.yaml"
    }

    /// The text of a file in Examples.
    static func example(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("Examples/\(name).yaml"), encoding: .utf8)
    }

    /// Runs a test with a daemon; the lab is not built yet.
    static func run(
        at location: SourceLocation = #_sourceLocation, _ body: (LabRig) throws -> Void
    ) throws {
        try HeddleUnderTest.run(at: location) { heddle in
            let rig = LabRig(heddle)
            defer { rig.end(at: location) }
            try body(rig)
        }
    }

    /// Builds a lab, or changes it; the text's name becomes the rig's.
    @discardableResult
    func up(_ text: String, status: Int32 = 0, at location: SourceLocation = #_sourceLocation) throws -> Outcome {
        try write(text)
        let outcome = try heddle.heddle("lab", "up", file)
        #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)", sourceLocation: location)
        return outcome
    }

    /// Puts a text where the lab's file lies.
    func write(_ text: String) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("name:") }
        let own = "name: \(name)\n" + lines.joined(separator: "\n")
        try own.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// Runs a command in a node.
    func exec(_ node: String, _ words: String...) throws -> Outcome {
        try heddle.heddle(["lab", "exec", "--lab", name, node, "--"] + words)
    }

    /// Whether a node reaches an address, tried for a few seconds: ARP, tunnels and servers need their first moments.
    func pings(_ node: String, _ address: String, seconds: Double = 5) throws -> Bool {
        for _ in 0..<Int(seconds) where try exec(node, "ping", "-c", "1", "-W", "1", address).status == 0 {
            return true
        }
        return false
    }

    /// What a server says to a node, tried for a few seconds.
    func fetch(_ node: String, _ url: String) throws -> String {
        var last = ""
        for _ in 0..<20 {
            let outcome = try exec(node, "curl", "-sS", "-m", "2", url)
            if outcome.status == 0 { return outcome.output }
            last = outcome.errors
            usleep(100_000)
        }
        return last
    }

    /// The namespace of a node.
    func namespace(_ node: String) throws -> NetworkNamespace { try NetworkNamespace.open(name: "\(name)-\(node)") }

    /// The index of a node's interface.
    func index(_ node: String, _ ifname: String) throws -> Int32? {
        let route = try RouteSocket(in: try namespace(node))
        defer { withExtendedLifetime(route) {} }
        return try route.link(named: ifname)?.index
    }

    private func end(at location: SourceLocation) {
        if FileManager.default.fileExists(atPath: "/run/heddle/labs/\(name)") {
            let outcome = try? heddle.heddle("lab", "down", name)
            #expect(outcome?.status == 0, "lab down: \(outcome?.errors ?? "")", sourceLocation: location)
        }
        let left = leftovers()
        #expect(left.isEmpty, "left behind: \(left)", sourceLocation: location)
    }

    /// All that is there of the lab.
    func leftovers() -> [String] {
        let files = FileManager.default
        var left = ((try? files.contentsOfDirectory(atPath: "/run/netns")) ?? []).filter { $0.hasPrefix("\(name)-") }
        left += ((try? files.contentsOfDirectory(atPath: "/run/heddle/labs")) ?? []).filter { $0.hasPrefix(name) }
        left += ((try? heddle.client.networks()) ?? []).map(\.name).filter { $0.hasPrefix("\(name)-") }
        let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        left += mounts.split(separator: "\n").filter { $0.contains("\(name)-") || $0.contains("labs/\(name)") }.map(
            String.init)
        return left + processes().map { "process \($0)" }
    }

    /// Processes that were started by the lab in its nodes, or in one of them, and the daemons and engines of its hosts.
    func processes(of node: String? = nil) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { pid in
            let words = (try? String(contentsOfFile: "/proc/\(pid)/environ", encoding: .utf8)) ?? ""
            let line = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
            if let node, !words.contains("HEDDLE_NODE=\(node)\0") { return false }
            return words.contains("HEDDLE_LAB=\(name)\0") || line.contains("/run/heddle/labs/\(name)/")
        }
    }
}
