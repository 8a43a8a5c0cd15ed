import HeddleAPI
import HeddleClient

extension LabRunner {
    /// Whether a lab that was taken away has left what its record, which is damaged then, didn't tell of.
    func hasUnrecorded(beside known: LabRecord) -> Bool {
        if !known.unreadable.isEmpty { return true }
        return LabFiles.names(in: paths.nodes).contains { known.entries["sandbox:\($0)"] == nil }
            || LabFiles.names(in: paths.hosts).contains { known.entries["daemon:\($0)"] == nil }
    }

    /// After a damaged record's things are gone: ends the daemons of hosts that it didn't tell of, which are known by
    /// their directories, and tells which namespaces and networks bear the lab's name. Those stay: a name alone doesn't
    /// say whose they are.
    func takeAwayUnrecorded(beside known: LabRecord) {
        let hosts = LabFiles.names(in: paths.hosts).filter { known.entries["daemon:\($0)"] == nil }
        let namespaces = ownNames(LabFiles.names(in: LabPaths.names)).filter { name in
            name != paths.underlayName || known.entries["underlay"] == nil
        }
        let nodes = namespaces.filter { known.entries["sandbox:\(node(of: $0))"] == nil }
        let recorded = known.entries.values.compactMap { entry in
            if case .network(nil, let request) = entry.item.thing { request.name } else { nil }
        }
        let there = socket == nil ? [] : (try? client(nil).networks().map(\.name)) ?? []
        let networks = ownNames(there).filter { !recorded.contains($0) }
        report(.planned(hosts.count + nodes.count + networks.count))
        for host in hosts {
            attempt(.daemon(host: host, arguments: []), "taking away") { () throws(LabError) in
                try stopDaemon(host, facts: [:])
            }
        }
        for name in nodes {
            let sandbox = LabThing.Sandbox(node: node(of: name), existing: nil, isHost: false)
            attempt(.sandbox(sandbox), "taking away") { () throws(LabError) in
                throw LabError(
                    "the lab's record is damaged and doesn't tell of the namespace \(name), which stays",
                    hint: "If it is the lab's: 'ip netns pids \(name)' lists what runs in it, 'ip netns del \(name)'"
                        + " removes it.")
            }
        }
        for name in networks {
            attempt(.network(host: nil, request: NetworkRequest(name: name)), "taking away") { () throws(LabError) in
                throw LabError(
                    "the lab's record is damaged and doesn't tell of it: it stays",
                    hint: "If it is the lab's: 'heddle network inspect \(name)' tells what is on it. Detach that,"
                        + " 'heddle detach \(name) SANDBOX', and then 'heddle network rm \(name)'.")
            }
        }
    }

    /// Names that begin as the lab's do, and not as those of another lab, which may have a longer name.
    private func ownNames(_ names: [String]) -> [String] {
        let prefix = paths.sandboxName(of: "")
        let others = LabFolder.names().filter { $0.hasPrefix(prefix) }.map { LabPaths(lab: $0).sandboxName(of: "") }
        return names.filter { name in name.hasPrefix(prefix) && !others.contains { name.hasPrefix($0) } }
    }

    private func node(of name: String) -> String { String(name.dropFirst(paths.sandboxName(of: "").count)) }
}
