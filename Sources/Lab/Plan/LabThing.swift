public import HeddleAPI

/// Something that a lab makes. A value says wholly how it is made, so that two that are equal need nothing done.
public enum LabThing: Codable, Hashable, Sendable {
    /// A node's namespace.
    case sandbox(Sandbox)
    /// The switch that joins hosts.
    case underlay(Underlay)
    /// Variables of a node's commands.
    case environment(node: String, variables: [String: String])
    /// A file that a node sees.
    case file(node: String, path: String, content: String)
    /// A kernel setting of a node's namespace.
    case sysctl(node: String, key: String, value: String)
    /// A veth pair.
    case cable(Cable)
    /// An address of a node's interface, with prefix length.
    case address(node: String, ifname: String, prefix: String)
    /// A host's heddled.
    case daemon(host: String, arguments: [String])
    /// A network in a daemon.
    case network(host: String?, request: NetworkRequest)
    /// Another host of an overlay.
    case peer(host: String?, network: String, vtep: String)
    /// A node's interface in a network.
    case endpoint(Endpoint)
    /// What happens to packets of an endpoint.
    case impairment(endpoint: Endpoint.Name, inward: Impairment?, outward: Impairment?)
    /// A port of the daemon's host that leads to an endpoint.
    case publish(endpoint: Endpoint.Name, spec: String, mode: String?)
    /// A route of a node.
    case route(node: String, destination: String, gateway: String?, ifname: String?)
    /// Something that was run to its end.
    case command(node: String, words: [String], text: String)
    /// Something that goes on running.
    case process(node: String, name: String, words: [String])

    /// A node's namespace.
    public struct Sandbox: Codable, Hashable, Sendable {
        /// The node or host.
        public var node: String
        /// The namespace that is there already and stays, as the file says it; nil: the lab makes it.
        public var existing: String?
        /// Whether it is a host's.
        public var isHost: Bool
    }

    /// The switch that joins hosts.
    public struct Underlay: Codable, Hashable, Sendable {
        /// Largest IP packet, in bytes.
        public var mtu: Int
    }

    /// A veth pair between namespaces of the lab.
    public struct Cable: Codable, Hashable, Sendable {
        /// One side of it.
        public struct End: Codable, Hashable, Sendable {
            /// The node or host; nil: the underlay's switch.
            public var node: String?
            /// The interface there.
            public var ifname: String
            /// nil: chosen by the kernel.
            public var mac: String?
        }

        /// As the file calls it.
        public var name: String
        /// The first.
        public var near: End
        /// The second.
        public var far: End
        /// Largest IP packet, in bytes.
        public var mtu: Int
    }

    /// A node's interface in a network.
    public struct Endpoint: Codable, Hashable, Sendable {
        /// Which it is.
        public struct Name: Codable, Hashable, Sendable {
            /// Whose daemon; nil: the one that runs.
            public var host: String?
            /// The node.
            public var node: String
            /// The network, as the daemon calls it.
            public var network: String
        }

        /// Which it is.
        public var name: Name
        /// What the daemon is told; the sandbox is filled in.
        public var request: AttachRequest
    }

    /// The node or host that it is in; nil: none.
    public var node: String? {
        switch self {
        case .sandbox(let sandbox): sandbox.node
        case .environment(let node, _), .file(let node, _, _), .sysctl(let node, _, _), .address(let node, _, _),
            .route(let node, _, _, _), .command(let node, _, _), .process(let node, _, _):
            node
        case .endpoint(let endpoint): endpoint.name.node
        case .impairment(let name, _, _), .publish(let name, _, _): name.node
        case .daemon(let host, _): host
        case .underlay, .cable, .network, .peer: nil
        }
    }

    /// Whether another value of it takes the place of this one by being made, with nothing taken away before.
    public var isReplacedByMaking: Bool {
        switch self {
        case .environment, .file, .sysctl, .impairment, .route: true
        default: false
        }
    }
}

extension LabThing {
    /// Whether nothing of it is there if making it was refused.
    var isWholeOrNot: Bool {
        switch self {
        case .network, .peer, .endpoint, .publish, .cable: true
        default: false
        }
    }

    /// The host whose daemon has it; nil: the daemon that runs has it, or none.
    var host: String? {
        switch self {
        case .network(let host, _), .peer(let host, _, _): host
        case .endpoint(let endpoint): endpoint.name.host
        case .impairment(let name, _, _), .publish(let name, _, _): name.host
        default: nil
        }
    }
}

extension LabThing: CustomStringConvertible {
    /// For people: "the network lan".
    public var description: String {
        switch self {
        case .sandbox(let sandbox): "the \(sandbox.isHost ? "host" : "node") \(sandbox.node)"
        case .underlay: "the underlay"
        case .environment(let node, _): "the environment of \(node)"
        case .file(let node, let path, _): "the file \(path) of \(node)"
        case .sysctl(let node, let key, _): "the setting \(key) of \(node)"
        case .cable(let cable): "the link \(cable.name)"
        case .address(let node, let ifname, let prefix): "the address \(prefix) of \(node)'s \(ifname)"
        case .daemon(let host, _): "the daemon of \(host)"
        case .network(let host, let request): "the network \(request.name)" + (host.map { " of \($0)" } ?? "")
        case .peer(let host, let network, let vtep): "the peer \(vtep) of \(network)" + (host.map { " on \($0)" } ?? "")
        case .endpoint(let endpoint): "\(endpoint.name.node) on \(endpoint.name.network)"
        case .impairment(let name, _, _): "the impairment of \(name.node) on \(name.network)"
        case .publish(let name, let spec, _): "the published port \(spec) of \(name.node)"
        case .route(let node, let destination, _, _): "the route of \(node) to \(destination)"
        case .command(let node, _, let text): "\(node): \(LabThing.firstLine(of: text))"
        case .process(let node, let name, _): "the process \(name) of \(node)"
        }
    }

    private static func firstLine(of text: String) -> String {
        let lines = text.split(separator: "\n", maxSplits: 1)
        let first = lines.first.map(String.init) ?? ""
        let short = first.count > 72 ? String(first.prefix(72)) + "…" : first
        return lines.count > 1 && !short.hasSuffix("…") ? short + " …" : short
    }
}

/// A thing with its place among others.
public struct LabItem: Codable, Hashable, Sendable {
    /// Tells it from all others of the lab; stays the same when the thing changes.
    public var key: String
    /// What it is.
    public var thing: LabThing
    /// Keys of what it is made on, and goes with: if one of them is made anew, so is this.
    public var foundations: [String]
    /// Keys of what is there before it, no more.
    public var predecessors: [String]
    /// How long making it may take, of a command; nil: as long as it takes. No part of the thing: a command that has run
    /// isn't run again because it may take longer.
    public var timeout: Duration?

    /// Makes an item.
    public init(_ key: String, _ thing: LabThing, on foundations: [String] = [], after predecessors: [String] = []) {
        self.key = key
        self.thing = thing
        self.foundations = foundations
        self.predecessors = predecessors
    }
}
