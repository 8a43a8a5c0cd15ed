public import HeddleAPI
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
public import SystemPackage

/// The daemon's HTTP API on a unix socket.
///
/// The socket file appears at its path only once it is listened on and has its permissions, in one step, so that no
/// client ever meets a refusal that means "not yet". It is gone as soon as shutdown begins.
public struct ControlServer: Service {
    /// How long requests that are under way may go on after shutdown began; the daemon promises to be gone within a
    /// second.
    static let grace = Duration.milliseconds(600)
    /// More clients than this wait in the backlog; a descriptor each, of the process's 1024.
    static let mostConnections = 256

    private let service: any ControlService
    private let socketPath: String
    private let permissions: FilePermissions
    private let logger: Logger
    private let onListening: @Sendable () async -> Void

    /// Makes a server; nothing is opened before `run`.
    ///
    /// A socket file that is left at `socketPath` is replaced: the caller holds the lock that says that nobody else
    /// uses it. `permissions` say who may connect: by default the daemon's own user and the socket's
    /// group. `onListening` is called once,
    /// when clients can connect.
    public init(
        service: some ControlService, socketPath: String, logger: Logger,
        permissions: FilePermissions = [.ownerReadWrite, .groupReadWrite],
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        self.service = service
        self.socketPath = socketPath
        self.permissions = permissions
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the task is cancelled or told to shut down gracefully.
    ///
    /// Throws an `APIError` if the socket cannot be made, and `CancellationError` if cancelled.
    public func run() async throws {
        let file = try SocketFile(path: socketPath)
        let (failures, failure) = AsyncThrowingStream<Never, any Error>.makeStream()
        let application = Application(
            responder: ControlResponder(service: service, logger: logger),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(
                address: .unixDomainSocket(path: file.temporaryPath),
                availableConnectionsDelegate: MaximumAvailableConnections(ControlServer.mostConnections)),
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
                group.addTask { try await ControlServer.explainingBind(socketPath) { try await application.run() } }
                group.addTask { for try await _ in failures {} }
                group.addTask {
                    try await gracefulShutdown()
                    try await Task.sleep(for: ControlServer.grace)
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

    private static func explainingBind(_ path: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as IOError {
            throw APIError(
                .failed, "cannot listen on \(path): \(Errno(rawValue: error.errnoCode))",
                hint: "heddled needs a directory for its socket that it may write to; name another with --socket")
        }
    }
}
