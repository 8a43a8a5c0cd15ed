import Glibc
package import Netlink
import SystemPackage

/// A network namespace that the bench made, under a name in /run/netns so that others can be told of it.
package final class Sandbox: Sendable {
    /// Its name in /run/netns.
    package let name: String
    /// Held open, so that sockets can be opened in it at any time.
    package let namespace: NetworkNamespace

    private static let folder = "/run/netns"

    /// Makes a namespace with its loopback up and IPv6 off: router solicitations would mix with what is measured.
    package init(name: String) throws {
        self.name = name
        mkdir(Self.folder, 0o755)
        namespace = try NetworkNamespace.make()
        try namespace.pin(at: path)
        try namespace.run {
            for scope in ["all", "default"] {
                // Absent where the kernel has no IPv6: then there is nothing to turn off.
                try? TextFile.write("1", to: "/proc/sys/net/ipv6/conf/\(scope)/disable_ipv6")
            }
        }
        let routes = try routes()
        if let loopback = try routes.link(named: "lo") { try routes.setUp(link: loopback.index) }
    }

    /// The file that stands for it.
    package var path: String { "\(Self.folder)/\(name)" }

    /// A conversation with the kernel about this namespace.
    package func routes() throws -> RouteSocket {
        do {
            return RouteSocket(transport: try NetlinkSocket(in: namespace))
        } catch {
            throw BenchError("cannot open a netlink socket in the namespace \(name): \(error)")
        }
    }

    /// Runs something on this thread in the namespace.
    package func run<Result>(_ body: () throws -> Result) throws -> Result {
        try namespace.run(body)
    }

    /// Starts a program in the namespace.
    package func start(
        _ executable: String, _ arguments: [String], output: ChildProcess.Output = .discarded,
        passing descriptors: [Int32] = []
    ) throws -> ChildProcess {
        try run { try ChildProcess(executable, arguments, output: output, passing: descriptors) }
    }

    /// Takes the name away; the namespace goes when nobody is in it and nobody holds it.
    package func remove() {
        try? NetworkNamespace.unpin(path: path)
    }

    /// The names in /run/netns that begin so.
    static func names(beginningWith prefix: String) -> [String] {
        Folder.names(in: folder).filter { $0.hasPrefix(prefix) }
    }

    /// Ends what still runs in a namespace and takes its name away: for what an earlier run left behind.
    static func removeLeftover(_ name: String) {
        guard let namespace = try? NetworkNamespace.open(name: name) else { return }
        endProcesses(in: namespace.identity)
        try? NetworkNamespace.unpin(path: "\(folder)/\(name)")
    }

    /// Kills the processes whose network namespace this is. Only the bench's own programs are in the bench's namespaces.
    static func endProcesses(in identity: NetworkNamespace.Identity) {
        for entry in Folder.names(in: "/proc") {
            guard let process = Int32(entry), process != getpid(),
                let other = try? NetworkNamespace.open(pid: process), other.identity == identity
            else { continue }
            kill(process, SIGKILL)
        }
    }

    /// Kills the processes whose network namespace this is.
    package func endProcesses() {
        Self.endProcesses(in: namespace.identity)
    }
}
