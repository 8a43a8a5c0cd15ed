import Addresses

/// Which network is one of Docker's. Goes with its network.
struct DockerNetworkRecord: Hashable, Sendable {
    /// Docker's id.
    var id: String
    /// The network's id.
    var network: String
    /// How its endpoints are attached where nothing else is said.
    var via: EndpointRecord.Via
}

/// Which endpoint is one of Docker's. Goes with its endpoint.
struct DockerEndpointRecord: Hashable, Sendable {
    /// Docker's id.
    var id: String
    /// The endpoint's id.
    var endpoint: String
    /// The file that stands for the sandbox, once Docker has named it; empty before and after. It may not be there: Docker
    /// names it before it makes it.
    var sandbox: String
}

extension EndpointRecord {
    /// What the word for a sandbox of Docker's begins with. No user's sandbox does: with a slash, it would be a path.
    private static let dockerMark = "docker/"

    /// What is said where other endpoints have a sandbox: the beginning of Docker's id of the endpoint.
    static func dockerSandbox(_ id: String) -> String { dockerMark + id.prefix(12) }

    /// Whether Docker moves the interface: it may be in any namespace.
    var isDockers: Bool { sandbox.hasPrefix(Self.dockerMark) }
}
