import ArgumentParser
import HeddleAPI
import Lab

/// `heddle lab exec`
struct LabExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command in a node.",
        usage: "heddle lab exec [--lab <lab>] [--directory <path>] <node> -- <command> …",
        discussion: """
            In the node's network namespace, with its files, its variables, and the directory in which its own commands \
            run. Standard input and output, signals and the exit status are the command's own; 127 if there is no such \
            program, 126 if it can't be run. Without a command it is a shell; without a node, or with one that isn't \
            there, the nodes are listed.

            Examples:
              heddle lab exec web
              heddle lab exec client -- ping -c 1 web
              heddle lab exec --lab office web -- sh -c 'ip address; cat /etc/resolv.conf'
            """)

    @Option(help: "The lab's name or file. (default: the one that has the node)", completion: Completions.labs)
    var lab: String?

    @Option(help: ArgumentHelp("Where the command starts.", valueName: "path"), completion: .directory)
    var directory: String?

    @Argument(help: "The node or host.", completion: Completions.labNodes) var node: String?
    @Argument(parsing: .postTerminator, help: "The command and its arguments. (default: a shell)")
    var command: [String] = []
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        guard let node else {
            let chosen = try lab.map { try LabChoice.lab($0) }
            try chosen?.checkExists()
            let labs = chosen.map { [$0] } ?? Lab.all.map { Lab(name: $0) }
            throw APIError(.invalid, "in which node? Say one", hint: LabChoice.nodes(of: labs))
        }
        let words = command.isEmpty ? ["sh"] : command
        let chosen = try LabChoice.lab(lab, having: node)
        do throws(LabError) {
            try chosen.exec(words, in: node, directory: directory)
        } catch {
            guard let status = error.exitStatus else { throw error }
            Console.standard.note(Table.printable("heddle: \(error.message)"))
            if let hint = error.hint { Console.standard.note(Table.printable("  \(hint)")) }
            throw ExitCode(status)
        }
    }
}
