import FoundationEssentials
import HeddleAPI
import Hummingbird
import NIOCore

/// What a client can send as a body: an object whose every key is known.
protocol BodyDecodable: Decodable, Sendable {
    /// Every key, in the order of the type's declaration.
    static var keys: [String] { get }
    /// Keys whose values are objects, and every key of those.
    static var nestedKeys: [String: [String]] { get }
}

extension BodyDecodable {
    static var nestedKeys: [String: [String]] { [:] }
}

extension NetworkRequest: BodyDecodable {
    static let keys = [
        "name", "driver", "subnets", "gateways", "ipRanges", "mtu", "internal", "isolated", "route", "options",
    ]
}

extension AttachRequest: BodyDecodable {
    static let keys = [
        "network", "sandbox", "via", "ifname", "ip", "mac", "name", "aliases", "vlan", "publish", "publishMode",
    ]
}

extension DetachRequest: BodyDecodable {
    static let keys = ["network", "sandbox"]
}

extension AdoptRequest: BodyDecodable {
    static let keys = ["network", "ifname"]
}

extension ReleaseRequest: BodyDecodable {
    static let keys = ["ifname"]
}

extension PublishRequest: BodyDecodable {
    static let keys = ["network", "sandbox", "publish", "publishMode"]
}

extension UnpublishRequest: BodyDecodable {
    static let keys = ["network", "sandbox", "spec"]
}

extension Peer: BodyDecodable {
    static let keys = ["vtep"]
}

extension StationRequest: BodyDecodable {
    static let keys = ["mac", "vtep", "ip"]
}

extension TraceRequest: BodyDecodable {
    static let keys = ["network", "from", "frame"]
}

extension ImpairmentRequest: BodyDecodable {
    static let keys = ["sandbox", "network", "ifname", "in", "out"]
    static let nestedKeys = ["in": settings, "out": settings]

    private static let settings = [
        "delay", "jitter", "distribution", "loss", "loss_model", "duplicate", "reorder", "gap", "corrupt", "rate",
        "queue", "seed",
    ]
}

extension BodyDecodable {
    /// Reads a body; refuses unknown keys, since what a client wants and does not get must not go unnoticed.
    static func decode(_ body: ByteBuffer) throws(Refusal) -> Self {
        try decode(Data(body.readableBytesView))
    }

    /// See above.
    static func decode(_ data: Data) throws(Refusal) -> Self {
        guard !data.isEmpty else {
            throw .malformed("the body is empty", hint: "send a JSON object with " + list(keys))
        }
        let present = try decode(KeysOfObject.self, data, ifCorrupted: "the body is not JSON").keys
        if let stranger = present.filter({ !keys.contains($0) }).min() {
            let shown = String(stranger.prefix(200)).debugDescription
            throw .malformed("the key \(shown) is not known here", hint: "known are " + list(keys))
        }
        for (key, known) in nestedKeys where present.contains(key) {
            let inside = try decode([String: KeysIfObject].self, data, ifCorrupted: "the body is not JSON")[key]
            if let stranger = inside?.keys.filter({ !known.contains($0) }).min() {
                let shown = String(stranger.prefix(200)).debugDescription
                throw .malformed(
                    "the key \(shown) is not known in \(key.debugDescription)", hint: "known are " + list(known))
            }
        }
        // It is JSON, so that Foundation, which does not say where, can only mean a number.
        return try decode(Self.self, data, ifCorrupted: "a number is not whole, or out of range")
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ data: Data, ifCorrupted corrupted: String
    ) throws(Refusal) -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw .malformed(explain(error, ifCorrupted: corrupted), hint: "send a JSON object with " + list(keys))
        } catch {
            throw .malformed(corrupted)
        }
    }

    private static func list(_ keys: [String]) -> String {
        keys.joined(separator: ", ")
    }
}

/// The keys of a JSON object, whatever their values are.
private struct KeysOfObject: Decodable {
    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var keys: [String]

    init(from decoder: any Decoder) throws {
        keys = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue)
    }
}

/// The keys of a JSON value, if it is an object.
private struct KeysIfObject: Decodable {
    var keys: [String]

    init(from decoder: any Decoder) throws {
        keys = (try? KeysOfObject(from: decoder).keys) ?? []
    }
}

/// What is wrong with a body, in the words of its author.
private func explain(_ error: DecodingError, ifCorrupted corrupted: String) -> String {
    func place(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : "." + key.stringValue
            }
        }
        return text.isEmpty ? "the body" : text.debugDescription
    }
    switch error {
    case .keyNotFound(let key, let context):
        return "\(place(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context):
        return "\(place(context.codingPath)) is null, which says nothing"
    case .typeMismatch(let type, let context):
        return "\(place(context.codingPath)) must be \(name(of: type))"
    case .dataCorrupted:
        return corrupted
    @unknown default:
        return corrupted
    }
}

private func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is [Any].Type: "an array"
    case is [String: Any].Type: "an object"
    default: "of another type"
    }
}
