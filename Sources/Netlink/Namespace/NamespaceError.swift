public import SystemPackage

/// Why a network namespace could not be opened, made, entered or pinned.
public struct NamespaceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system's error number. `.invalidArgument` from opening: the file is no network namespace.
    public let errno: Errno
    /// What was asked for, as the object of "cannot": "open the network namespace blue".
    public let operation: String
    /// What else is known, and what would help.
    public let advice: String?

    /// Makes an error of its parts.
    public init(errno: Errno, operation: String, advice: String? = nil) {
        self.errno = errno
        self.operation = operation
        self.advice = advice
    }

    /// One line: what could not be done, why, and what would help where that is known.
    public var description: String {
        var text = "cannot \(operation): \(errno)"
        if let advice { text += "; \(advice)" }
        return text
    }

    /// The error for a call's result of -errno.
    static func check(
        _ result: CInt, _ operation: @autoclosure () -> String, advice: String? = nil
    ) throws(NamespaceError) {
        guard result < 0 else { return }
        let errno = Errno(rawValue: -result)
        let privilege = errno == .notPermitted ? "run as root or with CAP_SYS_ADMIN" : nil
        throw NamespaceError(errno: errno, operation: operation(), advice: advice ?? privilege)
    }
}
