import FoundationEssentials
import HeddleAPI

/// Docker's network driver: its messages on one side, the control plane on the other.
struct DockerNetworkDriver: Sendable {
    let service: any DockerService

    /// Answers a Docker daemon's first call.
    func activate() async throws -> Data {
        await service.dockerStarted()
        return try DockerMessage.bytes(DockerActivation())
    }

    /// Answers one call.
    func answer(_ method: DockerMethod.Network, _ body: Data) async throws -> Data {
        switch method {
        case .capabilities: return try DockerMessage.bytes(DockerCapabilities())
        case .checkGateway: return try DockerMessage.bytes(DockerGatewayCheck())
        case .discovered, .vanished: break
        case .createNetwork:
            try await service.createDockerNetwork(DockerMessage.read(body, as: DockerCreateNetwork.self).request)
        case .deleteNetwork: try await service.removeDockerNetwork(id: identity(body).network)
        case .createEndpoint:
            let request = try DockerMessage.read(body, as: DockerCreateEndpoint.self).request
            let mac = try await service.createDockerEndpoint(request)
            return try DockerMessage.bytes(DockerEndpointAnswer(interface: request.mac == nil ? .init(mac: mac) : nil))
        case .deleteEndpoint: try await service.removeDockerEndpoint(identity(body).reference)
        case .information: return try DockerMessage.bytes(DockerInformation())
        case .join:
            let identity = try identity(body)
            let join = try await service.joinDockerEndpoint(identity.reference, sandbox: identity.sandbox)
            return try DockerMessage.bytes(DockerJoinAnswer(join))
        case .leave: try await service.leaveDockerEndpoint(identity(body).reference)
        case .publish:
            let wish = try DockerMessage.read(body, as: DockerPublish.self)
            try await service.publishDockerEndpoint(wish.reference, ports: wish.ports)
        case .unpublish: try await service.unpublishDockerEndpoint(identity(body).reference)
        }
        return try DockerMessage.bytes(DockerNothing())
    }

    private func identity(_ body: Data) throws -> DockerIdentity {
        try DockerMessage.read(body)
    }
}
