import Netlink
import SystemPackage

/// The namespace in which the daemon runs: "the host" for its networks.
struct OwnNamespace {
    let namespace: NetworkNamespace
    let route: RouteSocket
    let monitor: LinkMonitor
    /// See `SandboxSession.cookie`.
    let cookie: UInt64

    /// Opens the calling thread's namespace.
    init() throws(ControlError) {
        do {
            namespace = try NetworkNamespace.current()
            monitor = try LinkMonitor(in: namespace)
            route = try RouteSocket(in: namespace)
            cookie = try SandboxSession.cookie(of: route)
        } catch {
            throw ControlError("cannot look at the daemon's own network namespace: \(error)")
        }
    }
}
