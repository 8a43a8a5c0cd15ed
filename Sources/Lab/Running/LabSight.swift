import Glibc
import HeddleAPI
import HeddleClient
import Netlink

/// Looks what of a recorded lab is still there, and still as it was made.
struct LabSight {
    private let record: LabRecord
    private let paths: LabPaths
    private let socket: String?
    /// Keys of kernel settings, by node.
    private var settings: [String: [String]] = [:]
    // What was asked already: each daemon and each namespace is asked once.
    private var endpoints: [String: [HeddleAPI.Endpoint]] = [:]
    private var networks: [String: [HeddleAPI.Network]] = [:]
    private var peers: [String: [HeddleAPI.Peer]] = [:]
    private var impairments: [String: [HeddleAPI.EndpointImpairment]] = [:]
    private var published: [String: [HeddleAPI.PublishedPort]] = [:]
    private var insides: [String: LabNamespaceSight] = [:]
    private var serving: [String: Bool] = [:]

    /// How long a host's daemon may take to say that it serves.
    private static let patience: Duration = .seconds(10)

    /// Keys of what was made and is gone. Throws if a daemon that should be asked isn't to be had; a host's daemon that is
    /// gone is missing, and all that it made. Who may not enter namespaces is told what the daemons know.
    static func missing(in record: LabRecord, paths: LabPaths, socket: String?) throws(LabError) -> Set<String> {
        var sight = LabSight(record: record, paths: paths, socket: socket)
        var missing: Set<String> = []
        for entry in record.ordered where entry.state == .made {
            if try !sight.isThere(entry) { missing.insert(entry.item.key) }
        }
        return missing
    }

    private init(record: LabRecord, paths: LabPaths, socket: String?) {
        self.record = record
        self.paths = paths
        self.socket = socket
        for entry in record.entries.values {
            if case .sysctl(let node, let key, _) = entry.item.thing { settings[node, default: []].append(key) }
        }
    }

    private mutating func isThere(_ entry: LabRecord.Entry) throws(LabError) -> Bool {
        switch entry.item.thing {
        case .sandbox, .underlay: return isTheSameNamespace(entry)
        case .environment(let node, _): return LabFiles.exists(paths.work(of: node))
        case .file(let node, let path, let content): return LabFiles.read(paths.place(of: path, in: node)) == content
        case .sysctl(let node, let key, _):
            // What the kernel made of the value when it was set; of some settings it says nothing.
            guard let value = entry.facts["value"] else { return true }
            return inside(node).hasSetting(key, value)
        case .process: return entry.facts["ended"] != nil || LabProcessTable.isAlive(entry.facts)
        case .daemon(let host, _): return LabProcessTable.isAlive(entry.facts) && serves(host)
        case .cable(let cable): return isThere(cable)
        case .address(let node, let ifname, let prefix): return inside(node).hasAddresses([prefix], of: ifname)
        case .route(let node, let destination, let gateway, let ifname):
            return inside(node).hasRoute(to: destination, via: gateway, of: ifname)
        case .network(let host, let request):
            return try networks(of: host).contains { $0.name == request.name }
        case .peer(let host, let network, let vtep):
            return try peers(of: network, host).contains { $0.vtep == vtep }
        case .endpoint(let endpoint):
            return try isThere(endpoint, entry.facts)
        case .impairment(let name, _, _):
            guard let known = entry.facts["impairment"] else { return true }
            return try impairments(of: name.host).contains { LabRunner.mark(of: $0) == known }
        case .publish(let name, _, _):
            guard let known = entry.facts["published"] else { return true }
            return try published(of: name.host).contains { LabRunner.mark(of: $0) == known }
        case .command: return true
        }
    }

    private func isTheSameNamespace(_ entry: LabRecord.Entry) -> Bool {
        guard let inode = entry.facts["inode"], let name = entry.facts["sandbox"] else { return false }
        return (try? LabNamespaces.open(name).identity.inode).map { "\($0)" } == inode
    }

    private mutating func isThere(
        _ endpoint: LabThing.Endpoint, _ facts: [String: String]
    ) throws(LabError) -> Bool {
        let id = facts["id"]
        let isKnown = try endpoints(of: endpoint.name.host).contains { $0.id == id && $0.state == .up }
        guard isKnown, let ifname = facts["ifname"] else { return isKnown }
        let inside = inside(endpoint.name.node)
        let addresses = (facts["addresses"] ?? "").split(separator: " ").map(String.init)
        return inside.hasLink(ifname) && inside.hasAddresses(addresses, of: ifname)
    }

    private mutating func isThere(_ cable: LabThing.Cable) -> Bool {
        for end in [cable.near, cable.far] where !inside(end.node).hasLink(end.ifname, kind: "veth") { return false }
        return cable.far.node != nil || inside(nil).isPort(cable.far.ifname, of: LabPaths.switchName)
    }

    /// A node's namespace, or the underlay's.
    private mutating func inside(_ node: String?) -> LabNamespaceSight {
        if let known = insides[node ?? ""] { return known }
        let name = node.map { record.entries["sandbox:\($0)"]?.facts["sandbox"] ?? "" } ?? paths.underlayName
        let found = LabNamespaceSight(name, settings: node.flatMap { settings[$0] } ?? [])
        insides[node ?? ""] = found
        return found
    }

    private func client(_ host: String?) -> DaemonClient {
        DaemonClient(socketPath: host.map { paths.socket(ofHost: $0) } ?? socket ?? APIPath.defaultSocket)
    }

    /// Whether a host's daemon answers. Who may not ask it takes it for one that does.
    private mutating func serves(_ host: String) -> Bool {
        if let known = serving[host] { return known }
        let socket = paths.socket(ofHost: host)
        let isAnother = access(socket, R_OK | W_OK) != 0 && errno == EACCES
        let answer = isAnother || (try? DaemonClient(socketPath: socket, timeout: Self.patience).status()) != nil
        serving[host] = answer
        return answer
    }

    private mutating func networks(of host: String?) throws(LabError) -> [HeddleAPI.Network] {
        try ask(host, \.networks) { (client: DaemonClient) throws(APIError) in try client.networks() }
    }

    private mutating func endpoints(of host: String?) throws(LabError) -> [HeddleAPI.Endpoint] {
        try ask(host, \.endpoints) { (client: DaemonClient) throws(APIError) in try client.endpoints() }
    }

    private mutating func impairments(of host: String?) throws(LabError) -> [HeddleAPI.EndpointImpairment] {
        try ask(host, \.impairments) { (client: DaemonClient) throws(APIError) in try client.impairments() }
    }

    private mutating func published(of host: String?) throws(LabError) -> [HeddleAPI.PublishedPort] {
        try ask(host, \.published) { (client: DaemonClient) throws(APIError) in try client.publishedPorts() }
    }

    private mutating func peers(of network: String, _ host: String?) throws(LabError) -> [HeddleAPI.Peer] {
        // A network that is gone has no peers, and is no reason to stop.
        guard try networks(of: host).contains(where: { $0.name == network }) else { return [] }
        return try ask(host, \.peers, about: network) { (client: DaemonClient) throws(APIError) in
            try client.peers(network: network)
        }
    }

    private mutating func ask<Answer>(
        _ host: String?, _ known: WritableKeyPath<LabSight, [String: [Answer]]>, about what: String = "",
        _ question: (DaemonClient) throws(APIError) -> [Answer]
    ) throws(LabError) -> [Answer] {
        let key = "\(host ?? "") \(what)"
        if let found = self[keyPath: known][key] { return found }
        var found: [Answer] = []
        do throws(APIError) {
            if host.map({ serves($0) }) != false { found = try question(client(host)) }
        } catch {
            if host == nil { throw LabError(error.message, hint: error.hint) }
        }
        self[keyPath: known][key] = found
        return found
    }
}
