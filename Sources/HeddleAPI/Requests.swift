/// What a client says to detach a sandbox (`heddle detach`).
public struct DetachRequest: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// As it was given to attach.
    public var sandbox: String

    /// Makes a request.
    public init(network: String, sandbox: String) {
        self.network = network
        self.sandbox = sandbox
    }
}

/// What a client says to take an existing interface into a network (`heddle port adopt`).
public struct AdoptRequest: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// The interface's name in the daemon's namespace.
    public var ifname: String

    /// Makes a request.
    public init(network: String, ifname: String) {
        self.network = network
        self.ifname = ifname
    }
}

/// What a client says to let an adopted interface go (`heddle port release`).
public struct ReleaseRequest: Codable, Sendable, Hashable {
    /// The interface's name in the daemon's namespace.
    public var ifname: String

    /// Makes a request.
    public init(ifname: String) {
        self.ifname = ifname
    }
}

/// A VTEP that frames of an overlay go to and come from.
public struct Peer: Codable, Sendable, Hashable {
    /// Its IP address in the underlay.
    public var vtep: String

    /// Makes the description of a peer.
    public init(vtep: String) {
        self.vtep = vtep
    }
}

/// What a client says to set a remote station by hand (`heddle stations NETWORK add`).
public struct StationRequest: Codable, Sendable, Hashable {
    /// Whose frames go there.
    public var mac: String
    /// The VTEP behind which it lives.
    public var vtep: String
    /// Its addresses, where questions for them are to be answered on this host.
    public var ip: [String]?

    /// Makes a request.
    public init(mac: String, vtep: String, ip: [String]? = nil) {
        self.mac = mac
        self.vtep = vtep
        self.ip = ip
    }
}
