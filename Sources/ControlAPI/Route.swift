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
    case statistics
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
        guard segments.count >= 3, segments.count <= 6, segments[0].isEmpty, segments[1] == APIPath.version else {
            throw Route.unknown(path)
        }
        let name = segments.count > 3 ? segments[3] : nil
        let part = segments.count > 4 ? segments[4] : nil
        let member = segments.count > 5 ? segments[5] : nil
        let choices =
            member.map { Route.choices(noun: segments[2], name: name, part: part, member: $0) }
            ?? Route.choices(noun: segments[2], name: name, part: part, network: query["network"])
        guard !choices.isEmpty else { throw Route.unknown(path) }
        guard let route = choices.first(where: { $0.method == method })?.route else {
            throw Route.wrong(method, path: path, allowed: choices.map(\.method))
        }
        self = route
        guard name?.isEmpty != true, member?.isEmpty != true else {
            throw .malformed("the name in \(path.debugDescription) is empty")
        }
        let taken: Set<String> =
            switch route {
            case .endpoints, .flows: ["network"]
            default: []
            }
        if let stranger = query.keys.filter({ !taken.contains($0) }).min() {
            throw .malformed("\(path) takes no parameter \(stranger.debugDescription)")
        }
    }

    /// What can be done with a path; empty if it is no path of the API.
    private static func choices(
        noun: String, name: String?, part: String?, network: String?
    ) -> [(method: HTTPRequest.Method, route: Route)] {
        switch (noun, name, part) {
        case ("status", nil, nil): [(.get, .status)]
        case ("networks", nil, nil): [(.get, .networks), (.post, .createNetwork)]
        case ("networks", let name?, nil): [(.get, .network(name)), (.delete, .removeNetwork(name))]
        case ("networks", let name?, "stations"): [(.get, .stations(name)), (.post, .addStation(name))]
        case ("networks", let name?, "peers"): [(.get, .peers(name)), (.post, .addPeer(name))]
        case ("endpoints", nil, nil): [(.get, .endpoints(network: network))]
        case ("endpoints", let id?, nil): [(.get, .endpoint(id))]
        case ("attach", nil, nil): [(.post, .attach)]
        case ("detach", nil, nil): [(.post, .detach)]
        case ("adopt", nil, nil): [(.post, .adopt)]
        case ("release", nil, nil): [(.post, .release)]
        case ("publish", nil, nil): [(.get, .publishedPorts), (.post, .publish)]
        case ("unpublish", nil, nil): [(.post, .unpublish)]
        case ("flows", nil, nil): [(.get, .flows(network: network))]
        case ("statistics", nil, nil): [(.get, .statistics)]
        default: []
        }
    }

    /// What can be done with one of a network's parts.
    private static func choices(
        noun: String, name: String?, part: String?, member: String
    ) -> [(method: HTTPRequest.Method, route: Route)] {
        switch (noun, name, part) {
        case ("networks", let name?, "stations"): [(.delete, .removeStation(name, mac: member))]
        case ("networks", let name?, "peers"): [(.delete, .removePeer(name, vtep: member))]
        default: []
        }
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
