public import HeddleAPI
import Hummingbird
public import Logging
public import ServiceLifecycle
public import SystemPackage

/// Docker's plug-in protocol on a unix socket: the network driver and the driver for address management. The file's name
/// without its ending is what Docker's users call the driver.
public struct DockerServer: Service {
    private let server: SocketServer<DockerResponder>

    /// Where Docker looks for the driver "heddle".
    public static let defaultSocket = "/run/docker/plugins/heddle.sock"

    /// Makes a server; see `ControlServer`.
    public init(
        service: some DockerService & DockerAddressService, socketPath: String, logger: Logger,
        permissions: FilePermissions = [.ownerReadWrite, .groupReadWrite], limits: ServerLimits = .docker,
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        let responder = DockerResponder(
            network: DockerNetworkDriver(service: service), addresses: DockerAddressDriver(service: service),
            logger: logger, limits: limits)
        server = SocketServer(
            responder: responder, socketPath: socketPath, logger: logger, permissions: permissions,
            limits: limits,
            option: "--docker-socket", onListening: onListening)
    }

    /// Serves until the task is cancelled or told to shut down gracefully.
    ///
    /// Throws an `APIError` if the socket cannot be made, and `CancellationError` if cancelled.
    public func run() async throws {
        try await server.run()
    }
}
