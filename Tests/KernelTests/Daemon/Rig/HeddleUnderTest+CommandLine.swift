import Foundation
import HeddleAPI
import Testing

/// What came out of a command.
struct Outcome: Sendable {
    var status: Int32
    var output: String
    var errors: String
}

extension HeddleUnderTest {
    /// Runs `heddle` with these words to its end, against this lab's daemon.
    func heddle(_ words: String...) throws -> Outcome {
        try heddle(words)
    }

    /// Runs `heddle` with these words to its end, against this lab's daemon.
    func heddle(_ words: [String]) throws -> Outcome {
        try finish(Programs.client, words, environment: ["HEDDLE_SOCKET": socket])
    }

    /// Runs `heddled` with these words to its end, in this lab's host namespace.
    func heddled(_ words: [String], environment: [String: String] = [:]) throws -> Outcome {
        try finish(Programs.daemon, words, environment: environment)
    }

    /// Runs `heddle … --json`, which must succeed, and reads what it prints.
    func json<Answer: Decodable>(_ words: String...) throws -> Answer {
        let outcome = try heddle(words + ["--json"])
        guard outcome.status == 0 else { throw LabError("heddle \(words): \(outcome.errors)") }
        return try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    }

    /// The keys of the JSON that `heddle … --json` prints: of an object, or of the first object of an array.
    func jsonObject(_ words: String...) throws -> [String: Any] {
        let outcome = try heddle(words + ["--json"])
        let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let first = (value as? [Any])?.first ?? value
        guard let object = first as? [String: Any] else { throw LabError("no object in \(outcome.output)") }
        return object
    }

    /// Runs a program in the host's namespace to its end.
    func finish(_ path: String, _ words: [String], environment: [String: String] = [:]) throws -> Outcome {
        let errors = directory + "/stderr-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(errors) }
        let (run, all) = try place?.words(path, words) ?? (path, words)
        let program = try RunningProgram(run, all, in: try host.open(), environment: environment, errors: errors)
        let output = try program.readAll()
        guard let end = program.wait(within: .seconds(10)) else { throw LabError("\(path) \(words) does not end") }
        let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        guard case .exited(let status) = end else { throw LabError("\(path) \(words): \(end): \(text)") }
        return Outcome(status: status, output: output, errors: text)
    }

    /// Runs a program of the system inside a sandbox; true if it succeeds.
    func succeeds(_ words: [String], in sandbox: TestSandbox) throws -> Bool {
        let program = try RunningProgram(
            try Programs.system(words[0]), Array(words.dropFirst()), in: try sandbox.open())
        _ = try program.readAll()
        return program.wait(within: .seconds(10)) == .exited(0)
    }
}
