/// Why a request was refused: what, why, and what to do about it.
public struct APIError: Error, Codable, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal; decides the HTTP status and a script's next step.
    public struct Code: RawRepresentable, Codable, Sendable, Hashable {
        /// The word in JSON.
        public var rawValue: String

        /// Makes a code from its word.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The request itself is malformed (400).
        public static let invalid = Code(rawValue: "invalid")
        /// What it names does not exist (404).
        public static let notFound = Code(rawValue: "not-found")
        /// It exists or is in use already (409).
        public static let conflict = Code(rawValue: "conflict")
        /// The kernel refused (403).
        public static let notPermitted = Code(rawValue: "not-permitted")
        /// Something that should work did not (500).
        public static let failed = Code(rawValue: "failed")
        /// Not now: the engine or the daemon is not reachable (503).
        public static let unavailable = Code(rawValue: "unavailable")
    }

    /// See `Code`.
    public var code: Code
    /// One sentence: the thing and the reason.
    public var message: String
    /// The way out; nil if there is none to tell.
    public var hint: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// Message and hint as `heddle` prints them.
    public var description: String {
        guard let hint else { return message }
        return message + "\n  " + hint
    }
}

extension APIError {
    /// A text as an error message shows it: in quotes, without control characters, not endless.
    public static func quoted(_ text: some StringProtocol) -> String {
        let shown = text.count > 80 ? String(text.prefix(80)) + "…" : String(text)
        return shown.debugDescription
    }
}
