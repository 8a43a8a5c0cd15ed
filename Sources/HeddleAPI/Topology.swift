/// All that is drawn of a host at one look: what there is, how it hangs together, and the counters.
public struct Topology: Codable, Sendable, Hashable {
    /// The host itself.
    public struct Host: Codable, Sendable, Hashable {
        /// Its name.
        public var name: String

        /// Makes the description of a host.
        public init(name: String) {
            self.name = name
        }
    }

    /// An overlay's way to other hosts.
    public struct Tunnel: Codable, Sendable, Hashable {
        /// The network's name.
        public var network: String
        /// The VTEPs that flooded frames go to.
        public var peers: [String]

        /// Makes the description of a tunnel.
        public init(network: String, peers: [String]) {
            self.network = network
            self.peers = peers
        }
    }

    /// See `Host`.
    public var host: Host
    /// Versions, processes, I/O in use.
    public var status: Status
    /// All networks, by name.
    public var networks: [Network]
    /// All endpoints.
    public var endpoints: [Endpoint]
    /// Counters of every port, named as in `heddle stats`.
    public var ports: [Statistics.Port]
    /// What is published.
    public var publish: [PublishedPort]
    /// What is impaired.
    public var impairments: [EndpointImpairment]
    /// Overlays and their peers.
    public var tunnels: [Tunnel]
}

extension ControlService {
    /// What there is, in several looks one after the other: a network that is made or removed in between may be in one
    /// and not in another. Costs what `statistics` does and two more looks at all records.
    public func topology(host: String) async throws(APIError) -> Topology {
        let networks = try await networks()
        var tunnels: [Topology.Tunnel] = []
        for network in networks where network.driver == "overlay" {
            // Removed meanwhile: it has none.
            guard let peers = try? await peers(network: network.name) else { continue }
            tunnels.append(Topology.Tunnel(network: network.name, peers: peers.map(\.vtep)))
        }
        return Topology(
            host: Topology.Host(name: host), status: try await status(), networks: networks,
            endpoints: try await endpoints(network: nil), ports: try await statistics().ports,
            publish: try await publishedPorts(), impairments: try await impairments(network: nil), tunnels: tunnels)
    }
}
