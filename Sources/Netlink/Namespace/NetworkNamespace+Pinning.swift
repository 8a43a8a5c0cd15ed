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
        /// The mount namespace of process 1, which is the caller's own outside of `ip netns exec` and containers.
        public static let initialProcess = PinPlaces(rawValue: 2)
    }

    /// Binds this namespace over the file at `path`, which is made if it is missing, so that it outlives all processes.
    /// Does nothing if it is bound there already.
    ///
    /// `ip netns exec` gives its process a mount namespace that dies with it, and the pin would die too: hence the pin
    /// is set in process 1's as well. Where that is impossible (the path doesn't exist there, or a container may not
    /// enter it), the result lacks `.initialProcess`. Throws `.fileExists` if something else lies at `path`.
    @discardableResult
    public func pin(at path: String) throws(NamespaceError) -> PinPlaces {
        let operation = "pin the network namespace \(identity) at \(path)"
        try NetworkNamespace.checkPath(path, operation)
        var places: PinPlaces = .caller
        let descriptor = descriptor.rawValue
        // First there: from a shared mount it reaches the caller's mount namespace by itself.
        let differs = heddle_mountns_differs() == 1
        if differs {
            let result = NetworkNamespace.inInitialMountNamespace { heddle_netns_bind(descriptor, path) }
            if result == 0 { places.insert(.initialProcess) }
        } else {
            places.insert(.initialProcess)
        }
        let result = heddle_netns_bind(descriptor, path)
        if result < 0, differs, places.contains(.initialProcess) {
            _ = NetworkNamespace.inInitialMountNamespace { heddle_netns_unbind(path) }
        }
        let taken = result == -Errno.fileExists.rawValue ? "something else lies there: remove it first" : nil
        try NamespaceError.check(result, operation, advice: taken)
        return places
    }

    /// Takes away what `pin` made, in both mount namespaces, and the file. Does nothing if there is nothing. Throws
    /// `.invalidArgument`, and leaves it alone, if `path` is neither a namespace nor an empty file.
    public static func unpin(path: String) throws(NamespaceError) {
        let operation = "unpin the network namespace at \(path)"
        try checkPath(path, operation)
        // Removing the file detaches the mounts on it in every other mount namespace too, so that only the caller's
        // result counts; process 1's may have another file, or none, at this path.
        if heddle_mountns_differs() == 1 {
            _ = inInitialMountNamespace { heddle_netns_unbind(path) }
        }
        let result = heddle_netns_unbind(path)
        let other = result == -Errno.invalidArgument.rawValue ? "it is not a network namespace" : nil
        try NamespaceError.check(result, operation, advice: other)
    }

    private static func checkPath(_ path: String, _ operation: String) throws(NamespaceError) {
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw NamespaceError(errno: .invalidArgument, operation: operation, advice: "use an absolute path")
        }
    }

    private static func inInitialMountNamespace(_ body: () -> CInt) -> CInt {
        HelperThread.run {
            let entered = heddle_mountns_enter_initial()
            return entered < 0 ? entered : body()
        }
    }
}
