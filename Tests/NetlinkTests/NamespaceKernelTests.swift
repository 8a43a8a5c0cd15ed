import CLinux
import Glibc
import Netlink
import SystemPackage
import Testing

@Suite("Network namespaces on the real kernel", .enabled(if: KernelLab.isRoot, KernelLab.reason))
struct NamespaceKernelTests {
    @Test("a fresh namespace is another one, and the thread stays where it was")
    func make() throws {
        let home = try NetworkNamespace.current()
        let made = try NetworkNamespace.make()
        let other = try NetworkNamespace.make()
        #expect(made != home && made != other)
        #expect(try NetworkNamespace.current() == home)
        #expect(made.identity.description.hasPrefix("net:["))
        #expect(try NetworkNamespace.open(pid: getpid()) == home)
        #expect(try NetworkNamespace.open(path: "/proc/self/ns/net") == home)
    }

    @Test("run is inside, returns what the body returns, and comes back also from errors and from nesting")
    func run() throws {
        struct Failure: Error {}
        let home = try NetworkNamespace.current()
        let outer = try NetworkNamespace.make()
        let inner = try NetworkNamespace.make()
        let seen = try outer.run {
            let first = try NetworkNamespace.current()
            let second = try inner.run { try NetworkNamespace.current() }
            return (first, second, try NetworkNamespace.current())
        }
        #expect(seen.0 == outer && seen.1 == inner && seen.2 == outer)
        #expect(throws: Failure.self) { try outer.run { throw Failure() } }
        #expect(try NetworkNamespace.current() == home)
    }

    @Test("a namespace lives as long as its object, and no longer")
    func lifetime() throws {
        let outside = try RouteSocket(in: NetworkNamespace.make())
        func makeAndForget() throws {
            let inside = try NetworkNamespace.make()
            try outside.createVeth(
                near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("eth0")),
                farNamespace: inside)
            #expect(try RouteSocket(in: inside).link(named: "eth0") != nil)
        }
        try makeAndForget()
        #expect(try KernelLab.eventually { try outside.link(named: "v1") == nil })
    }

    @Test("entering, opening and making many times leaves no descriptor and no thread")
    func leaks() throws {
        let namespace = try NetworkNamespace.make()
        let descriptors = KernelLab.descriptorCount()
        for _ in 0..<100 {
            _ = try NetworkNamespace.make()
            _ = try namespace.run { try NetworkNamespace.current() }
            _ = try RouteSocket(in: namespace)
            #expect(throws: NamespaceError.self) { try NetworkNamespace.open(path: "/etc/hostname") }
        }
        #expect(abs(KernelLab.descriptorCount() - descriptors) < 20, "others run beside this test")
    }

    @Test(
        "what is no network namespace is not opened",
        arguments: [
            ("/etc/hostname", Errno.invalidArgument), ("/dev/null", .invalidArgument), ("/run", .invalidArgument),
            ("/proc/self/ns/mnt", .invalidArgument), ("/proc/self/ns/user", .invalidArgument),
            ("/nowhere/at/all", .noSuchFileOrDirectory), ("", .noSuchFileOrDirectory),
            ("/proc/self/ns/net\0", .invalidArgument),
        ])
    func notNamespaces(path: String, errno: Errno) throws {
        let error = #expect(throws: NamespaceError.self) { try NetworkNamespace.open(path: path) }
        #expect(error?.errno == errno)
    }

    @Test("a FIFO is refused without waiting for its other end")
    func fifo() throws {
        let path = "/tmp/hdt-fifo-\(getpid())"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect(throws: NamespaceError.self) { try NetworkNamespace.open(path: path) }
    }

    @Test("a pinned namespace outlives its descriptors, and unpinning removes it and the file")
    func pin() throws {
        let path = "/tmp/hdt-pin-\(getpid())"
        defer { try? NetworkNamespace.unpin(path: path) }
        let outside = try RouteSocket(in: NetworkNamespace.make())
        func pinOne() throws -> NetworkNamespace.Identity {
            let namespace = try NetworkNamespace.make()
            try outside.createVeth(
                near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("eth0")),
                farNamespace: namespace)
            #expect(try namespace.pin(at: path).contains(.caller))
            // Again: nothing happens.
            #expect(try namespace.pin(at: path).contains(.caller))
            return namespace.identity
        }
        let identity = try pinOne()
        usleep(100_000)
        #expect(try outside.link(named: "v1") != nil)
        #expect(try NetworkNamespace.open(path: path).identity == identity)
        let error = #expect(throws: NamespaceError.self) { try NetworkNamespace.make().pin(at: path) }
        #expect(error?.errno == .fileExists)
        try NetworkNamespace.unpin(path: path)
        #expect(access(path, F_OK) != 0)
        #expect(try KernelLab.eventually { try outside.link(named: "v1") == nil })
        try NetworkNamespace.unpin(path: path)
    }

    @Test("a pin over a stale empty file works, over anything else it is refused and leaves that alone")
    func pinOverFiles() throws {
        let path = "/tmp/hdt-stale-\(getpid())"
        defer {
            try? NetworkNamespace.unpin(path: path)
            unlink(path)
        }
        let namespace = try NetworkNamespace.make()
        let empty = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try empty.close()
        try namespace.pin(at: path)
        try NetworkNamespace.unpin(path: path)
        let full = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try full.writeAll("somebody's".utf8)
        try full.close()
        var error = #expect(throws: NamespaceError.self) { try namespace.pin(at: path) }
        #expect(error?.errno == .fileExists)
        error = #expect(throws: NamespaceError.self) { try NetworkNamespace.unpin(path: path) }
        #expect(error?.errno == .invalidArgument)
        #expect(access(path, F_OK) == 0)
        error = #expect(throws: NamespaceError.self) { try namespace.pin(at: "/nowhere/at/all") }
        #expect(error?.errno == .noSuchFileOrDirectory)
        error = #expect(throws: NamespaceError.self) { try namespace.pin(at: "relative") }
        #expect(error?.errno == .invalidArgument)
    }

    @Test("a pin made in a private mount namespace reaches the host's and outlives its own")
    func pinFromPrivateMounts() throws {
        let path = "/tmp/hdt-private-\(getpid())"
        defer { try? NetworkNamespace.unpin(path: path) }
        let namespace = try NetworkNamespace.make()
        // A thread of its own, since its mount namespace can't be left again.
        var places: NetworkNamespace.PinPlaces = []
        let result = HelperThread.run {
            let result = heddle_mountns_unshare()
            if result == 0 { places = (try? namespace.pin(at: path)) ?? [] }
            return result
        }
        #expect(result == 0)
        #expect(places == [.caller, .host])
        #expect(try NetworkNamespace.open(path: path) == namespace)
        var failure: NamespaceError?
        let second = HelperThread.run {
            let result = heddle_mountns_unshare()
            if result == 0 {
                do throws(NamespaceError) { try NetworkNamespace.unpin(path: path) } catch { failure = error }
            }
            return result
        }
        #expect(second == 0 && failure == nil)
        #expect(access(path, F_OK) != 0)
    }

    @Test("identifiers of namespaces are given once and kept")
    func identifiers() throws {
        let lab = try KernelLab.Pair()
        #expect(try lab.leftSession.identifier(of: lab.right) == nil)
        let number = try lab.leftSession.assignIdentifier(to: lab.right)
        #expect(try lab.leftSession.assignIdentifier(to: lab.right) == number)
        #expect(try lab.leftSession.identifier(of: lab.right) == number)
        #expect(number >= 0)
    }
}
