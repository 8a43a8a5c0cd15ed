/// What Docker asks of its network driver. `ControlPlane` answers it, `ControlAPI` carries Docker's protocol. Every call
/// may come again with the same ids: what is there already is fine, and so is what is gone already.
public protocol DockerService: Sendable {
    /// Another Docker daemon than before speaks from now on: what the last one left unsaid is said by that.
    func dockerStarted() async
    /// Makes the network that Docker knows by an id.
    func createDockerNetwork(_ request: DockerNetworkRequest) async throws(APIError)
    /// Removes it.
    func removeDockerNetwork(id: String) async throws(APIError)
    /// Makes the interface of a container, in the daemon's namespace. Returns its MAC address.
    func createDockerEndpoint(_ request: DockerEndpointRequest) async throws(APIError) -> String
    /// Removes it, wherever it is.
    func removeDockerEndpoint(_ endpoint: DockerEndpointReference) async throws(APIError)
    /// Says what Docker shall move into the sandbox. `sandbox` is the file that stands, or will stand, for it.
    func joinDockerEndpoint(_ endpoint: DockerEndpointReference, sandbox: String) async throws(APIError) -> DockerJoin
    /// The sandbox has no use for the endpoint any more.
    func leaveDockerEndpoint(_ endpoint: DockerEndpointReference) async throws(APIError)
    /// Makes ports of the host lead to the endpoint, in place of those that led there before: all, or none.
    func publishDockerEndpoint(
        _ endpoint: DockerEndpointReference, ports: [DockerPortBinding]
    ) async throws(APIError)
    /// No port of the host leads to the endpoint any more.
    func unpublishDockerEndpoint(_ endpoint: DockerEndpointReference) async throws(APIError)
}

/// What Docker says of a new network; texts as it sent them.
public struct DockerNetworkRequest: Sendable, Hashable {
    /// A subnet of the network.
    public struct Pool: Sendable, Hashable {
        /// CIDR notation; a length of 0 says that there are no addresses.
        public var subnet: String
        /// CIDR notation; nil if there is none.
        public var gateway: String?

        /// Makes a pool of its parts.
        public init(subnet: String, gateway: String? = nil) {
            self.subnet = subnet
            self.gateway = gateway
        }
    }

    /// Docker's id of the network.
    public var id: String
    /// What the user said with `-o`.
    public var options: [String: String]
    /// Of IPv4 and of IPv6.
    public var pools: [Pool]
    /// See `Network`.
    public var `internal`: Bool

    /// Makes a request of its parts.
    public init(id: String, options: [String: String] = [:], pools: [Pool] = [], `internal`: Bool = false) {
        self.id = id
        self.options = options
        self.pools = pools
        self.internal = `internal`
    }
}

/// Which of Docker's endpoints is meant.
public struct DockerEndpointReference: Sendable, Hashable {
    /// Docker's id of the network.
    public var network: String
    /// Docker's id of the endpoint.
    public var endpoint: String

    /// Makes a reference of two ids.
    public init(network: String, endpoint: String) {
        self.network = network
        self.endpoint = endpoint
    }
}

/// What Docker says of a new endpoint; texts as it sent them.
public struct DockerEndpointRequest: Sendable, Hashable {
    /// Docker's ids.
    public var reference: DockerEndpointReference
    /// With prefix length, at most one of each family.
    public var addresses: [String]
    /// nil: follows from the network and the address.
    public var mac: String?
    /// What the user said with `--driver-opt`.
    public var options: [String: String]

    /// Makes a request of its parts.
    public init(
        reference: DockerEndpointReference, addresses: [String] = [], mac: String? = nil,
        options: [String: String] = [:]
    ) {
        self.reference = reference
        self.addresses = addresses
        self.mac = mac
        self.options = options
    }
}

/// What Docker is told about an endpoint that joins a sandbox.
public struct DockerJoin: Sendable, Hashable {
    /// The interface in the daemon's namespace.
    public var interface: String
    /// What the interface is called in the sandbox, with a number behind it.
    public var prefix: String
    /// The default routes' next hops, at most one of each family.
    public var gateways: [String]
    /// Without gateways: whether Docker shall give the container no other way out.
    public var isWithoutWayOut: Bool

    /// Makes an answer of its parts.
    public init(interface: String, prefix: String, gateways: [String], isWithoutWayOut: Bool) {
        self.interface = interface
        self.prefix = prefix
        self.gateways = gateways
        self.isWithoutWayOut = isWithoutWayOut
    }
}

/// A port of a container that Docker wants published.
public struct DockerPortBinding: Sendable, Hashable {
    /// The number in IP headers.
    public var proto: Int
    /// The container's port.
    public var port: Int
    /// Empty: all addresses of both families.
    public var hostAddress: String
    /// 0: any that is free.
    public var hostPort: Int
    /// If it is above `hostPort`: any that is free from there to here.
    public var hostEnd: Int

    /// Makes a binding of its parts.
    public init(proto: Int, port: Int, hostAddress: String = "", hostPort: Int, hostEnd: Int = 0) {
        self.proto = proto
        self.port = port
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.hostEnd = hostEnd
    }
}
