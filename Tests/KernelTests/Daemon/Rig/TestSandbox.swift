import Addresses
import Glibc
import Netlink

/// A network namespace with a name under /run/netns. Nothing in here holds it open, so that removing the name ends it.
final class TestSandbox: Sendable {
    /// As `heddle attach` is told.
    let name: String
    /// A file that leads to it.
    let path: String
    private let isOwn: Bool

    private static let folder = "/run/netns"

    /// Makes it as `ip netns add` would, with loopback up. Without `ipv6` nothing in it speaks unasked.
    init(name: String, ipv6: Bool = false) throws {
        self.name = name
        path = "\(Self.folder)/\(name)"
        isOwn = true
        mkdir(Self.folder, 0o755)
        let namespace = try NetworkNamespace.make()
        try namespace.pin(at: path)
        if !ipv6 {
            try namespace.run {
                for scope in ["all", "default"] { try Self.write("1", to: "net/ipv6/conf/\(scope)/disable_ipv6") }
            }
        }
        let route = try RouteSocket(in: namespace)
        if let loopback = try route.link(named: "lo") { try route.setUp(link: loopback.index) }
    }

    /// The namespace that a process of somebody else's is in.
    init(of pid: pid_t) {
        name = "pid/\(pid)"
        path = "/proc/\(pid)/ns/net"
        isOwn = false
    }

    /// The namespace; let go of it soon.
    func open() throws -> NetworkNamespace {
        try NetworkNamespace.open(path: path)
    }

    /// Runs something on this thread in the namespace.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try open().run(body)
    }

    /// Asks the kernel about the namespace.
    func ask<Result>(_ body: (RouteSocket) throws -> Result) throws -> Result {
        let route = try RouteSocket(in: try open())
        defer { withExtendedLifetime(route) {} }
        return try body(route)
    }

    /// One interface, or nil.
    func link(_ name: String) throws -> Link? {
        try ask { try $0.link(named: name) }
    }

    /// An interface's addresses as text, link-local ones left out.
    func addresses(_ ifname: String) throws -> [String] {
        try ask { route in
            guard let link = try route.link(named: ifname) else { return [] }
            return try route.addresses(link: link.index).map(\.prefix)
                .filter { !($0.family == .v6 && $0.address.isLinkLocal) }.map(\.description).sorted()
        }
    }

    /// Where the default routes lead: "10.0.0.1 eth0".
    func defaultRoutes() throws -> [String] {
        try ask { route in
            try route.routes().filter { $0.isDefault && $0.kind == .unicast }.map { found in
                let link = try found.interfaceIndex.flatMap { try route.link(index: $0) }
                return "\(found.gateway.map { "\($0)" } ?? "-") \(link?.name ?? "-")"
            }.sorted()
        }
    }

    /// Sets a file below /proc/sys for this namespace.
    func set(_ key: String, _ value: String) throws {
        try inside { try Self.write(value, to: key) }
    }

    private static func write(_ value: String, to key: String) throws {
        let descriptor = Glibc.open("/proc/sys/" + key, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LabError.system("open /proc/sys/\(key)") }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, value, value.utf8.count) > 0 else { throw LabError.system("write \(key)") }
    }

    /// Takes the name away, as `ip netns del` does. Fine if it is gone.
    func remove() {
        if isOwn { try? NetworkNamespace.unpin(path: path) }
    }

    /// Whether the name is there.
    var exists: Bool { access(path, F_OK) == 0 }
}
