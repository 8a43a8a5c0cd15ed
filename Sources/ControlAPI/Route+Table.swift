import HTTPTypes
import HeddleAPI

extension Route {
    /// One thing that can be done with one kind of path.
    struct Entry: Sendable {
        /// How.
        var method: HTTPRequest.Method
        /// What follows the version; a segment in braces stands for any name.
        var template: [String]
        /// Parameters of the query that it takes.
        var parameters: Set<String> = []
        /// Makes the route of the names in the path and the parameters.
        var make: @Sendable (_ names: [String], _ query: [String: String]) -> Route

        /// The path as documentation writes it.
        var path: String { "/" + ([APIPath.version] + template).joined(separator: "/") }

        /// Whether a path's segments are of this kind.
        func matches(_ segments: [String]) -> Bool {
            segments.count == template.count && zip(segments, template).allSatisfy { $1.isName || $0 == $1 }
        }

        /// The names in a path that matches.
        func names(in segments: [String]) -> [String] {
            zip(segments, template).filter { $1.isName }.map(\.0)
        }
    }

    /// Everything that there is.
    static let table: [Entry] = [
        Entry(.get, "status") { _, _ in .status },
        Entry(.get, "networks") { _, _ in .networks },
        Entry(.post, "networks") { _, _ in .createNetwork },
        Entry(.get, "networks/{name}") { names, _ in .network(names[0]) },
        Entry(.delete, "networks/{name}") { names, _ in .removeNetwork(names[0]) },
        Entry(.get, "networks/{name}/stations") { names, _ in .stations(names[0]) },
        Entry(.post, "networks/{name}/stations") { names, _ in .addStation(names[0]) },
        Entry(.delete, "networks/{name}/stations/{mac}") { names, _ in .removeStation(names[0], mac: names[1]) },
        Entry(.get, "networks/{name}/peers") { names, _ in .peers(names[0]) },
        Entry(.post, "networks/{name}/peers") { names, _ in .addPeer(names[0]) },
        Entry(.delete, "networks/{name}/peers/{vtep}") { names, _ in .removePeer(names[0], vtep: names[1]) },
        Entry(.get, "endpoints", ["network"]) { _, query in .endpoints(network: query["network"]) },
        Entry(.get, "endpoints/{id}") { names, _ in .endpoint(names[0]) },
        Entry(.post, "attach") { _, _ in .attach },
        Entry(.post, "detach") { _, _ in .detach },
        Entry(.post, "adopt") { _, _ in .adopt },
        Entry(.post, "release") { _, _ in .release },
        Entry(.get, "publish") { _, _ in .publishedPorts },
        Entry(.post, "publish") { _, _ in .publish },
        Entry(.post, "unpublish") { _, _ in .unpublish },
        Entry(.get, "flows", ["network"]) { _, query in .flows(network: query["network"]) },
        Entry(.get, "impairments", ["network"]) { _, query in .impairments(network: query["network"]) },
        Entry(.post, "impairments") { _, _ in .impair },
        Entry(.delete, "impairments/{id}") { names, _ in .removeImpairment(names[0]) },
        Entry(.get, "statistics") { _, _ in .statistics },
        Entry(.post, "trace") { _, _ in .trace },
        Entry(.get, "capture", ["port", "network", "filter", "direction", "snaplen", "follow"]) { _, query in
            .capture(query)
        },
        Entry(.get, "topology") { _, _ in .topology },
    ]
}

extension Route.Entry {
    /// Makes an entry of a path without its version.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ parameters: Set<String> = [],
        _ make: @escaping @Sendable (_ names: [String], _ query: [String: String]) -> Route
    ) {
        let template = path.split(separator: "/").map(String.init)
        self.init(method: method, template: template, parameters: parameters, make: make)
    }
}

extension String {
    fileprivate var isName: Bool { hasPrefix("{") }
}
