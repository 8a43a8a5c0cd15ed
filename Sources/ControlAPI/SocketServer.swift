import HeddleAPI
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import SystemPackage

/// Answers HTTP requests on a unix socket; see `ControlServer` for what a client sees of its file.
struct SocketServer<Responder: HTTPResponder>: Sendable where Responder.Context == BasicRequestContext {
    /// How long requests that are under way may go on after shutdown began; the daemon promises to be gone within a
    /// second.
    static var grace: Duration { .milliseconds(600) }

    /// Answers them.
    let responder: Responder
    /// Where clients look.
    let socketPath: String
    /// See `ControlServer`.
    let logger: Logger
    /// Who may connect.
    let permissions: FilePermissions
    /// What clients get.
    let limits: ServerLimits
    /// The daemon's option that names the socket, for errors.
    let option: String
    /// Called once, when clients can connect.
    let onListening: @Sendable () async -> Void

    /// Serves until the task is cancelled or told to shut down gracefully.
    ///
    /// Throws an `APIError` if the socket cannot be made, and `CancellationError` if cancelled.
    func run() async throws {
        let file = try SocketFile(path: socketPath)
        let (failures, failure) = AsyncThrowingStream<Never, any Error>.makeStream()
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(additionalChannelHandlers: [RequestDeadline(limits)])),
            configuration: .init(
                address: .unixDomainSocket(path: file.temporaryPath),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            onServerRunning: { _ in
                do {
                    try file.publish(permissions: permissions)
                    logger.info("listening", metadata: ["socket": "\(socketPath)"])
                    await onListening()
                } catch {
                    failure.finish(throwing: error)
                }
            },
            logger: quiet(logger))
        defer { file.remove() }

        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await explainingBind { try await application.run() } }
                group.addTask { for try await _ in failures {} }
                group.addTask {
                    try await gracefulShutdown()
                    try await Task.sleep(for: Self.grace)
                    logger.notice("requests were still under way at shutdown", metadata: ["socket": "\(socketPath)"])
                }
                // The first of the three that ends decides; the others are cancelled.
                defer { group.cancelAll() }
                try await group.next()
            }
        } onGracefulShutdown: {
            file.remove()
        }
    }

    /// Hummingbird says at level info where it listens, which is the temporary path and would only confuse.
    private func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .notice)
        return logger
    }

    private func explainingBind(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as IOError {
            throw APIError(
                .failed, "cannot listen on \(socketPath): \(Errno(rawValue: error.errnoCode))",
                hint: "heddled needs a directory for its socket that it may write to; name another with \(option)")
        }
    }
}
