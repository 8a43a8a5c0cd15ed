/// What Docker asks of its driver for address management.
public protocol DockerAddressService: Sendable {
    /// Gives out a pool of addresses; the same again for the same request.
    func requestDockerPool(_ request: DockerPoolRequest) async throws(APIError) -> DockerPool
    /// Gives a pool back, once for every time that it was given out.
    func releaseDockerPool(id: String) async throws(APIError)
    /// Gives out an address, with its prefix length: the one that is asked for, or the lowest that is free.
    func requestDockerAddress(pool id: String, address: String?, isGateway: Bool) async throws(APIError) -> String
    /// Gives an address back.
    func releaseDockerAddress(pool id: String, address: String) async throws(APIError)
}

/// What Docker says of a pool that it wants; texts as it sent them.
public struct DockerPoolRequest: Sendable, Hashable {
    /// Whose addresses; pools of different spaces may overlap as far as Docker knows.
    public var space: String
    /// CIDR notation; nil: any that is free.
    public var subnet: String?
    /// CIDR notation: the part of the subnet that addresses are chosen from.
    public var range: String?
    /// Whether IPv6 is wanted, where no subnet says so.
    public var isIPv6: Bool
    /// The interface of the host that leads to the subnet, if the network lies on a LAN: `--ipam-opt parent=IFNAME`.
    public var parent: String?

    /// Makes a request of its parts.
    public init(space: String, subnet: String? = nil, range: String? = nil, isIPv6: Bool = false, parent: String? = nil)
    {
        self.space = space
        self.subnet = subnet
        self.range = range
        self.isIPv6 = isIPv6
        self.parent = parent
    }
}

/// A pool that was given out.
public struct DockerPool: Sendable, Hashable {
    /// Names it in later requests.
    public var id: String
    /// CIDR notation.
    public var subnet: String

    /// Makes a pool of its parts.
    public init(id: String, subnet: String) {
        self.id = id
        self.subnet = subnet
    }
}
