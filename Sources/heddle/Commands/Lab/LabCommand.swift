import ArgumentParser
import FoundationEssentials
import Glibc
import HeddleAPI
import Lab
import SystemPackage

/// `heddle lab …`
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Build a lab from a file: nodes, networks, links, hosts.",
        discussion: """
            A lab file says in YAML which nodes there are (a network namespace each, with files, commands and settings), \
            which networks and links join them, and, if it plays several machines, which hosts. Each host is a namespace \
            with a daemon of its own; without hosts the lab uses the daemon that runs.

              nodes:
                web: {networks: [lan], start: {http: "busybox httpd -f -p 80"}}
                client: {networks: [lan]}
              networks:
                lan: {subnet: 10.0.0.0/24}

            Examples:
              heddle lab check lab.yaml
              heddle lab up lab.yaml
              heddle lab exec client -- ping -c 1 web
              heddle lab logs web http
              heddle lab ls
              heddle lab graph lab.yaml -o lab.svg
              heddle lab down lab.yaml
            """,
        subcommands: [
            LabUpCommand.self, LabDownCommand.self, LabListCommand.self, LabExecCommand.self, LabLogsCommand.self,
            LabCheckCommand.self, LabGraphCommand.self,
        ])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// A lab file as it was named, and what it says.
struct LabSource {
    /// As it was named, for problems.
    var file: String
    /// Absolute.
    var path: String
    /// What it says.
    var description: LabDescription

    /// Reads a file; "-" is standard input. Throws all problems at once.
    static func read(_ file: String) throws -> LabSource {
        let isInput = file == "-"
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: isInput ? "/dev/stdin" : file)) else {
            let reason = access(file, R_OK) == 0 ? "that is no file" : "\(Errno(rawValue: errno))"
            throw APIError(.notFound, "\(file): \(reason)", hint: "Name a lab file, as lab.yaml.")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw APIError(.invalid, "\(file) is not UTF-8 text")
        }
        let description: LabDescription
        do throws(LabProblems) {
            description = try LabReader.read(text, file: isInput ? "standard-input" : file)
        } catch {
            // Lines that begin with the file's name, as editors and compilers have them.
            let lines = "\(error)".split(separator: "\n")
            for line in lines { Console.standard.note(Table.printable(String(line))) }
            let count = error.problems.count == 1 ? "a problem" : "\(error.problems.count) problems"
            Console.standard.note("heddle: \(Table.printable(file)) has \(count); nothing was done")
            throw ExitCode.failure
        }
        let path = SandboxName(argument: "./" + file)?.text ?? file
        return LabSource(file: file, path: file.hasPrefix("/") ? file : path, description: description)
    }
}

/// Which lab is meant: its name, or its file.
struct LabChoice {
    /// The lab that is named, or whose file is; without either, the only one there is.
    static func lab(_ text: String?) throws -> Lab {
        guard let text else {
            let all = Lab.all
            guard all.count == 1 else {
                let hint =
                    all.isEmpty ? "Build one with: heddle lab up FILE" : "There are \(all.joined(separator: ", "))."
                throw APIError(.invalid, all.isEmpty ? "no lab is there" : "which lab? Say its name", hint: hint)
            }
            return Lab(name: all[0])
        }
        let lab = Lab(name: text)
        if !text.contains("/"), lab.exists { return lab }
        // A file that has become wrong, or is gone, can still be told by where it lies.
        let path = text.hasPrefix("/") ? text : SandboxName(argument: "./" + text)?.text ?? text
        if let built = Lab.all.map({ Lab(name: $0) }).first(where: { $0.file == path }) { return built }
        guard access(text, F_OK) == 0 else { return lab }
        return Lab(name: try LabSource.read(text).description.name)
    }

    /// The lab that has a node of this name.
    static func lab(_ name: String?, having node: String) throws -> Lab {
        if name != nil {
            let lab = try lab(name)
            try lab.checkExists()
            return lab
        }
        let labs = Lab.all.map { Lab(name: $0) }
        let having = labs.filter { $0.nodes.contains(node) }
        if having.count == 1 { return having[0] }
        if having.count > 1 {
            let names = having.map(\.name).joined(separator: ", ")
            throw APIError(.invalid, "several labs have a node \(node): \(names)", hint: "Say which with --lab.")
        }
        throw APIError(.notFound, "no lab has a node \(node.debugDescription)", hint: nodes(of: labs))
    }

    /// All nodes of labs, for people.
    static func nodes(of labs: [Lab]) -> String {
        if labs.isEmpty { return "No lab is there. Build one with: heddle lab up FILE" }
        return labs.map { "\($0.name): \($0.nodes.joined(separator: ", "))" }.joined(separator: "\n  ")
    }
}

extension Completions {
    /// Labs that are there.
    static let labs = CompletionKind.custom { _, _, _ in Lab.all }
    /// Nodes of labs that are there.
    static let labNodes = CompletionKind.custom { _, _, _ in
        Set(Lab.all.flatMap { Lab(name: $0).nodes }).sorted()
    }
}
