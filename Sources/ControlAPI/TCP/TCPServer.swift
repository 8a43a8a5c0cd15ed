import HeddleAPI
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import SystemPackage

/// Answers HTTP requests on a TCP port, for browsers and scrapers. See `SocketServer` for that of the daemon's clients.
struct TCPServer<Responder: HTTPResponder>: Sendable where Responder.Context == BasicRequestContext {
    /// Answers them.
    let responder: Responder
    /// Where.
    let address: ListenAddress
    /// Told where it listens.
    let logger: Logger
    /// What clients get.
    let limits: ServerLimits
    /// The daemon's option that names the address, for errors.
    let option: String
    /// What is served, for the log.
    let what: String
    /// Called once, with the port, when clients can connect.
    let onListening: @Sendable (_ port: Int) async -> Void

    /// Serves until the task is cancelled or told to shut down gracefully. Requests that are under way then have as long
    /// as those of the daemon's clients.
    ///
    /// Throws an `APIError` if the port can't be had, and `CancellationError` if cancelled.
    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .notice)
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(additionalChannelHandlers: [RequestDeadline(limits)])),
            configuration: .init(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                logger.info("\(what) listens", metadata: ["address": "\(address.host)", "port": "\(port)"])
                await onListening(port)
            },
            logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await application.run()
                } catch let error as IOError {
                    throw address.failure(Errno(rawValue: error.errnoCode), option: option)
                }
            }
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: SocketServer<Responder>.grace)
            }
            // The first that ends decides; the other is cancelled.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
