public import HeddleAPI
public import Logging
public import ServiceLifecycle
public import SystemPackage

/// The daemon's HTTP API on a unix socket.
///
/// The socket file appears at its path only once it is listened on and has its permissions, in one step, so that no
/// client ever meets a refusal that means "not yet". It is gone as soon as shutdown begins.
public struct ControlServer: Service {
    private let server: SocketServer<ControlResponder>

    /// Makes a server; nothing is opened before `run`.
    ///
    /// A socket file that is left at `socketPath` is replaced: the caller holds the lock that says that nobody else
    /// uses it. `permissions` say who may connect: by default the daemon's own user and the socket's
    /// group. `times` is told of each request. `onListening` is called once,
    /// when clients can connect.
    public init(
        service: some ControlService, socketPath: String, logger: Logger,
        permissions: FilePermissions = [.ownerReadWrite, .groupReadWrite], limits: ServerLimits = .standard,
        times: RequestTimes? = nil,
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        server = SocketServer(
            responder: ControlResponder(service: service, logger: logger, limits: limits, times: times),
            socketPath: socketPath, logger: logger, permissions: permissions, limits: limits, option: "--socket",
            onListening: onListening)
    }

    /// Serves until the task is cancelled or told to shut down gracefully.
    ///
    /// Throws an `APIError` if the socket cannot be made, and `CancellationError` if cancelled.
    public func run() async throws {
        try await server.run()
    }
}
