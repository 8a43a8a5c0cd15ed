public import SystemPackage

/// Why what a user typed as SANDBOX is none.
public struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was typed.
    public let text: String
    /// What is wrong with it.
    public let reason: String
    /// What to do.
    public let advice: String
    /// The system's error number if the text was well formed: `.noSuchFileOrDirectory` or `.noSuchProcess` if there is
    /// no such sandbox, `.invalidArgument` if the file is no network namespace.
    public let errno: Errno?

    /// Makes an error of its parts.
    public init(text: String, reason: String, advice: String, errno: Errno? = nil) {
        self.text = text
        self.reason = reason
        self.advice = advice
        self.errno = errno
    }

    /// One line: the sandbox, the reason, the way out.
    public var description: String {
        let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
        return "sandbox \(String(shown).debugDescription): \(reason); \(advice)"
    }
}
