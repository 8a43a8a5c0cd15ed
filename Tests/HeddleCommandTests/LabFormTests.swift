import ArgumentParser
import HeddleAPI
import Testing

@testable import Lab
@testable import heddle

/// Labs: what may be typed, and what is shown.
struct LabFormTests {
    private func parse<Command>(_ words: String..., as type: Command.Type) throws -> Command {
        try #require(try Heddle.parseAsRoot(["lab"] + words) as? Command)
    }

    @Test func commandsParse() throws {
        #expect(try parse("up", as: LabUpCommand.self).file == "lab.yaml")
        #expect(try parse("up", "x.yaml", as: LabUpCommand.self).file == "x.yaml")
        #expect(try parse("up", "-q", as: LabUpCommand.self).quiet)
        #expect(try parse("down", as: LabDownCommand.self).lab == nil)
        #expect(try parse("down", "office", "--force", as: LabDownCommand.self).force)
        let exec = try parse("exec", "--lab", "office", "web", "--", "ping", "-c", "1", as: LabExecCommand.self)
        #expect(exec.lab == "office" && exec.node == "web" && exec.command == ["ping", "-c", "1"])
        let logs = try parse("logs", "web", "http", "-f", as: LabLogsCommand.self)
        #expect(logs.node == "web" && logs.process == "http" && logs.follow)
        let graph = try parse("graph", "a.yaml", "-o", "a.svg", as: LabGraphCommand.self)
        #expect(graph.file == "a.yaml" && graph.output == "a.svg")
        #expect(try parse("check", "-", as: LabCheckCommand.self).file == "-")
    }

    @Test(arguments: ["up a b", "down --forced", "exec web ping", "graph -o", "logs a b c", "ls a b"])
    func refuses(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try Heddle.parseAsRoot(["lab"] + line.split(separator: " ").map(String.init))
        }
        if let error { #expect(Heddle.exitCode(for: error).rawValue == 64, "\(line)") }
    }

    @Test func progressNamesWhatIsWaitedForLongest() {
        var progress = LabProgress()
        let begin = ContinuousClock.now
        func ping(_ node: String) -> LabThing { .command(node: node, words: ["ping"], text: "ping x") }
        #expect(progress.line(at: begin) == nil)
        progress.note(.planned(9), at: begin)
        progress.note(.began(ping("a")), at: begin)
        progress.note(.began(ping("b")), at: begin + .seconds(1))
        #expect(progress.line(at: begin + .seconds(1)) == "0 of 9: a: ping x")
        #expect(progress.line(at: begin + .seconds(3)) == "0 of 9: a: ping x, for 3 s (and 1 more)")
        progress.note(.ended(ping("a")), at: begin + .seconds(3))
        progress.note(.skipped(["one", "two"]), at: begin + .seconds(3))
        #expect(progress.line(at: begin + .seconds(4)) == "3 of 9: b: ping x, for 3 s")
        // Without a terminal, once after ten seconds, and once after a hundred.
        #expect(progress.delays(at: begin + .seconds(10)) == [])
        #expect(progress.delays(at: begin + .seconds(12)) == ["b: ping x: not done yet, after 11 s"])
        #expect(progress.delays(at: begin + .seconds(100)) == [])
        #expect(progress.delays(at: begin + .seconds(140)).count == 1)
        progress.note(.ended(ping("b")), at: begin + .seconds(141))
        #expect(progress.line(at: begin + .seconds(141)) == nil && progress.delays(at: begin + .seconds(999)) == [])
    }

    @Test func nodesAreShownWithTheirState() {
        var view = LabView(LabRecord(), paths: LabPaths(lab: "office"))
        view.state = .up
        view.nodes = [
            LabView.Node(
                name: "web", host: false, sandbox: "office-web", state: .up, addresses: ["10.0.0.9/24"],
                processes: [LabView.Process(name: "http", state: .ended, pid: nil)]),
            LabView.Node(
                name: "paris", host: true, sandbox: "office-paris", state: .gone, addresses: [], processes: []),
        ]
        #expect(
            LabListCommand.table([view]).lines(styled: false) == [
                "LAB     STATE  NODE          STATE  SANDBOX       ADDRESSES    PROCESSES",
                "office  up     web           up     office-web    10.0.0.9/24  http (ended)",
                "office  up     paris (host)  gone   office-paris  -            -",
            ])
    }

    @Test func whatIsBrokenIsSaidShortly() {
        func item(_ key: String, _ thing: LabThing, on foundations: [String] = []) -> LabRecord.Event {
            var event = LabRecord.Event(key: key)
            event.making = LabItem(key, thing, on: foundations)
            return event
        }
        var record = LabRecord()
        var network = item("network::lan", .network(host: nil, request: .init(name: "office-lan")))
        network.refused = true
        record.apply(network)
        // Its namespace is gone, and its address with it.
        var sandbox = item("sandbox:web", .sandbox(.init(node: "web", existing: nil, isHost: false)))
        sandbox.made = ["inode": "1", "sandbox": "office-web-that-is-gone"]
        record.apply(sandbox)
        var address = item("a", .address(node: "web", ifname: "eth0", prefix: "10.0.0.9/24"), on: ["sandbox:web"])
        address.made = [:]
        record.apply(address)
        let view = LabView(record, paths: LabPaths(lab: "office"))
        #expect(view.state == .broken && view.networks == [])
        #expect(view.nodes.map(\.state) == [.gone] && view.nodes.first?.addresses == [])
        #expect(
            LabListCommand.problems([view]) == [
                "office: the network office-lan could not be made", "office: the node web is gone",
            ])
    }

    @Test func anOutcomeSaysWhetherTheLabIsUp() {
        func text(_ verb: String, made: [String] = [], kept: Int = 0, failures: Int = 0) -> String {
            let failure = LabFailure(
                thing: .underlay(.init(mtu: 1_500)), doing: "making", error: LabError("it was not to be"))
            let outcome = Lab.Outcome(
                name: "office", made: made, removed: [], kept: kept,
                failures: Array(repeating: failure, count: failures))
            return LabOutcomePrinter(outcome: outcome, seconds: 0.25).text(verb)
        }
        #expect(text("up", kept: 3) == "lab office is up: nothing to do, 3 things are as they should be\n")
        #expect(text("down") == "lab office is down: nothing of it was there\n")
        #expect(text("up", failures: 4) == "lab office is not up: 4 failed, in 0.25 s\n")
        #expect(text("up", made: ["x"], failures: 1) == "lab office is up, but 1 failed: 1 made, in 0.25 s\n")
    }
}
