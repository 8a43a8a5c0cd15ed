import CLinux
public import SystemPackage

/// An open network namespace. Holding one keeps the namespace alive, and every device in it.
public final class NetworkNamespace: Sendable {
    /// What tells one namespace from another on this machine while it lives.
    public struct Identity: Hashable, Sendable, CustomStringConvertible {
        /// Device number of the kernel's namespace file system.
        public let device: UInt64
        /// Inode number of the namespace; may come again once the namespace is gone.
        public let inode: UInt64

        /// As `ip netns` and /proc print it.
        public var description: String { "net:[\(inode)]" }
    }

    /// The namespace's descriptor, owned by this object and closed with it. Close-on-exec.
    public let descriptor: FileDescriptor
    /// Tells whether two objects are the same namespace.
    public let identity: Identity

    /// Takes ownership of a descriptor of a network namespace. It is closed if this throws.
    public init(adopting descriptor: FileDescriptor) throws(NamespaceError) {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        let result = heddle_file_identity(descriptor.rawValue, &device, &inode)
        if result < 0 { try? descriptor.close() }
        try NamespaceError.check(result, "examine a network namespace")
        self.descriptor = descriptor
        identity = Identity(device: device, inode: inode)
    }

    deinit {
        try? descriptor.close()
    }

    private convenience init(
        opened result: CInt, _ operation: @autoclosure () -> String, advice: String? = nil
    ) throws(NamespaceError) {
        try NamespaceError.check(result, operation(), advice: advice)
        try self.init(adopting: FileDescriptor(rawValue: result))
    }

    /// Opens the calling thread's namespace.
    public static func current() throws(NamespaceError) -> NetworkNamespace {
        try NetworkNamespace(opened: heddle_netns_current(), "open the current network namespace")
    }

    /// Opens the namespace that a file stands for: /run/netns/NAME, /proc/PID/ns/net, or wherever one is bound.
    public static func open(path: String) throws(NamespaceError) -> NetworkNamespace {
        try open(path: path, as: "open the network namespace \(path)")
    }

    /// Opens a namespace that was made by `ip netns add`: a file in /run/netns.
    public static func open(name: String) throws(NamespaceError) -> NetworkNamespace {
        try open(path: "/run/netns/\(name)", as: "open the network namespace \(name)")
    }

    /// Opens the namespace of a process.
    public static func open(pid: Int32) throws(NamespaceError) -> NetworkNamespace {
        try open(path: "/proc/\(pid)/ns/net", as: "open the network namespace of process \(pid)")
    }

    static func open(path: String, as operation: String) throws(NamespaceError) -> NetworkNamespace {
        // A zero byte would cut the path off, and another file would be opened.
        let result = path.utf8.contains(0) ? -Errno.invalidArgument.rawValue : heddle_netns_open(path)
        let advice = result == -Errno.invalidArgument.rawValue ? "\(path) is not a network namespace" : nil
        return try NetworkNamespace(opened: result, operation, advice: advice)
    }

    /// Makes a fresh namespace that nobody else holds; the caller's stays as it is. Its loopback device is down.
    public static func make() throws(NamespaceError) -> NetworkNamespace {
        let result = HelperThread.run {
            let unshared = heddle_netns_unshare()
            return unshared < 0 ? unshared : heddle_netns_current()
        }
        return try NetworkNamespace(opened: result, "make a network namespace")
    }

    /// Runs `body` on the calling thread inside this namespace, and comes back whatever it does.
    ///
    /// The rest of the process stays where it is. Ends the process if there is no way back, since the thread would
    /// then go on in the wrong namespace.
    public func run<Result>(_ body: () throws -> Result) throws -> Result {
        let home = try enter()
        defer { NetworkNamespace.comeBack(to: home) }
        return try body()
    }

    /// Like `run`, for one call that doesn't throw; stays where it is if `namespace` is nil.
    static func entering<Result>(_ namespace: NetworkNamespace?, _ body: () -> Result) throws(Errno) -> Result {
        guard let namespace else { return body() }
        do throws(NamespaceError) {
            let home = try namespace.enter()
            defer { comeBack(to: home) }
            return body()
        } catch {
            throw error.errno
        }
    }

    /// Returns the descriptor of the namespace that was left.
    private func enter() throws(NamespaceError) -> CInt {
        let home = heddle_netns_current()
        try NamespaceError.check(home, "open the current network namespace")
        let result = heddle_netns_enter(descriptor.rawValue)
        if result < 0 { try? FileDescriptor(rawValue: home).close() }
        try NamespaceError.check(result, "enter the network namespace \(identity)")
        return home
    }

    private static func comeBack(to home: CInt) {
        let result = heddle_netns_enter(home)
        precondition(result == 0, "cannot return to the network namespace of this thread: error \(-result)")
        try? FileDescriptor(rawValue: home).close()
    }
}

extension NetworkNamespace: Hashable {
    /// Whether both are the same namespace, even through different descriptors.
    public static func == (left: NetworkNamespace, right: NetworkNamespace) -> Bool {
        left.identity == right.identity
    }

    /// Feeds the identity to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
    }
}
