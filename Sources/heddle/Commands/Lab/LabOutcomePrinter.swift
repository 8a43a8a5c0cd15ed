import ArgumentParser
import HeddleAPI
import Lab

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

    /// Builds or takes down, shows how far that is, and tells what became of it.
    static func perform(
        _ global: GlobalOptions, verb: String, isQuiet: Bool,
        _ body: (@escaping @Sendable (LabNews) -> Void) throws(LabError) -> Lab.Outcome
    ) throws {
        let progress = LabProgressLine(isQuiet: isQuiet)
        // First: the line's thread must have the signals blocked.
        LabInterruption.watch(progress)
        progress.begin()
        defer { progress.end() }
        let begin = ContinuousClock.now
        let outcome = try body { progress.report($0) }
        progress.end()
        let seconds = (.now - begin) / .seconds(1)
        try LabOutcomePrinter(outcome: outcome, seconds: seconds).print(global, verb: verb, isQuiet: isQuiet)
    }

    /// What goes wrong, for people; nothing of all else.
    static func lines(of news: LabNews) -> [String] {
        switch news {
        case .failed(let failure):
            // The command itself says it best.
            let what: String
            if case .command = failure.thing {
                what = "\(failure.thing)"
            } else {
                what = "\(failure.doing) \(failure.thing)"
            }
            return [printable("heddle: \(what): \(failure.error)")]
        case .skipped(let things):
            let shown = things.prefix(6).joined(separator: ", ") + (things.count > 6 ? ", …" : "")
            return [printable("heddle: not done because of that: \(shown)")]
        case .planned, .began, .ended: return []
        }
    }

    /// Control characters of what programs said become question marks; line ends stay.
    private static func printable(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { Table.printable(String($0)) }
            .joined(separator: "\n")
    }

    private func print(_ global: GlobalOptions, verb: String, isQuiet: Bool) throws {
        let failures = outcome.failures.map {
            Answer.Failure(thing: "\($0.thing)", message: $0.error.message, hint: $0.error.hint)
        }
        let answer = Answer(
            name: outcome.name, made: outcome.made, removed: outcome.removed, kept: outcome.kept, failures: failures,
            seconds: (seconds * 1_000).rounded() / 1_000)
        if !isQuiet || global.json { try global.print(answer) { _ in text(verb) } }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    /// A line for each thing that an edit has touched, if they are few; none of a lab that is built or taken down.
    private var changes: String {
        let lines = outcome.removed.map { "  - \($0)\n" } + outcome.made.map { "  + \($0)\n" }
        guard outcome.kept > 0, lines.count <= Self.mostChanges else { return "" }
        return Self.printable(lines.joined())
    }

    private static let mostChanges = 20

    /// The line that says it, after those for what was touched; `verb` is "up" or "down".
    func text(_ verb: String) -> String {
        let hundredths = Int((seconds * 100).rounded())
        let fraction = hundredths % 100
        let time = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
        if outcome.made.isEmpty, outcome.removed.isEmpty, outcome.failures.isEmpty {
            if verb == "down" { return "lab \(outcome.name) is \(verb): nothing of it was there\n" }
            return "lab \(outcome.name) is \(verb): nothing to do, \(outcome.kept) things are as they should be\n"
        }
        if verb == "up", outcome.made.isEmpty, outcome.kept == 0, !outcome.failures.isEmpty {
            return "lab \(outcome.name) is not up: \(outcome.failures.count) failed, in \(time)\n"
        }
        var parts: [String] = []
        if !outcome.made.isEmpty { parts.append("\(outcome.made.count) made") }
        if !outcome.removed.isEmpty { parts.append("\(outcome.removed.count) taken away") }
        if outcome.kept > 0 { parts.append("\(outcome.kept) left as they were") }
        let failed = outcome.failures.isEmpty ? "" : ", but \(outcome.failures.count) failed"
        let did = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        return changes + "lab \(outcome.name) is \(verb)\(failed)\(did), in \(time)\n"
    }
}
