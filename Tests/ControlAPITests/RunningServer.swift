import ControlAPI
import Foundation
import HeddleAPI
import HeddleClient
import Logging
import ServiceLifecycle
import SystemPackage
import Testing

/// A server on a socket of its own in a fresh directory, for as long as `body` runs.
func withServer(
    _ service: RecordingService = RecordingService(),
    _ body: @Sendable @escaping (RecordingService, _ socket: String) async throws -> Void
) async throws {
    try await withDirectory { directory in
        let socket = directory + "/heddle.sock"
        try await serving(service, at: socket) { try await body(service, socket) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty, "something is left behind")
    }
}

/// A server for as long as `body` runs, which begins when clients can connect. Returns how long the shutdown took.
@discardableResult
func serving(
    _ service: RecordingService = RecordingService(), at socket: String,
    permissions: FilePermissions = .ownerReadWrite, times: RequestTimes? = nil,
    while body: @Sendable @escaping () async throws -> Void
) async throws -> Duration {
    let (listening, signal) = AsyncStream<Void>.makeStream()
    let server = ControlServer(
        service: service, socketPath: socket, logger: quietLogger, permissions: permissions, times: times
    ) {
        signal.yield()
    }
    let group = ServiceGroup(services: [server], logger: quietLogger)
    return try await withThrowingTaskGroup(of: ContinuousClock.Instant.self) { tasks in
        tasks.addTask {
            try await group.run()
            return .now
        }
        tasks.addTask {
            for await _ in listening { break }
            // Whatever becomes of it, the server has to end.
            let outcome = await Result { try await body() }
            let end = ContinuousClock.now
            await group.triggerGracefulShutdown()
            try outcome.get()
            return end
        }
        let first = try await tasks.next() ?? .now
        let second = try await tasks.next() ?? .now
        return min(first, second).duration(to: max(first, second))
    }
}

/// A fresh directory, removed afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = "/tmp/hdt-\(UUID().uuidString.prefix(12))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
}

/// Only what is worse than an error of Hummingbird's at a shutdown that has to cut requests off.
let quietLogger: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// Runs blocking work away from the threads that the server's tasks need.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result { try work() })
        }
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous piece of work came to.
    fileprivate init(_ work: () async throws -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }
}
