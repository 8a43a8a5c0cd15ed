/// Why the bench could not do something: what, why, and what to do about it.
public struct BenchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence: the thing and the reason.
    public var message: String
    /// The way out; nil if there is none to tell.
    public var hint: String?

    /// Makes an error.
    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// Message and hint as `heddle` prints them.
    public var description: String {
        guard let hint else { return message }
        return message + "\n  " + hint
    }
}
