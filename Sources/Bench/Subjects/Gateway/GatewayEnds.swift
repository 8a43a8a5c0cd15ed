package import Addresses

/// By which way a client reaches a server where there is a gateway.
enum GatewayWay: String, Sendable {
    /// From the LAN, by a port of the host, into the sandbox.
    case published
    /// From the sandbox to the LAN.
    case outgoing
    /// From the LAN to the host itself, which no gateway has a part in.
    case host

    /// What people read of a connection by it; reversed, the one that was connected to sends.
    func label(isReversed: Bool = false) -> String {
        switch (self, isReversed) {
        case (.published, false): "LAN to a published port"
        case (.published, true): "from a published port to the LAN"
        case (.outgoing, false): "sandbox to LAN"
        case (.outgoing, true): "LAN to sandbox, which connected"
        case (.host, _): "LAN to the host itself"
        }
    }

    /// Whether a subject has it.
    func applies(to kind: SubjectKind) -> Bool { self == .host || kind != .plainHost }
}

/// Who is there where a subject is a gateway.
package struct GatewayEnds: Sendable {
    /// The machine on the LAN.
    var remote: TestPath.End
    /// The host, by its interface on the LAN.
    var host: TestPath.End
    /// The sandbox behind it; nil if the host has none.
    var sandbox: TestPath.End?

    /// How a server is reached by a way; nil if there is no such way.
    func route(_ way: GatewayWay) -> ServerRoute? {
        switch way {
        case .published:
            sandbox.map {
                ServerRoute(
                    client: remote.sandbox, server: $0.sandbox,
                    bound: SocketPlace(address: $0.address, port: GatewayPlan.servicePort),
                    reached: SocketPlace(address: host.address, port: GatewayPlan.publishedPort))
            }
        case .outgoing:
            sandbox.map {
                let place = SocketPlace(address: remote.address, port: GatewayPlan.remotePort)
                return ServerRoute(client: $0.sandbox, server: remote.sandbox, bound: place, reached: place)
            }
        case .host:
            ServerRoute(
                client: remote.sandbox, server: host.sandbox,
                bound: SocketPlace(address: host.address, port: GatewayPlan.hostPort),
                reached: SocketPlace(address: host.address, port: GatewayPlan.hostPort))
        }
    }
}

/// An address and a port of TCP or UDP.
package struct SocketPlace: Sendable, Hashable {
    /// The address.
    package var address: IPv4Address
    /// The port; 0: the kernel chooses.
    package var port: UInt16

    /// Names a place.
    package init(address: IPv4Address, port: UInt16) {
        self.address = address
        self.port = port
    }
}

/// Where a server is, and where its clients find it: with a gateway in between these differ.
package struct ServerRoute: Sendable {
    /// The clients' namespace.
    package var client: Sandbox
    /// The server's namespace.
    package var server: Sandbox
    /// What the server binds to.
    package var bound: SocketPlace
    /// What clients connect to; port 0: the one that the server got.
    package var reached: SocketPlace

    /// Describes a route.
    package init(client: Sandbox, server: Sandbox, bound: SocketPlace, reached: SocketPlace) {
        self.client = client
        self.server = server
        self.bound = bound
        self.reached = reached
    }

    /// From a path's sender to its receiver, with nothing translated in between.
    package init(_ path: TestPath) {
        let place = SocketPlace(address: path.receiver.address, port: 0)
        self.init(client: path.sender.sandbox, server: path.receiver.sandbox, bound: place, reached: place)
    }

    /// The port that clients connect to once the server has its own.
    func port(ofServerAt port: UInt16) -> UInt16 { reached.port == 0 ? port : reached.port }
}

extension TestTarget {
    /// How a server is reached: by a way of the gateway's scene, or over the path.
    func route(_ way: GatewayWay?) throws -> ServerRoute {
        guard let way else { return ServerRoute(path) }
        guard let route = gateway?.route(way) else {
            throw BenchError("\(kind.title) has no way of the kind \"\(way.rawValue)\"")
        }
        return route
    }
}
