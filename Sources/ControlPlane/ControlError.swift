import Glibc

/// Why the control plane cannot start or go on: what, why and the way out.
public struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence, perhaps with a second one that says what to do.
    public var description: String

    /// Makes an error.
    public init(_ description: String) {
        self.description = description
    }

    /// The C library's words for an errno.
    static func reason(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}
