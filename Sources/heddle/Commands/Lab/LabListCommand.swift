import ArgumentParser
import HeddleAPI
import Lab

/// `heddle lab ls`
struct LabListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List labs and their nodes.",
        discussion: """
            A lab is broken if something of it is missing or was never finished. What that is stands below the table, and \
            heddle lab up mends it, unless the lab's record is damaged. A lab is unknown to those who may not use the \
            socket of its daemon.

            Examples:
              heddle lab ls
              heddle lab ls office --json
            """)

    @Argument(help: "The lab's name or file. (default: all)", completion: Completions.labs) var lab: String?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let labs = try lab.map { [try LabChoice.lab($0)] } ?? Lab.all.map { Lab(name: $0) }
        let views = try labs.map { try $0.view() }
        if views.isEmpty || global.json {
            try global.print(views, whenEmpty: "No lab is there. Build one with: heddle lab up FILE") { Table([]) }
        } else {
            try global.print(views) { styled in
                let lines = LabListCommand.problems(views).map { Table.printable($0) + "\n" }
                return LabListCommand.table(views).text(styled: styled) + lines.joined()
            }
        }
    }

    /// What is amiss in labs, a line each, of many the first.
    static func problems(_ views: [LabView]) -> [String] {
        views.flatMap { view in
            let all = view.problems + view.nodes.flatMap(\.problems)
            let more = all.count > mostProblems ? ["\(view.name): and \(all.count - mostProblems) more"] : []
            return all.prefix(mostProblems).map { "\(view.name): \($0)" } + more
        }
    }

    private static let mostProblems = 10

    /// A row for each node.
    static func table(_ views: [LabView]) -> Table {
        var table = Table([
            .left("LAB"), .left("STATE"), .left("NODE"), .left("STATE"), .left("SANDBOX"), .left("ADDRESSES"),
            .left("PROCESSES"),
        ])
        for view in views {
            let state = Table.Cell(view.state.rawValue, view.state == .up ? .none : .warning)
            if view.nodes.isEmpty { table.add(["\(view.name)", state]) }
            for node in view.nodes {
                let processes = node.processes.map { "\($0.name)\($0.state == .running ? "" : " (ended)")" }
                table.add([
                    "\(view.name)", state, "\(node.name)\(node.host ? " (host)" : "")",
                    Table.Cell(node.state.rawValue, node.state == .up ? .none : .alarm), "\(node.sandbox)",
                    "\(dashed(node.addresses))", "\(dashed(processes))",
                ])
            }
        }
        return table
    }
}
