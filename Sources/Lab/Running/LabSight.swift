import HeddleAPI
import HeddleClient
import Netlink

/// Looks what of a recorded lab is still there.
struct LabSight {
    private let record: LabRecord
    private let paths: LabPaths
    private let socket: String?
    private var endpoints: [String: [HeddleAPI.Endpoint]] = [:]
    private var networks: [String: Set<String>] = [:]

    /// Keys of what was made and is gone. Throws if a daemon that should be asked isn't to be had; a host's daemon that is
    /// gone is missing, and all that it made.
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
    }

    private mutating func isThere(_ entry: LabRecord.Entry) throws(LabError) -> Bool {
        switch entry.item.thing {
        case .sandbox:
            guard let inode = entry.facts["inode"], let name = entry.facts["sandbox"] else { return false }
            return (try? LabNamespaces.open(name).identity.inode).map { "\($0)" } == inode
        case .process: return entry.facts["ended"] != nil || LabProcessTable.isAlive(entry.facts)
        case .daemon: return LabProcessTable.isAlive(entry.facts)
        case .cable(let cable): return isThere(cable)
        case .network(let host, let request): return try networks(of: host).contains(request.name)
        case .endpoint(let endpoint):
            let id = entry.facts["id"]
            return try endpoints(of: endpoint.name.host).contains { $0.id == id && $0.state == .up }
        default: return true
        }
    }

    private func isThere(_ cable: LabThing.Cable) -> Bool {
        let name = cable.near.node.flatMap { record.entries["sandbox:\($0)"]?.facts["sandbox"] } ?? paths.underlayName
        guard let namespace = try? LabNamespaces.open(name) else { return false }
        let link = try? LabNamespaces.ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
            try route.link(named: cable.near.ifname)
        }
        return link?.kind == "veth"
    }

    private func client(_ host: String?) -> DaemonClient {
        DaemonClient(socketPath: host.map { paths.socket(ofHost: $0) } ?? socket ?? APIPath.defaultSocket)
    }

    private mutating func networks(of host: String?) throws(LabError) -> Set<String> {
        if let known = networks[host ?? ""] { return known }
        let found = Set(try ask(host) { (client: DaemonClient) throws(APIError) in try client.networks() }.map(\.name))
        networks[host ?? ""] = found
        return found
    }

    private mutating func endpoints(of host: String?) throws(LabError) -> [HeddleAPI.Endpoint] {
        if let known = endpoints[host ?? ""] { return known }
        let found = try ask(host) { (client: DaemonClient) throws(APIError) in try client.endpoints() }
        endpoints[host ?? ""] = found
        return found
    }

    private func ask<Answer>(
        _ host: String?, _ question: (DaemonClient) throws(APIError) -> [Answer]
    ) throws(LabError) -> [Answer] {
        do throws(APIError) {
            return try question(client(host))
        } catch {
            if host != nil { return [] }
            throw LabError(error.message, hint: error.hint)
        }
    }
}
