import CLinux
import SystemPackage

extension NetworkNamespace {
    /// The mount namespaces in which a namespace file is bound.
    public struct PinPlaces: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt8

        /// Makes a set of its bits.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The calling thread's mount namespace.
        public static let caller = PinPlaces(rawValue: 1)
        /// The host's mount namespace, which is the caller's own outside of `ip netns exec` and containers: process 1's
        /// or, where that may not be looked at, the kernel threads' or the outermost ancestor's.
        public static let host = PinPlaces(rawValue: 2)
    }

    /// Binds this namespace over the file at `path`, which is made if it is missing, so that it outlives all processes.
    /// Does nothing if it is bound there already.
    ///
    /// `ip netns exec` gives its process a mount namespace that dies with it, and the pin would die too: hence the pin
    /// is set in the host's as well. Where that is impossible (the path doesn't exist there, or a container may not
    /// enter it), the result lacks `.host`. Throws `.fileExists` if something else lies at `path`.
    @discardableResult
    public func pin(at path: String) throws(NamespaceError) -> PinPlaces {
        let operation = "pin the network namespace \(identity) at \(path)"
        try NetworkNamespace.checkPath(path, operation)
        let descriptor = descriptor.rawValue
        // There first: from a shared mount it reaches the caller's mount namespace by itself.
        let inHost = NetworkNamespace.inHostMountNamespace { heddle_netns_bind(descriptor, path) }
        let result = heddle_netns_bind(descriptor, path)
        if result < 0, inHost == 0 {
            _ = NetworkNamespace.inHostMountNamespace { heddle_netns_unbind(path) }
        }
        let taken = result == -Errno.fileExists.rawValue ? "something else lies there: remove it first" : nil
        try NamespaceError.check(result, operation, advice: taken)
        return inHost == nil || inHost == 0 ? [.caller, .host] : .caller
    }

    /// Takes away what `pin` made, in both mount namespaces, and the file. Does nothing if there is nothing. Throws
    /// `.invalidArgument`, and leaves it alone, if `path` is neither a namespace nor an empty file.
    public static func unpin(path: String) throws(NamespaceError) {
        let operation = "unpin the network namespace at \(path)"
        try checkPath(path, operation)
        // Only the caller's result counts: the host may have another file, or none, at this path.
        _ = inHostMountNamespace { heddle_netns_unbind(path) }
        let result = heddle_netns_unbind(path)
        let other = result == -Errno.invalidArgument.rawValue ? "it is not a network namespace" : nil
        try NamespaceError.check(result, operation, advice: other)
    }

    /// What `body` returns in the host's mount namespace; nil, without a call, if the caller is in it.
    private static func inHostMountNamespace(_ body: () -> CInt) -> CInt? {
        let host = heddle_mountns_open_host()
        guard host >= 0 else { return host == -Errno.fileExists.rawValue ? nil : host }
        defer { try? FileDescriptor(rawValue: host).close() }
        return HelperThread.run {
            let entered = heddle_mountns_enter(host)
            return entered < 0 ? entered : body()
        }
    }

    private static func checkPath(_ path: String, _ operation: String) throws(NamespaceError) {
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw NamespaceError(errno: .invalidArgument, operation: operation, advice: "use an absolute path")
        }
    }
}
