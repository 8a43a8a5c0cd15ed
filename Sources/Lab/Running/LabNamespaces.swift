import CLinux
import Glibc
import Netlink
import SystemPackage

/// Network namespaces, with errors of labs.
enum LabNamespaces {
    /// Opens what somebody calls SANDBOX.
    static func open(_ sandbox: String) throws(LabError) -> NetworkNamespace {
        do throws(SandboxError) {
            return try SandboxReference(parsing: sandbox).open()
        } catch {
            throw LabError("\(error)")
        }
    }

    /// Makes one with a name under /run/netns and its loopback interface up.
    static func make(_ name: String) throws(LabError) -> NetworkNamespace {
        let shared = heddle_lab_share_names()
        if shared < 0 { throw LabError("preparing \(LabPaths.names)", Errno(rawValue: -shared)) }
        do {
            let namespace = try NetworkNamespace.make()
            try ask(namespace) { (route: RouteSocket) throws(NetlinkError) in
                if let loopback = try route.link(named: "lo") { try route.setUp(link: loopback.index) }
            }
            try namespace.pin(at: "\(LabPaths.names)/\(name)")
            return namespace
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError("\(error)")
        }
    }

    /// Makes one that goes with its last process and descriptor.
    static func makeUnnamed() throws(LabError) -> NetworkNamespace {
        do throws(NamespaceError) {
            return try NetworkNamespace.make()
        } catch {
            throw LabError("\(error)")
        }
    }

    /// Takes a name away. Fine if there is none.
    static func remove(_ name: String) throws(LabError) {
        do throws(NamespaceError) {
            try NetworkNamespace.unpin(path: "\(LabPaths.names)/\(name)")
        } catch {
            throw LabError("\(error)")
        }
    }

    /// Speaks with the kernel about a namespace.
    @discardableResult
    static func ask<Result>(
        _ namespace: NetworkNamespace, _ body: (RouteSocket) throws(NetlinkError) -> Result
    ) throws(LabError) -> Result {
        do {
            let route = try RouteSocket(in: namespace)
            defer { withExtendedLifetime(route) {} }
            return try body(route)
        } catch {
            throw LabError("\(error)")
        }
    }
}

extension LabRunner {
    /// A node's namespace, as it is recorded.
    func namespace(of node: String) throws(LabError) -> NetworkNamespace {
        try LabNamespaces.open(try sandbox(of: node))
    }

    /// A node's namespace if it still is the one that was made; nil if its name is gone or leads to another.
    func ownNamespace(of node: String) -> NetworkNamespace? {
        guard let found = try? namespace(of: node) else { return nil }
        let inode = folder.record.entries["sandbox:\(node)"]?.facts["inode"]
        return inode == nil || inode == "\(found.identity.inode)" ? found : nil
    }

    /// What a node's namespace is called.
    func sandbox(of node: String) throws(LabError) -> String {
        guard let entry = folder.record.entries["sandbox:\(node)"], case .sandbox(let sandbox) = entry.item.thing else {
            throw LabError("there is no node \(node)")
        }
        if let known = entry.facts["sandbox"] { return known }
        return try sandboxReference(of: sandbox)
    }

    /// A name under /run/netns, a path or pid:N.
    func sandboxReference(of sandbox: LabThing.Sandbox) throws(LabError) -> String {
        guard let existing = sandbox.existing else { return paths.sandboxName(of: sandbox.node) }
        guard let container = LabSandbox.container(in: existing) else { return existing }
        return "pid:\(try LabContainers.process(of: container))"
    }
}
