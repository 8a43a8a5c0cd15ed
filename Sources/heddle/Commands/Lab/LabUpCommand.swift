import ArgumentParser
import Glibc
import Lab

/// `heddle lab up`
struct LabUpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Build a lab, or change one to what its file says now.",
        discussion: """
            What is as the file says stays untouched; what differs is made, changed or taken away. So the command may be \
            repeated: it mends what is gone, and starts processes that have ended. If a command of a node fails, its \
            output is shown, the rest of the lab stands, and the exit status is 1; the next up runs it again.

            Examples:
              heddle lab up
              heddle lab up Examples/two-nodes.yaml
              heddle lab up lab.yaml --json
            """)

    @Argument(help: "The lab file.", completion: .file(extensions: ["yaml", "yml"])) var file = "lab.yaml"

    @Flag(name: .shortAndLong, help: "Say nothing but what goes wrong.") var quiet = false
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let source = try LabSource.read(file)
        let socket = global.socketPath
        try LabOutcomePrinter.perform(global, verb: "up", isQuiet: quiet) { report throws(LabError) in
            try Lab.up(
                source.description, file: source.path, socket: socket, daemonProgram: LabPrograms.daemon,
                report: report)
        }
    }
}

/// `heddle lab down`
struct LabDownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Take a lab away: processes, namespaces, networks, hosts, files.",
        discussion: """
            Also what is left of a lab that was never finished. What is gone already is no error. Whatever runs in the \
            lab's namespaces is ended.

            Examples:
              heddle lab down
              heddle lab down lab.yaml
              heddle lab down office --force
            """)

    @Argument(help: "The lab's name or file. (default: the only lab there is)", completion: Completions.labs)
    var lab: String?

    @Flag(
        help: """
            Take away what can be, say what stays, and forget the lab: when its daemon is gone for good, or its record \
            damaged.
            """)
    var force = false

    @Flag(name: .shortAndLong, help: "Say nothing but what goes wrong.") var quiet = false
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let lab = try LabChoice.lab(lab)
        let isForced = force
        try LabOutcomePrinter.perform(global, verb: "down", isQuiet: quiet) { report throws(LabError) in
            try lab.down(daemonProgram: LabPrograms.daemon, isForced: isForced, report: report)
        }
    }
}

/// Programs beside this one.
enum LabPrograms {
    /// heddled: beside this program, else in PATH.
    static var daemon: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let size = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard size > 0 else { return "heddled" }
        let own = String(decoding: buffer.prefix(size).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let beside = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/heddled"
        return access(beside, X_OK) == 0 ? beside : "heddled"
    }
}
