/// Ports of the host that lead to an endpoint: one publish as the API shows it (`heddle publish ls`).
public struct PublishedPort: Codable, Sendable, Hashable {
    /// Whether it can be reached.
    public enum State: String, Codable, Sendable {
        /// Open.
        case active
        /// Recorded, and opened as soon as it is possible; `reason` says what for it waits.
        case waiting
    }

    /// Its number, never used twice while a daemon runs.
    public var number: Int?
    /// The network's name.
    public var network: String
    /// The endpoint's sandbox, as it was given to attach.
    public var sandbox: String
    /// The endpoint's id.
    public var endpoint: String
    /// As it is written: `[HOSTIP:]HOSTPORT[-END]:PORT[-END][/udp]`.
    public var spec: String
    /// "tcp" or "udp".
    public var proto: String
    /// The host's address; absent: all of them.
    public var hostAddress: String?
    /// The host's port, or the first of them.
    public var hostPort: Int
    /// The last of the host's ports: the first again if it is a single one.
    public var hostEnd: Int
    /// The endpoint's port, or the first of them.
    public var port: Int
    /// The last of the endpoint's ports.
    public var end: Int
    /// "translate" (remote clients keep their address) or "relay" (a socket of the host that passes bytes on).
    public var mode: String
    /// See `State`.
    public var state: State
    /// Why it waits; absent if it does not.
    public var reason: String?

    enum CodingKeys: String, CodingKey {
        case number
        case network
        case sandbox
        case endpoint
        case spec
        case proto
        case hostAddress = "host_ip"
        case hostPort = "host_port"
        case hostEnd = "host_end"
        case port
        case end
        case mode
        case state
        case reason
    }

    /// Makes the description of a publish.
    public init(
        number: Int?, network: String, sandbox: String, endpoint: String, spec: String, proto: String,
        hostAddress: String?, hostPort: Int, hostEnd: Int, port: Int, end: Int, mode: String, state: State,
        reason: String? = nil
    ) {
        self.number = number
        self.network = network
        self.sandbox = sandbox
        self.endpoint = endpoint
        self.spec = spec
        self.proto = proto
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.hostEnd = hostEnd
        self.port = port
        self.end = end
        self.mode = mode
        self.state = state
        self.reason = reason
    }
}

/// What a client says to publish ports of an endpoint that is there (`heddle publish add`).
public struct PublishRequest: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// As it was given to attach.
    public var sandbox: String
    /// Each `[HOSTIP:]HOSTPORT[-END]:PORT[-END][/tcp|udp]`; all of them are published, or none.
    public var publish: [String]
    /// See `PublishedPort.mode`; nil means "translate".
    public var publishMode: String?

    /// Makes a request.
    public init(network: String, sandbox: String, publish: [String], publishMode: String? = nil) {
        self.network = network
        self.sandbox = sandbox
        self.publish = publish
        self.publishMode = publishMode
    }
}

/// What a client says to end a publish (`heddle publish rm`).
public struct UnpublishRequest: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// As it was given to attach.
    public var sandbox: String
    /// The same ports as when it was published; it may be written in another way.
    public var spec: String

    /// Makes a request.
    public init(network: String, sandbox: String, spec: String) {
        self.network = network
        self.sandbox = sandbox
        self.spec = spec
    }
}
