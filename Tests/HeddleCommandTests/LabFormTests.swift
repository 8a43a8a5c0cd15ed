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

    @Test func nodesAreShownWithTheirState() {
        var view = LabView(LabRecord(), paths: LabPaths(lab: "office"))
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
}
