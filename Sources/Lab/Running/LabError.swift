public import SystemPackage

/// Why something of a lab could not be done: what, why, and what to do.
public struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    public var message: String
    /// The way out; nil if there is none to tell.
    public var hint: String?
    /// Of a program that could not be run, what a shell exits with then (POSIX, 2.8.2): 127 if there is none, 126 if it
    /// can't be run. nil of all else.
    public var exitStatus: Int32?

    /// Makes an error.
    public init(_ message: String, hint: String? = nil, exitStatus: Int32? = nil) {
        self.message = message
        self.hint = hint
        self.exitStatus = exitStatus
    }

    /// Of a system call.
    public init(_ doing: String, _ errno: Errno) {
        self.init(
            "\(doing): \(errno)", hint: errno == .notPermitted || errno == .permissionDenied ? "Run as root." : nil)
    }

    /// Message and hint, a line each.
    public var description: String { hint.map { "\(message)\n  \($0)" } ?? message }
}
