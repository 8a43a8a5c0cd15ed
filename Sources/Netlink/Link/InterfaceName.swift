/// A name that an interface may have: 1 to 15 bytes without '/', ':', '%', white space and control characters, and
/// neither "." nor "..".
///
/// These are the kernel's rules (dev_valid_name), and a little more: the kernel reads "%d" in a name as "find me a
/// number", and control characters have no place in a terminal.
public struct InterfaceName: Hashable, Sendable {
    /// The name.
    public let text: String

    /// Why a text is no interface name.
    public enum Reason: Hashable, Sendable {
        /// There is no text.
        case empty
        /// More than 15 bytes (IFNAMSIZ is 16, its zero byte included).
        case tooLong(bytes: Int)
        /// "." or "..", which /sys could not show.
        case reserved
        /// A character that may not be in a name.
        case unexpectedCharacter(Character)
    }

    /// A text that is no interface name.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// The text as given.
        public let text: String
        /// What is wrong with it.
        public let reason: Reason

        /// Makes an error of its parts.
        public init(text: String, reason: Reason) {
            self.text = text
            self.reason = reason
        }

        /// One line: the text, the reason, the way out.
        public var description: String {
            let shown = text.count > 40 ? text.prefix(40) + "…" : text[...]
            return "\(String(shown).debugDescription) is not an interface name: \(clause)"
        }

        private var clause: String {
            switch reason {
            case .empty: "it is empty (use 1 to 15 characters)"
            case .tooLong(let bytes): "it has \(bytes) bytes (use at most 15)"
            case .reserved: "it names a directory (use letters and digits)"
            case .unexpectedCharacter(let character):
                "\(String(character).debugDescription) is not allowed (use letters and digits)"
            }
        }
    }

    /// Reads a name and says what is wrong with it.
    public init(parsing text: some StringProtocol) throws(Invalid) {
        func fail(_ reason: Reason) -> Invalid { Invalid(text: String(text), reason: reason) }
        if text.isEmpty { throw fail(.empty) }
        let stranger = text.unicodeScalars.first { scalar in
            scalar.value <= 32 || (127...160).contains(scalar.value) || scalar.properties.isWhitespace
                || scalar == "/" || scalar == ":" || scalar == "%"
        }
        if let stranger { throw fail(.unexpectedCharacter(Character(stranger))) }
        if text.utf8.count > 15 { throw fail(.tooLong(bytes: text.utf8.count)) }
        if text == "." || text == ".." { throw fail(.reserved) }
        self.text = String(text)
    }
}

extension InterfaceName: LosslessStringConvertible, Comparable {
    /// Reads a name; nil where `init(parsing:)` throws.
    public init?(_ text: String) {
        guard let name = try? InterfaceName(parsing: text) else { return nil }
        self = name
    }

    /// The name.
    public var description: String { text }

    /// Orders by text.
    public static func < (left: InterfaceName, right: InterfaceName) -> Bool {
        left.text < right.text
    }
}
