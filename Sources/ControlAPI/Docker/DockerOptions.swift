import HeddleAPI

/// The map "Options" of most requests: what the user said, and what Docker adds under keys of its own.
struct DockerOptions: Decodable, Sendable {
    /// What Docker's own keys begin with.
    private static let own = "com.docker.network."

    /// `docker network create -o`.
    var generic: [String: String] = [:]
    /// `docker network create --internal`.
    var isInternal = false
    /// `--driver-opt` of an endpoint.
    var driverOptions: [String: String] = [:]
    /// Ports that shall be published.
    var ports: [DockerPort] = []

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: DockerKey.self)
        for key in container.allKeys where try !container.decodeNil(forKey: key) {
            switch key.stringValue {
            case Self.own + "generic":
                generic = try Self.words(container.nestedContainer(keyedBy: DockerKey.self, forKey: key))
            case Self.own + "internal": isInternal = try container.flag(key)
            case Self.own + "portmap": ports = try container.list(key)
            case let name where name.hasPrefix(Self.own): break
            case let name: driverOptions[name] = try? container.text(key)
            }
        }
    }

    /// Values that aren't scalars are nobody's.
    private static func words(_ container: KeyedDecodingContainer<DockerKey>) throws -> [String: String] {
        var words: [String: String] = [:]
        for key in container.allKeys { words[key.stringValue] = try? container.text(key) }
        return words
    }
}

/// One port of "com.docker.network.portmap".
struct DockerPort: Decodable, Sendable {
    var binding: DockerPortBinding

    private enum Key: String, CodingKey {
        case proto = "Proto"
        case port = "Port"
        case hostAddress = "HostIP"
        case hostPort = "HostPort"
        case hostEnd = "HostPortEnd"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        binding = DockerPortBinding(
            proto: try container.number(.proto) ?? 0, port: try container.number(.port) ?? 0,
            hostAddress: try container.text(.hostAddress) ?? "", hostPort: try container.number(.hostPort) ?? 0,
            hostEnd: try container.number(.hostEnd) ?? 0)
    }
}
