/// All that is drawn of a host, as it was at one moment: what there is, how it hangs together, and the counters.
public struct Topology: Codable, Sendable, Hashable {
    /// The host itself: the network namespace in which the daemon runs.
    public struct Host: Codable, Sendable, Hashable {
        /// What it is called.
        public var name: String
        /// Its own addresses with prefix lengths, without those of gateways and of the link alone.
        public var addresses: [String]
        /// Interfaces that networks leave the host by; none while no network does.
        public var uplinks: [Uplink]

        /// Makes the description of a host.
        public init(name: String, addresses: [String], uplinks: [Uplink]) {
            self.name = name
            self.addresses = addresses
            self.uplinks = uplinks
        }
    }

    /// An interface of the host that networks leave it by.
    public struct Uplink: Codable, Sendable, Hashable {
        /// The interface's name.
        public var name: String
        /// Colon-separated.
        public var mac: String
        /// Largest packet in bytes.
        public var mtu: Int
        /// With prefix lengths.
        public var addresses: [String]

        /// Makes the description of an uplink.
        public init(name: String, mac: String, mtu: Int, addresses: [String]) {
            self.name = name
            self.mac = mac
            self.mtu = mtu
            self.addresses = addresses
        }
    }

    /// An overlay's way to other hosts. Whether it is open, its network says.
    public struct Tunnel: Codable, Sendable, Hashable {
        /// The network's name.
        public var network: String
        /// The network's number on the wire.
        public var vni: Int
        /// This host's VTEP.
        public var local: String
        /// Where its datagrams arrive.
        public var port: Int
        /// The VTEPs that flooded frames go to.
        public var peers: [String]

        /// Makes the description of a tunnel.
        public init(network: String, vni: Int, local: String, port: Int, peers: [String]) {
            self.network = network
            self.vni = vni
            self.local = local
            self.port = port
            self.peers = peers
        }
    }

    /// Something that frames come in and go out by.
    public struct Port: Codable, Sendable, Hashable {
        /// endpoint; host (the host's interface in a network); parent (leads to the LAN of a macvlan network); names (the
        /// name service's); uplink (leads out of the host); overlay (the tunnel side of one network); tunnel (what a
        /// tunnel received and no network got).
        public var kind: String
        /// The endpoint's id; absent unless it is one's.
        public var endpoint: String?
        /// Named as in `heddle stats`. What the kernel dropped before an idle port's frames reached the switch may be ten
        /// seconds old.
        public var counters: Statistics.Port

        /// Makes the description of a port.
        public init(kind: String, endpoint: String?, counters: Statistics.Port) {
            self.kind = kind
            self.endpoint = endpoint
            self.counters = counters
        }
    }

    /// See `Host`.
    public var host: Host
    /// Versions, processes, I/O in use.
    public var status: Status
    /// All networks, by name.
    public var networks: [Network]
    /// All endpoints, by the data plane's number.
    public var endpoints: [Endpoint]
    /// All ports.
    public var ports: [Port]
    /// What is published.
    public var publish: [PublishedPort]
    /// What is impaired.
    public var impairments: [EndpointImpairment]
    /// Overlays and their peers, by the network's name.
    public var tunnels: [Tunnel]

    /// Makes a topology.
    public init(
        host: Host, status: Status, networks: [Network], endpoints: [Endpoint], ports: [Port], publish: [PublishedPort],
        impairments: [EndpointImpairment], tunnels: [Tunnel]
    ) {
        self.host = host
        self.status = status
        self.networks = networks
        self.endpoints = endpoints
        self.ports = ports
        self.publish = publish
        self.impairments = impairments
        self.tunnels = tunnels
    }
}
