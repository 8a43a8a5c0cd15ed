public import SystemPackage

/// What the kernel refused, and why.
///
/// Ask `errno` for the kind, or `isAlreadyThere` and `isMissing` where a repeated request should do no harm.
public struct NetlinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kernel's error number. `.badMessage` for a reply that could not be read, `.timedOut` for none.
    public let errno: Errno
    /// What was asked for, as the object of "cannot": "create the bridge br0".
    public let operation: String
    /// The kernel's own words (extended ack), or more about the error number.
    public let message: String?

    /// Makes an error of its parts.
    public init(errno: Errno, operation: String, message: String? = nil) {
        self.errno = errno
        self.operation = operation
        self.message = message
    }

    /// One line: what could not be done, why, and what would help where that is known.
    public var description: String {
        var text = "cannot \(operation): \(errno)"
        if let message { text += " (\(message))" }
        if let advice { text += "; \(advice)" }
        return text
    }

    /// Whether the thing to be made is there already: the name, the address or the route is taken (EEXIST).
    public var isAlreadyThere: Bool { errno == .fileExists }

    /// Whether the thing to be changed or removed isn't there: no such interface (ENODEV), address (EADDRNOTAVAIL),
    /// route (ESRCH) or neighbour (ENOENT).
    public var isMissing: Bool {
        [.operationNotSupportedByDevice, .addressNotAvailable, .noSuchProcess, .noSuchFileOrDirectory].contains(errno)
    }

    private var advice: String? {
        switch errno {
        case .notPermitted, .permissionDenied: "run as root or with CAP_NET_ADMIN"
        default: nil
        }
    }
}
