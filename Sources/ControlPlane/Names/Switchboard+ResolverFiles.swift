import Addresses
import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// As many as the C library asks.
    private static let mostResolvers = 3

    /// Brings a sandbox's resolver file up to date, if it is one that `ip netns exec` would read.
    func refreshResolverFile(of sandbox: String) {
        guard let namespace = SandboxReference(sandbox)?.netnsName else { return }
        let members = endpointRecords.values.filter { endpoint in
            endpoint.phase != .removing && endpoint.phase != .creating
                && SandboxReference(endpoint.sandbox)?.netnsName == namespace
        }
        let networks = members.sorted { $0.port < $1.port }.compactMap { networkRecords[$0.network] }
        // One that leads nowhere first: what it doesn't know it refuses, and the next one is asked.
        let ordered = networks.filter(\.isInternal) + networks.filter { !$0.isInternal }
        let resolvers = ordered.compactMap { $0.gateway(.v4) ?? $0.gateway(.v6) }.prefix(Self.mostResolvers)
        let file = ResolverFile(namespace: namespace, daemon: mark.daemon)
        switch file.write(resolvers: resolvers.map(\.description)) {
        case .done: foreignResolverFiles.remove(namespace)
        case .foreign:
            // Nothing of ours is there when the last endpoint has gone.
            guard !resolvers.isEmpty, foreignResolverFiles.insert(namespace).inserted else { return }
            log.notice("/etc/netns/\(namespace)/resolv.conf was written by somebody else; it stays as it is")
        case .failed(let reason): log.warning("\(reason); names don't resolve in \(namespace) by themselves")
        }
    }

    /// The same for all sandboxes.
    func refreshResolverFiles() {
        for sandbox in Set(endpointRecords.values.map(\.sandbox)) { refreshResolverFile(of: sandbox) }
    }
}

extension SandboxReference {
    /// The name that `ip netns` knows the sandbox by; nil: none.
    var netnsName: String? {
        switch self {
        case .name(let name): return name
        case .path(let path):
            for directory in ["/run/netns/", "/var/run/netns/"] where path.hasPrefix(directory) {
                let name = String(path.dropFirst(directory.count))
                return name.isEmpty || name.contains("/") || name == "." || name == ".." ? nil : name
            }
            return nil
        case .pid: return nil
        }
    }
}
