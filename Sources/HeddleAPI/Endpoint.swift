/// An endpoint as the API shows it: joins one sandbox to one network.
public struct Endpoint: Codable, Sendable, Hashable {
    /// Whether the interface is there.
    public enum State: String, Codable, Sendable {
        /// Wired and forwarding.
        case up
        /// Its sandbox or its interface vanished; it stays until it is detached or its sandbox comes back.
        case gone
    }

    /// 16 hexadecimal digits.
    public var id: String
    /// The network's name.
    public var network: String
    /// As it was given to attach: a name under /run/netns, a path, or pid:N. Empty for an adopted interface.
    public var sandbox: String
    /// The interface's name in the sandbox (for an adopted interface: in the daemon's namespace).
    public var ifname: String
    /// "tap", "veth" or "adopted".
    public var via: String
    /// Colon-separated.
    public var mac: String
    /// With prefix length.
    public var addresses: [String]
    /// The name other endpoints of the network know it by; empty if none was given.
    public var name: String
    /// Further names.
    public var aliases: [String]
    /// Published ports, each as `PublishedPort.spec`.
    public var publish: [String]
    /// See `State`.
    public var state: State
    /// The 802.1Q VLAN of an access port; nil for a port that passes tags untouched.
    public var vlan: Int?
    /// The data plane's number of the port; what `stats` and `stations` call `port<N>` resolves to `ifname@sandbox`.
    public var port: Int

    /// Makes the description of an endpoint.
    public init(
        id: String, network: String, sandbox: String, ifname: String, via: String, mac: String, addresses: [String],
        name: String, aliases: [String], publish: [String], state: State, vlan: Int?, port: Int
    ) {
        self.id = id
        self.network = network
        self.sandbox = sandbox
        self.ifname = ifname
        self.via = via
        self.mac = mac
        self.addresses = addresses
        self.name = name
        self.aliases = aliases
        self.publish = publish
        self.state = state
        self.vlan = vlan
        self.port = port
    }
}

/// What a client says to attach a sandbox (`heddle attach`). Text as typed; the control plane checks it.
public struct AttachRequest: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// A name under /run/netns, a path, or pid:N.
    public var sandbox: String
    /// "tap" (default) or "veth".
    public var via: String?
    /// nil: eth0, or the first free ethN.
    public var ifname: String?
    /// Bare addresses, at most one for each subnet.
    public var ip: [String]?
    /// nil: follows from the network and the address.
    public var mac: String?
    /// See `Endpoint`.
    public var name: String?
    /// See `Endpoint`.
    public var aliases: [String]?
    /// 1…4094: makes the port an access port.
    public var vlan: Int?
    /// Ports of the host that shall lead to it, each `[HOSTIP:]HOSTPORT[-END]:PORT[-END][/tcp|udp]`.
    public var publish: [String]?
    /// See `PublishedPort.mode`; nil means "translate".
    public var publishMode: String?

    /// Makes a request.
    public init(
        network: String, sandbox: String, via: String? = nil, ifname: String? = nil, ip: [String]? = nil,
        mac: String? = nil, name: String? = nil, aliases: [String]? = nil, vlan: Int? = nil, publish: [String]? = nil,
        publishMode: String? = nil
    ) {
        self.network = network
        self.sandbox = sandbox
        self.via = via
        self.ifname = ifname
        self.ip = ip
        self.mac = mac
        self.name = name
        self.aliases = aliases
        self.vlan = vlan
        self.publish = publish
        self.publishMode = publishMode
    }
}
