import FoundationEssentials
import HeddleAPI

/// Docker's driver for address management: its messages on one side, the control plane on the other.
struct DockerAddressDriver: Sendable {
    let service: any DockerAddressService

    /// Answers one call.
    func answer(_ method: DockerMethod.Addresses, _ body: Data) async throws -> Data {
        switch method {
        case .capabilities: return try DockerMessage.bytes(DockerAddressCapabilities())
        case .spaces: return try DockerMessage.bytes(DockerAddressSpaces())
        case .requestPool:
            let pool = try await service.requestDockerPool(
                DockerMessage.read(body, as: DockerRequestPool.self).request)
            return try DockerMessage.bytes(DockerPoolAnswer(id: pool.id, subnet: pool.subnet))
        case .releasePool:
            let wish = try DockerMessage.read(body, as: DockerAddressRequest.self)
            try await service.releaseDockerPool(id: wish.pool)
        case .requestAddress:
            let wish = try DockerMessage.read(body, as: DockerAddressRequest.self)
            let address = try await service.requestDockerAddress(
                pool: wish.pool, address: wish.address.isEmpty ? nil : wish.address, isGateway: wish.isGateway)
            return try DockerMessage.bytes(DockerAddressAnswer(address: address))
        case .releaseAddress:
            let wish = try DockerMessage.read(body, as: DockerAddressRequest.self)
            try await service.releaseDockerAddress(pool: wish.pool, address: wish.address)
        }
        return try DockerMessage.bytes(DockerNothing())
    }
}
