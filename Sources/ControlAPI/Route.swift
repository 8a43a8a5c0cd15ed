import HTTPTypes
import HeddleAPI
import Hummingbird

/// What a request asks for, as its method and its target say it. See `APIPath` for the table.
enum Route: Hashable, Sendable {
    case status
    case networks
    case createNetwork
    case network(String)
    case removeNetwork(String)
    case stations(String)
    case addStation(String)
    case removeStation(String, mac: String)
    case peers(String)
    case addPeer(String)
    case removePeer(String, vtep: String)
    case endpoints(network: String?)
    case endpoint(String)
    case attach
    case detach
    case adopt
    case release
    case publishedPorts
    case publish
    case unpublish
    case flows(network: String?)
    case impairments(network: String?)
    case impair
    case removeImpairment(String)
    case statistics
    case trace
    case capture([String: String])
    case topology
}

extension Route {
    /// Reads a method and a request target such as `/v1/networks/lan`.
    ///
    /// The target is cut at its slashes before anything is decoded, so that `%2F` is part of a name and not a slash,
    /// and `.` and `..` are names like others.
    init(method: HTTPRequest.Method, target: String) throws(Refusal) {
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = pieces.first ?? ""
        let query = try Route.parameters(pieces.count > 1 ? pieces[1] : "")
        var segments: [String] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false) {
            segments.append(try Route.decode(segment))
        }
        // A path begins with a slash, so that its first segment is empty.
        guard segments.count >= 3, segments[0].isEmpty, segments[1] == APIPath.version else {
            throw Route.unknown(path)
        }
        let rest = Array(segments[2...])
        let choices = Route.table.filter { $0.matches(rest) }
        guard !choices.isEmpty else { throw Route.unknown(path) }
        guard let entry = choices.first(where: { $0.method == method }) else {
            throw Route.wrong(method, path: path, allowed: choices.map(\.method))
        }
        let names = entry.names(in: rest)
        guard !names.contains("") else { throw .malformed("the name in \(path.debugDescription) is empty") }
        if let stranger = query.keys.filter({ !entry.parameters.contains($0) }).min() {
            throw .malformed("\(path) takes no parameter \(stranger.debugDescription)")
        }
        self = entry.make(names, query)
    }

    /// Which entry of the table a request is for, without looking at what it says there; nil: none.
    static func entry(method: HTTPRequest.Method, target: String) -> Entry? {
        let path = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count >= 3, segments[0].isEmpty, segments[1] == APIPath.version else { return nil }
        let rest = Array(segments[2...])
        return Route.table.first { $0.method == method && $0.matches(rest) }
    }

    private static func parameters(_ query: Substring) throws(Refusal) -> [String: String] {
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try decode(sides[0])
            guard parameters.updateValue(try decode(sides.count > 1 ? sides[1] : ""), forKey: name) == nil else {
                throw .malformed("the parameter \(name.debugDescription) stands there more than once")
            }
        }
        return parameters
    }

    private static func decode(_ text: Substring) throws(Refusal) -> String {
        guard let decoded = PercentEncoding.decode(text) else {
            throw .malformed("\(String(text).debugDescription) is not percent-encoded UTF-8")
        }
        // No name has control characters; refused here, they get into neither a log nor a system call.
        guard decoded.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw .malformed("\(decoded.debugDescription) has control characters in it")
        }
        return decoded
    }

    private static func unknown(_ path: Substring) -> Refusal {
        Refusal(
            status: .notFound,
            error: APIError(
                .notFound, "there is no \(String(path.prefix(200)).debugDescription) in this API",
                hint: "this is heddled \(HeddleVersion.current), its paths begin with /\(APIPath.version)/"))
    }

    private static func wrong(
        _ method: HTTPRequest.Method, path: Substring, allowed: [HTTPRequest.Method]
    ) -> Refusal {
        Refusal(
            status: .methodNotAllowed,
            error: APIError(
                .invalid, "\(method.rawValue) is not possible on \(path)",
                hint: "use " + allowed.map(\.rawValue).joined(separator: " or ")),
            allowed: allowed)
    }
}
