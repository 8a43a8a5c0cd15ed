import FoundationEssentials

/// JSON as Docker writes and reads it.
enum DockerMessage {
    /// Reads a body. Tolerant as Go is: keys that aren't known, or are null or missing, say nothing.
    static func read<Body: Decodable>(_ body: Data, as type: Body.Type = Body.self) throws(DockerBodyError) -> Body {
        // What isn't read would not be looked at.
        guard String(validating: body, as: UTF8.self) != nil else {
            throw DockerBodyError(reason: "the body is not JSON")
        }
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch let error as DecodingError {
            throw DockerBodyError(error)
        } catch {
            throw DockerBodyError(reason: "the body is not JSON")
        }
    }

    /// Writes an answer.
    static func bytes(_ answer: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(answer)
    }
}

/// A body that Docker would not have sent.
struct DockerBodyError: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }

    init(reason: String) {
        self.reason = reason
    }

    init(_ error: DecodingError) {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            reason = "the body is not as Docker writes it" + (place.isEmpty ? "" : ", at \(place.prefix(200))")
        default: reason = "the body is not JSON"
        }
    }
}

extension KeyedDecodingContainer {
    /// A text; a number or a truth value as one; nil if nothing was said.
    func text(_ key: Key) throws -> String? {
        try decodeIfPresent(DockerText.self, forKey: key)?.text
    }

    /// A number, or a text of one; nil if nothing was said.
    func number(_ key: Key) throws -> Int? {
        guard let text = try text(key), !text.isEmpty else { return nil }
        guard let number = Int(text) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not a number")
        }
        return number
    }

    /// A truth value, or a text of one; false if nothing was said.
    func flag(_ key: Key) throws -> Bool {
        switch try text(key)?.lowercased() {
        case "true", "1": true
        default: false
        }
    }

    /// A list; empty if nothing was said.
    func list<Element: Decodable>(_ key: Key, of type: Element.Type = Element.self) throws -> [Element] {
        try decodeIfPresent([Element].self, forKey: key) ?? []
    }
}

/// A scalar as text.
struct DockerText: Decodable, Hashable, Sendable {
    var text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let flag = try? container.decode(Bool.self) {
            text = flag ? "true" : "false"
        } else if let number = try? container.decode(Int64.self) {
            text = "\(number)"
        } else {
            text = "\(try container.decode(Double.self))"
        }
    }
}

/// A key that isn't known before.
struct DockerKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
