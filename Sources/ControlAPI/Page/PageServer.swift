public import HeddleAPI
public import Logging
public import ServiceLifecycle

/// The web page with the live topology, for browsers. Read-only: nothing can be changed by it.
public struct PageServer: Service {
    private let server: TCPServer<PageResponder>

    /// Makes a server; nothing is opened before `run`. `onListening` is called once, with the port, when browsers
    /// can connect.
    public init(
        service: some ControlService, address: ListenAddress, logger: Logger, limits: ServerLimits = .standard,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        server = TCPServer(
            responder: PageResponder(service: service, limits: limits), address: address,
            logger: logger, limits: limits, option: "--page", what: "the page", onListening: onListening)
    }

    /// Serves until the task is cancelled or told to shut down gracefully.
    ///
    /// Throws an `APIError` if the port can't be had, and `CancellationError` if cancelled.
    public func run() async throws {
        try await server.run()
    }
}
