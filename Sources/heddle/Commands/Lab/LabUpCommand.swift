import ArgumentParser
import Glibc
import HeddleAPI
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
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let source = try LabSource.read(file)
        let clock = ContinuousClock()
        let begin = clock.now
        let outcome = try Lab.up(
            source.description, file: source.path, socket: global.socketPath, daemonProgram: LabPrograms.daemon,
            report: LabOutcomePrinter.report)
        let seconds = (clock.now - begin) / .seconds(1)
        try LabOutcomePrinter(outcome: outcome, seconds: seconds).print(global, verb: "up")
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

    @Flag(help: "Forget the lab even if something can't be taken away, as when its daemon is gone for good.")
    var force = false
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let lab = try LabChoice.lab(lab)
        let clock = ContinuousClock()
        let begin = clock.now
        let outcome = try lab.down(
            daemonProgram: LabPrograms.daemon, isForced: force, report: LabOutcomePrinter.report)
        let seconds = (clock.now - begin) / .seconds(1)
        try LabOutcomePrinter(outcome: outcome, seconds: seconds).print(global, verb: "down")
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

/// Tells what became of building or taking down.
struct LabOutcomePrinter {
    let outcome: Lab.Outcome
    let seconds: Double

    /// The same in JSON.
    struct Answer: Encodable {
        struct Failure: Encodable {
            var thing: String
            var message: String
            var hint: String?
        }

        var name: String
        var made: [String]
        var removed: [String]
        var kept: Int
        var failures: [Failure]
        var seconds: Double
    }

    /// What goes wrong is told at once.
    @Sendable static func report(_ news: LabNews) {
        switch news {
        case .failed(let failure):
            // The command itself says it best.
            let what: String
            if case .command = failure.thing {
                what = "\(failure.thing)"
            } else {
                what = "\(failure.doing) \(failure.thing)"
            }
            Console.standard.note(printable("heddle: \(what): \(failure.error)"))
        case .skipped(let things):
            let shown = things.prefix(6).joined(separator: ", ") + (things.count > 6 ? ", …" : "")
            Console.standard.note(printable("heddle: not done because of that: \(shown)"))
        }
    }

    /// Control characters of what programs said become question marks; line ends stay.
    private static func printable(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { Table.printable(String($0)) }
            .joined(separator: "\n")
    }

    func print(_ global: GlobalOptions, verb: String) throws {
        let failures = outcome.failures.map {
            Answer.Failure(thing: "\($0.thing)", message: $0.error.message, hint: $0.error.hint)
        }
        let answer = Answer(
            name: outcome.name, made: outcome.made, removed: outcome.removed, kept: outcome.kept, failures: failures,
            seconds: (seconds * 1_000).rounded() / 1_000)
        try global.print(answer) { _ in text(verb) }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    private func text(_ verb: String) -> String {
        let hundredths = Int((seconds * 100).rounded())
        let fraction = hundredths % 100
        let time = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
        if outcome.made.isEmpty, outcome.removed.isEmpty, outcome.failures.isEmpty {
            return "lab \(outcome.name) is \(verb): nothing to do, \(outcome.kept) things are as they should be\n"
        }
        var parts: [String] = []
        if !outcome.made.isEmpty { parts.append("\(outcome.made.count) made") }
        if !outcome.removed.isEmpty { parts.append("\(outcome.removed.count) taken away") }
        if outcome.kept > 0 { parts.append("\(outcome.kept) left as they were") }
        let failed = outcome.failures.isEmpty ? "" : ", but \(outcome.failures.count) failed"
        return "lab \(outcome.name) is \(verb)\(failed): \(parts.joined(separator: ", ")), in \(time)\n"
    }
}
