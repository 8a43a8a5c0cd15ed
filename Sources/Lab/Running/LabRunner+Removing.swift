import Addresses
import Glibc
import HeddleAPI
import Netlink

extension LabRunner {
    /// Takes a thing away, or what there is of it; what goes with something else is left to that. Fine if it is gone.
    func takeAway(_ item: LabItem, _ leaving: LabLeaving) throws(LabError) {
        let record = folder.record
        let state = record.entries[item.key]?.state
        if state == .refused { return }
        let mayBeAnothers = !record.unreadable.isEmpty && state == .making && !isLeaving(item.thing.host, leaving)
        if mayBeAnothers, let way = wayOut(item) {
            throw LabError("it may be somebody else's: the lab's record is damaged and doesn't tell", hint: way)
        }
        let goesWithNode = item.thing.node.map { leaving.nodes.contains($0) } ?? false
        switch item.thing {
        case .sandbox(let sandbox): try removeSandbox(sandbox)
        case .underlay: try LabNamespaces.remove(paths.underlayName)
        case .file(let node, let path, _): LabFiles.remove(paths.place(of: path, in: node))
        case .cable(let cable): removeCable(cable)
        case .daemon(let host, _): try stopDaemon(host, facts: folder.record.entries[item.key]?.facts ?? [:])
        case .process: endProcess(item, goesWithNode: goesWithNode)
        case .address(let node, let ifname, let prefix):
            if !goesWithNode { removeAddress(prefix, of: ifname, node) }
        case .route(let node, let destination, let gateway, let ifname):
            if !goesWithNode { removeRoute(node, destination, gateway, ifname) }
        // What a command did, and what a setting was before, nobody knows. Of a command that was cut short, what it has
        // started may still run.
        case .command(let node, _, _):
            if !goesWithNode, state == .making, let namespace = try? namespace(of: node) {
                let mark = LabCommandMark(lab: paths.lab, node: node, key: item.key)
                LabProcessTable.end(mark.processes(inode: "\(namespace.identity.inode)"), groups: false)
            }
        case .environment, .sysctl: break
        case .network, .peer, .endpoint:
            if leaving.staysInDaemon(item.thing) {
                throw LabError("it stays in the records of the daemon, which does not serve", hint: wayOut(item))
            }
            if !isLeaving(item.thing.host, leaving) { try dismiss(item.thing) }
        case .impairment, .publish:
            // It goes with the endpoint, or went with it.
            let hasEndpoint = item.foundations.first.map { record.entries[$0] != nil } ?? true
            let isAlone = !goesWithNode && !isLeaving(item.thing.host, leaving)
            if isAlone, hasEndpoint { try dismiss(item.thing) }
        }
    }

    /// How one removes by hand what stays in a daemon.
    private func wayOut(_ item: LabItem) -> String? {
        switch item.thing {
        case .network(_, let request):
            return "'heddle network inspect \(request.name)' tells what is on it. Detach that, 'heddle detach"
                + " \(request.name) SANDBOX', and then 'heddle network rm \(request.name)'."
        case .endpoint(let endpoint):
            let sandbox = (try? sandbox(of: endpoint.name.node)) ?? paths.sandboxName(of: endpoint.name.node)
            return "'heddle detach \(endpoint.name.network) \(sandbox)' removes it."
        case .publish(let name, let spec, _):
            let sandbox = (try? sandbox(of: name.node)) ?? paths.sandboxName(of: name.node)
            return "'heddle publish rm \(name.network) \(sandbox) \(spec)' removes it."
        default: return nil
        }
    }

    private func isLeaving(_ host: String?, _ leaving: LabLeaving) -> Bool {
        // With a daemon that is gone went what it had.
        host.map { leaving.daemons.contains($0) || folder.record.entries["daemon:\($0)"] == nil }
            ?? leaving.isDaemonGone
    }

    private func endProcess(_ item: LabItem, goesWithNode: Bool) {
        guard let entry = folder.record.entries[item.key], case .process(let node, let name, _) = item.thing else {
            return
        }
        if LabProcessTable.isAlive(entry.facts), let pid = entry.facts["pid"].flatMap({ pid_t($0) }) {
            LabProcessTable.end([pid], groups: true)
        }
        // Whoever started it may have been ended before its number was written down, and what it has started may have
        // outlived it. With the node, all goes that runs there.
        guard !goesWithNode, let namespace = try? namespace(of: node) else { return }
        let variables = ["HEDDLE_LAB=\(paths.lab)", "HEDDLE_NODE=\(node)", "HEDDLE_PROCESS=\(name)"]
        let stray = LabProcessTable.inside(inode: "\(namespace.identity.inode)").filter { pid in
            LabProcessTable.process(pid, has: variables)
        }
        LabProcessTable.end(stray, groups: false)
    }

    private func removeSandbox(_ sandbox: LabThing.Sandbox) throws(LabError) {
        if sandbox.existing == nil {
            let name = paths.sandboxName(of: sandbox.node)
            // Whatever runs in there would keep it alive, a forgotten shell, too.
            let own = ownNamespace(of: sandbox.node)
            if let namespace = own {
                LabProcessTable.end(LabProcessTable.inside(inode: "\(namespace.identity.inode)"), groups: false)
            } else if let inode = folder.record.entries["sandbox:\(sandbox.node)"]?.facts["inode"] {
                // It has lost its name. The number may be another one's by now: what runs there must be the lab's.
                let variables = ["HEDDLE_LAB=\(paths.lab)", "HEDDLE_NODE=\(sandbox.node)"]
                let own = LabProcessTable.inside(inode: inode).filter { LabProcessTable.process($0, has: variables) }
                LabProcessTable.end(own, groups: false)
            }
            // Somebody may have given the name to another namespace.
            let isAnothers = own == nil && (try? namespace(of: sandbox.node)) != nil
            if !isAnothers { try LabNamespaces.remove(name) }
        }
        LabFiles.remove(paths.node(sandbox.node))
    }

    func removeCable(_ cable: LabThing.Cable) {
        for end in [cable.near, cable.far] {
            guard let namespace = try? namespace(of: end) else { continue }
            _ = try? LabNamespaces.ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
                guard let link = try route.link(named: end.ifname), link.kind == "veth" else { return }
                try route.deleteLink(index: link.index)
            }
        }
    }

    private func removeAddress(_ text: String, of ifname: String, _ node: String) {
        guard let prefix = IPPrefix(text), let namespace = try? namespace(of: node) else { return }
        _ = try? LabNamespaces.ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
            if let link = try route.link(named: ifname) { try route.removeAddress(link: link.index, prefix) }
        }
    }

    private func removeRoute(_ node: String, _ destination: String, _ gateway: String?, _ ifname: String?) {
        guard let prefix = IPPrefix(destination), let namespace = try? namespace(of: node) else { return }
        _ = try? LabNamespaces.ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
            var index: Int32?
            if let ifname { index = try route.link(named: ifname)?.index }
            try route.removeRoute(Route(to: prefix, via: gateway.flatMap { IPAddress($0) }, interfaceIndex: index))
        }
    }
}
