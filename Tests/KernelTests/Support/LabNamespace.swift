// Offers: `LabNamespace`, a fresh network namespace without IPv6 and without firewall hooks on bridges, in which nothing
// speaks unasked, and what one does in it.

import Addresses
import Glibc
import Netlink

/// A network namespace that is gone when this value and all sockets in it are. Has no name: nothing is left in /run.
final class LabNamespace: Sendable {
    let namespace: NetworkNamespace

    init() throws {
        namespace = try NetworkNamespace.make()
        try namespace.run {
            // So that only what tests send is on the wire: no router solicitations, no multicast reports.
            for name in ["ipv6/conf/all/disable_ipv6", "ipv6/conf/default/disable_ipv6"] {
                Self.set(name, "1")
            }
            // With these, a bridge drops what a firewall thinks is malformed.
            for name in ["iptables", "ip6tables", "arptables"] { Self.set("bridge/bridge-nf-call-\(name)", "0") }
        }
        let session = try RouteSocket(in: namespace)
        if let loopback = try session.link(named: "lo") { try session.setUp(link: loopback.index) }
    }

    /// A session with the namespace; it keeps it alive.
    func session() throws -> RouteSocket {
        try RouteSocket(in: namespace)
    }

    /// Lets it speak IPv6 by one interface, or by all that there will be, without asking whether addresses are taken.
    func allowIPv6(by name: String? = nil) throws {
        try namespace.run {
            for name in name.map({ [$0] }) ?? ["all", "default"] {
                Self.set("ipv6/conf/\(name)/accept_dad", "0")
                Self.set("ipv6/conf/\(name)/disable_ipv6", "0")
            }
        }
    }

    /// Has it pass on what is for others, as a router.
    func forward() throws {
        try namespace.run {
            for name in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] { Self.set(name, "1") }
        }
    }

    /// Runs something on this thread inside the namespace.
    func run<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.run(body)
    }

    /// An interface, with its counters.
    func link(_ name: String) throws -> Link {
        guard let link = try session().link(named: name) else { throw SetupError("there is no interface \(name)") }
        return link
    }

    /// Waits until an interface has a carrier and the kernel has noticed: until then it drops frames without a word.
    func waitUntilRunning(_ name: String) throws {
        let session = try session()
        let isRunning = try KernelLab.eventually {
            try session.link(named: name)?.flags.isSuperset(of: [.running, .lowerUp]) == true
        }
        guard isRunning else { throw SetupError("\(name) doesn't come up") }
    }

    /// Gives an interface an IPv4 address with its subnet: "10.0.0.2/24".
    func addAddress(_ text: String, to name: String) throws {
        try session().addAddress(link: link(name).index, IPPrefix(parsing: text))
    }

    /// Writes a file under /proc/sys/net of the calling thread's namespace; what this kernel doesn't have is left.
    private static func set(_ name: String, _ value: String) {
        let file = open("/proc/sys/net/\(name)", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, value, value.utf8.count)
        close(file)
    }
}
