import HeddleAPI

/// The answer to /IpamDriver.GetCapabilities. Pools are recorded here: Docker need not say them again when it starts.
struct DockerAddressCapabilities: Encodable {
    var needsMAC = false
    var needsReplay = false

    private enum CodingKeys: String, CodingKey {
        case needsMAC = "RequiresMACAddress"
        case needsReplay = "RequiresRequestReplay"
    }
}

/// The answer to /IpamDriver.GetDefaultAddressSpaces.
struct DockerAddressSpaces: Encodable {
    var local = "HeddleLocal"
    var global = "HeddleGlobal"

    private enum CodingKeys: String, CodingKey {
        case local = "LocalDefaultAddressSpace"
        case global = "GlobalDefaultAddressSpace"
    }
}

/// The body of /IpamDriver.RequestPool.
struct DockerRequestPool: Decodable, Sendable {
    var request: DockerPoolRequest

    private enum Key: String, CodingKey {
        case space = "AddressSpace"
        case subnet = "Pool"
        case range = "SubPool"
        case isIPv6 = "V6"
        case options = "Options"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func given(_ key: Key) throws -> String? { try container.text(key).flatMap { $0.isEmpty ? nil : $0 } }
        request = DockerPoolRequest(
            space: try given(.space) ?? "", subnet: try given(.subnet), range: try given(.range),
            isIPv6: try container.flag(.isIPv6),
            parent: try container.decodeIfPresent(DockerOptions.self, forKey: .options)?.driverOptions["parent"])
    }
}

/// The answer to /IpamDriver.RequestPool.
struct DockerPoolAnswer: Encodable {
    var id: String
    var subnet: String
    var data: [String: String] = [:]

    private enum CodingKeys: String, CodingKey {
        case id = "PoolID"
        case subnet = "Pool"
        case data = "Data"
    }
}

/// The body of /IpamDriver.RequestAddress, ReleaseAddress and ReleasePool.
struct DockerAddressRequest: Decodable, Sendable {
    var pool: String
    var address: String
    var isGateway: Bool

    private enum Key: String, CodingKey {
        case pool = "PoolID"
        case address = "Address"
        case options = "Options"
    }

    private enum OptionKey: String, CodingKey {
        case kind = "RequestAddressType"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        pool = try container.text(.pool) ?? ""
        address = try container.text(.address) ?? ""
        isGateway = false
        guard container.contains(.options), try !container.decodeNil(forKey: .options) else { return }
        let options = try container.nestedContainer(keyedBy: OptionKey.self, forKey: .options)
        isGateway = try options.text(.kind) == "com.docker.network.gateway"
    }
}

/// The answer to /IpamDriver.RequestAddress.
struct DockerAddressAnswer: Encodable {
    var address: String
    var data: [String: String] = [:]

    private enum CodingKeys: String, CodingKey {
        case address = "Address"
        case data = "Data"
    }
}
