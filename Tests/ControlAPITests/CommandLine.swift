import Foundation
import Synchronization
import Testing

/// The built `heddle`, run as a user runs it.
struct CommandLineTool {
    /// What came out of it.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs it with these words to its end.
    static func run(_ words: [String], environment: [String: String] = [:]) async throws -> Outcome {
        let process = try make(words, environment: environment)
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        return try await blocking { [process = Sent(process), output = Sent(output), errors = Sent(errors)] in
            try process.value.run()
            // Both are small enough for a pipe's buffer, so that reading one after the other does not block.
            let outputData = output.value.fileHandleForReading.readDataToEndOfFile()
            let errorData = errors.value.fileHandleForReading.readDataToEndOfFile()
            process.value.waitUntilExit()
            return Outcome(
                status: process.value.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
                errors: String(decoding: errorData, as: UTF8.self))
        }
    }

    /// Starts it with its output in files, and returns without waiting.
    static func start(_ words: [String], output: String, errors: String) throws -> Process {
        let process = try make(words, environment: [:])
        for path in [output, errors] {
            try #require(FileManager.default.createFile(atPath: path, contents: nil))
        }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        return process
    }

    /// Where it lies: the test program is built into the same directory.
    static func path() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("heddle").path
    }

    private static func make(_ words: [String], environment: [String: String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try path())
        process.arguments = words
        var inherited = ProcessInfo.processInfo.environment
        inherited["HEDDLE_SOCKET"] = nil
        process.environment = inherited.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// A value that exactly one thread goes on with.
    struct Sent<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }
}
