import Foundation
import Testing
import Yams

/// Documentation/openapi.yaml.
struct APIDescription {
    /// What a schema says of objects.
    struct Schema {
        var required: Set<String>
        var properties: [String: [String: Any]]
    }

    private let root: [String: Any]

    init() throws {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        let text = try String(contentsOf: folder.appending(path: "Documentation/openapi.yaml"), encoding: .utf8)
        root = try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    var version: String? { root["openapi"] as? String }

    /// Every operation by "METHOD path".
    var operations: [String: [String: Any]] {
        var found: [String: [String: Any]] = [:]
        for (path, item) in root["paths"] as? [String: [String: Any]] ?? [:] {
            for (method, operation) in item { found["\(method.uppercased()) \(path)"] = operation as? [String: Any] }
        }
        return found
    }

    /// Names of all schemas.
    var schemaNames: Set<String> { Set(schemas.keys) }

    private var components: [String: Any] { root["components"] as? [String: Any] ?? [:] }
    private var schemas: [String: [String: Any]] { components["schemas"] as? [String: [String: Any]] ?? [:] }

    func schema(_ name: String) throws -> Schema {
        let schema = try #require(schemas[name], "there is no schema \(name)")
        return Schema(
            required: Set(schema["required"] as? [String] ?? []),
            properties: try #require(schema["properties"] as? [String: [String: Any]], "\(name)"))
    }

    /// The parameters of an operation, "in name", with references followed.
    func parameters(of operation: [String: Any]) -> Set<String> {
        let all = components["parameters"] as? [String: [String: Any]] ?? [:]
        let list = operation["parameters"] as? [[String: String]] ?? []
        return Set(
            list.compactMap { entry in
                guard let name = Self.name(entry["$ref"]), let parameter = all[name] else { return nil }
                return "\(parameter["in"] ?? "?") \(parameter["name"] ?? "?")"
            })
    }

    /// The schema of an operation's body, if it has one.
    func body(of operation: [String: Any]) -> String? { Self.schema(in: operation["requestBody"]) }

    /// The status of an operation's success, and the schema of what it answers; with brackets for a list.
    func success(of operation: [String: Any]) -> (status: String, schema: String?)? {
        let responses = operation["responses"] as? [String: Any] ?? [:]
        guard let found = responses.first(where: { $0.key.hasPrefix("2") }) else { return nil }
        return (found.key, Self.schema(in: found.value))
    }

    /// Whether every answer that isn't the success is a refusal, and the rest is said to be one.
    func hasRefusals(_ operation: [String: Any]) -> Bool {
        let responses = operation["responses"] as? [String: [String: Any]] ?? [:]
        let others = responses.filter { !$0.key.hasPrefix("2") }
        return others["default"] != nil
            && others.values.allSatisfy { $0["$ref"] as? String == "#/components/responses/refusal" }
    }

    /// What is wrong with a value, where it isn't as the schema says; optional keys may be missing only if `isWhole` is
    /// false.
    func differences(_ value: Any, _ name: String, isWhole: Bool) throws -> [String] {
        let schema = try schema(name)
        guard let object = value as? [String: Any] else { return ["\(name) is no object"] }
        let keys = Set(object.keys)
        let expected = isWhole ? Set(schema.properties.keys) : schema.required
        var found = keys.symmetricDifference(expected).map { "\(name).\($0)" }
        for (key, member) in object {
            guard let property = schema.properties[key] else { continue }
            found += try differences(member, property, at: "\(name).\(key)", isWhole: isWhole)
        }
        return found.sorted()
    }

    private func differences(
        _ value: Any, _ property: [String: Any], at place: String, isWhole: Bool
    ) throws -> [String] {
        if let name = Self.name(property["$ref"]) { return try differences(value, name, isWhole: isWhole) }
        if let words = property["enum"] as? [String] {
            return (value as? String).map(words.contains) == true ? [] : ["\(place) is \(value)"]
        }
        switch property["type"] as? String {
        case "string": return value is String ? [] : [place]
        case "boolean": return value as? Bool != nil ? [] : [place]
        case "integer": return value as? Int != nil ? [] : [place]
        case "array":
            guard let list = value as? [Any], let items = property["items"] as? [String: Any] else { return [place] }
            return try list.flatMap { try differences($0, items, at: place + "[]", isWhole: isWhole) }
        case "object":
            guard let map = value as? [String: Any], let member = property["additionalProperties"] as? [String: Any]
            else { return [place] }
            return try map.values.flatMap { try differences($0, member, at: place + "{}", isWhole: isWhole) }
        default: return ["\(place) has no type"]
        }
    }

    private static func schema(in part: Any?) -> String? {
        let content = (part as? [String: Any])?["content"] as? [String: [String: Any]]
        guard let schema = content?["application/json"]?["schema"] as? [String: Any] else { return nil }
        if let items = schema["items"] as? [String: Any] { return name(items["$ref"]).map { "[\($0)]" } }
        return name(schema["$ref"])
    }

    private static func name(_ reference: Any?) -> String? {
        (reference as? String)?.split(separator: "/").last.map(String.init)
    }
}
