import HeddleAPI
import Netlink

/// The namespace in which name services have their gateways' addresses. Not the private one: near ends of veth pairs lie
/// there, on which a kernel with the gateway's address would answer sandboxes past the data plane. Not pinned either: it
/// goes with the daemon and the TAPs that are in it.
final class NameNamespace {
    /// The open namespace.
    let namespace: NetworkNamespace
    /// A conversation with its interfaces.
    let route: RouteSocket

    /// Makes it.
    init() throws(APIError) {
        do {
            namespace = try NetworkNamespace.make()
            route = try RouteSocket(in: namespace)
        } catch {
            throw .failed("cannot make the network namespace of the name services: \(error)")
        }
    }
}
