public import Exposition
import HeddleAPI
public import Logging
public import ServiceLifecycle

/// The daemon's numbers for Prometheus, at `/metrics` of a TCP port. Nothing can be changed by it.
public struct MetricsServer: Service {
    private let server: TCPServer<MetricsResponder>

    /// Makes a server; nothing is opened before `run`. `sources` are asked for each scrape, in their order. `onListening`
    /// is called once, with the port, when scrapers can connect.
    public init(
        sources: [any MetricsSource], address: ListenAddress, logger: Logger, limits: ServerLimits = .metrics,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        server = TCPServer(
            responder: MetricsResponder(sources: sources, limits: limits), address: address, logger: logger,
            limits: limits, option: "--metrics", what: "metrics", onListening: onListening)
    }

    /// Serves until the task is cancelled or told to shut down gracefully.
    ///
    /// Throws an `APIError` if the port can't be had, and `CancellationError` if cancelled.
    public func run() async throws {
        try await server.run()
    }
}
