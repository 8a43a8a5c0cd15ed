import CLinux
import Netlink
import SystemPackage

/// The namespace in which ports are made and near ends lie: nothing else is in it, so that nothing of the host answers
/// there. Pinned by a bind mount beside the socket, since packet sockets must be opened there again by a later daemon.
final class PrivateNamespace {
    /// The open namespace.
    let namespace: NetworkNamespace
    /// A conversation with its interfaces.
    let route: RouteSocket
    /// For what only the ioctl can set.
    let ethtool: EthtoolSocket
    /// Tells when a near end goes, because its far end's sandbox went.
    let monitor: LinkMonitor
    /// Whether it was made just now.
    let isNew: Bool

    /// Finds the namespace of an earlier daemon or makes one.
    init(paths: RuntimePaths) throws(ControlError) {
        do {
            if let found = try? NetworkNamespace.open(path: paths.namespace) {
                namespace = found
                isNew = false
            } else {
                namespace = try NetworkNamespace.make()
                isNew = true
                // What a pin that went wrong left: an empty file.
                try NetworkNamespace.unpin(path: paths.namespace)
                try namespace.pin(at: paths.namespace)
            }
            monitor = try LinkMonitor(in: namespace)
            route = try RouteSocket(in: namespace)
            ethtool = try EthtoolSocket(in: namespace)
        } catch {
            throw ControlError("cannot make the private network namespace: \(error)")
        }
    }
}
