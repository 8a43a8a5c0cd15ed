import CLinux
import HeddleAPI
import Netlink
import SystemPackage

/// A sandbox for the length of one piece of work: holding it longer would keep it alive.
final class SandboxSession {
    /// The open namespace.
    let namespace: NetworkNamespace
    /// A conversation with its interfaces.
    let route: RouteSocket
    /// The kernel's number for the namespace: never given twice until the next boot, unlike inode numbers.
    let cookie: UInt64

    /// Opens what a user named.
    convenience init(_ reference: SandboxReference) throws(APIError) {
        try self.init(
            namespace: try reference.openOrRefuse(), what: "sandbox \(APIError.quoted(reference.description))")
    }

    init(namespace: NetworkNamespace, what: String) throws(APIError) {
        self.namespace = namespace
        do throws(NetlinkError) {
            route = try RouteSocket(in: namespace)
        } catch {
            throw .refused(error, for: what)
        }
        do throws(Errno) {
            cookie = try Self.cookie(of: route)
        } catch {
            throw .failed("\(what): cannot tell it from other namespaces: \(error)")
        }
    }

    /// The number of the namespace that a session talks to.
    static func cookie(of route: RouteSocket) throws(Errno) -> UInt64 {
        var cookie: UInt64 = 0
        let result = heddle_socket_namespace_cookie(route.transport.descriptor.rawValue, &cookie)
        guard result == 0 else { throw Errno(rawValue: -result) }
        return cookie
    }

    /// The interface that carries a mark: first where it should be, then wherever it is.
    func interface(marked alias: String, index: Int32, name: String) throws(NetlinkError) -> Link? {
        if let link = try route.link(index: index), link.alias == alias { return link }
        if let link = try route.link(named: name), link.alias == alias { return link }
        return try route.links().first { $0.alias == alias }
    }
}
