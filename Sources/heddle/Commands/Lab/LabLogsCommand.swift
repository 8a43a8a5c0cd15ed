import ArgumentParser
import FoundationEssentials
import Glibc
import HeddleAPI
import Lab
import SystemPackage

/// `heddle lab logs`
struct LabLogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what a node's commands and processes have said.",
        discussion: """
            NODE alone is the node's commands and all its processes; with PROCESS, that process only. A host's daemon is \
            its process heddled. The files lie in /run/heddle/labs/LAB/logs and go when the lab is taken down.

            Examples:
              heddle lab logs
              heddle lab logs web
              heddle lab logs web http --follow
            """)

    @Option(help: "The lab's name or file. (default: the one that has the node)", completion: Completions.labs)
    var lab: String?
    @Flag(name: .shortAndLong, help: "Go on as more is said, until interrupted.") var follow = false
    @Argument(help: "The node or host. (default: all)", completion: Completions.labNodes) var node: String?
    @Argument(help: "The process. (default: all)") var process: String?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let chosen = try node.map { try LabChoice.lab(lab, having: $0) } ?? LabChoice.lab(lab)
        // Through a view, so that a lab that isn't there is refused.
        _ = try chosen.view()
        var logs = chosen.logs(of: node)
        if let process { logs = logs.filter { $0.name == "\(node ?? "").\(process)" } }
        if logs.isEmpty {
            throw APIError(
                .notFound, "there is no such log",
                hint: "There are: \(chosen.logs(of: nil).map(\.name).joined(separator: ", "))")
        }
        var tails = logs.map { LabLogTail(name: logs.count > 1 ? $0.name : nil, path: $0.path) }
        repeat {
            for index in tails.indices { try tails[index].showMore() }
            if follow { usleep(200_000) }
        } while follow
    }
}

/// A log and how much of it was shown.
struct LabLogTail {
    /// Stands before each line; nil: nothing does.
    let name: String?
    let path: String
    private var shown = 0

    init(name: String?, path: String) {
        self.name = name
        self.path = path
    }

    /// Shows what has come since, whole lines only.
    mutating func showMore() throws {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return }
        // It was begun anew.
        if data.count < shown { shown = 0 }
        guard let end = data.lastIndex(of: UInt8(ascii: "\n")), end >= shown else { return }
        let text = String(decoding: data[shown...end], as: UTF8.self)
        shown = end + 1
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            (name.map { "\($0) | " } ?? "") + Table.printable(String($0)) + "\n"
        }
        try Console.standard.write(lines.joined())
    }
}
