import HeddleAPI

/// The answer to /Plugin.Activate.
struct DockerActivation: Encodable {
    var implements = ["NetworkDriver", "IpamDriver"]

    private enum CodingKeys: String, CodingKey {
        case implements = "Implements"
    }
}

/// The answer to /NetworkDriver.GetCapabilities. Networks are this engine's own, though their frames may go further:
/// "global" would hand them to a Swarm's managers.
struct DockerCapabilities: Encodable {
    var scope = "local"
    var connectivityScope = "global"
    var checksGateways = true

    private enum CodingKeys: String, CodingKey {
        case scope = "Scope"
        case connectivityScope = "ConnectivityScope"
        case checksGateways = "GwAllocChecker"
    }
}

/// The answer to /NetworkDriver.GwAllocCheck.
struct DockerGatewayCheck: Encodable {
    var skipIPv4 = false
    var skipIPv6 = false

    private enum CodingKeys: String, CodingKey {
        case skipIPv4 = "SkipIPv4"
        case skipIPv6 = "SkipIPv6"
    }
}

/// An answer with nothing to say.
struct DockerNothing: Encodable {}

/// The ids that all requests begin with, and what /NetworkDriver.Join has beside them.
struct DockerIdentity: Decodable, Sendable {
    var network: String
    var endpoint: String
    var sandbox: String

    private enum Key: String, CodingKey {
        case network = "NetworkID"
        case endpoint = "EndpointID"
        case sandbox = "SandboxKey"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        network = try container.text(.network) ?? ""
        endpoint = try container.text(.endpoint) ?? ""
        sandbox = try container.text(.sandbox) ?? ""
    }

    var reference: DockerEndpointReference { DockerEndpointReference(network: network, endpoint: endpoint) }
}

/// The body of /NetworkDriver.CreateNetwork.
struct DockerCreateNetwork: Decodable, Sendable {
    var request: DockerNetworkRequest

    private enum Key: String, CodingKey {
        case network = "NetworkID"
        case options = "Options"
        case ipv4 = "IPv4Data"
        case ipv6 = "IPv6Data"
    }

    private struct Pool: Decodable {
        var subnet: String?
        var gateway: String?

        enum Key: String, CodingKey {
            case subnet = "Pool"
            case gateway = "Gateway"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            subnet = try container.text(.subnet)
            gateway = try container.text(.gateway)
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let options = try container.decodeIfPresent(DockerOptions.self, forKey: .options) ?? DockerOptions()
        let pools = try container.list(.ipv4, of: Pool.self) + container.list(.ipv6, of: Pool.self)
        request = DockerNetworkRequest(
            id: try container.text(.network) ?? "", options: options.generic,
            pools: pools.compactMap { pool in
                guard let subnet = pool.subnet, !subnet.isEmpty else { return nil }
                return DockerNetworkRequest.Pool(
                    subnet: subnet, gateway: pool.gateway.flatMap { $0.isEmpty ? nil : $0 })
            },
            internal: options.isInternal)
    }
}

/// The body of /NetworkDriver.CreateEndpoint.
struct DockerCreateEndpoint: Decodable, Sendable {
    var request: DockerEndpointRequest

    private enum Key: String, CodingKey {
        case interface = "Interface"
        case options = "Options"
    }

    private enum InterfaceKey: String, CodingKey {
        case address = "Address"
        case addressIPv6 = "AddressIPv6"
        case mac = "MacAddress"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let options = try container.decodeIfPresent(DockerOptions.self, forKey: .options) ?? DockerOptions()
        request = DockerEndpointRequest(
            reference: try DockerIdentity(from: decoder).reference, options: options.driverOptions)
        guard container.contains(.interface), try !container.decodeNil(forKey: .interface) else { return }
        let interface = try container.nestedContainer(keyedBy: InterfaceKey.self, forKey: .interface)
        for key in [InterfaceKey.address, .addressIPv6] {
            if let text = try interface.text(key), !text.isEmpty { request.addresses.append(text) }
        }
        if let mac = try interface.text(.mac), !mac.isEmpty { request.mac = mac }
    }
}

/// The answer to /NetworkDriver.CreateEndpoint: only what Docker didn't say itself, or it would take it for an attempt
/// to change that.
struct DockerEndpointAnswer: Encodable {
    struct Interface: Encodable {
        var mac: String

        private enum CodingKeys: String, CodingKey {
            case mac = "MacAddress"
        }
    }

    var interface: Interface?

    private enum CodingKeys: String, CodingKey {
        case interface = "Interface"
    }
}

/// The answer to /NetworkDriver.EndpointOperInfo. Docker can show none of what a driver could say here.
struct DockerInformation: Encodable {
    var value: [String: String] = [:]

    private enum CodingKeys: String, CodingKey {
        case value = "Value"
    }
}

/// The answer to /NetworkDriver.Join.
struct DockerJoinAnswer: Encodable {
    struct Name: Encodable {
        var source: String
        var prefix: String

        private enum CodingKeys: String, CodingKey {
            case source = "SrcName"
            case prefix = "DstPrefix"
        }
    }

    var name: Name
    var gateway: String?
    var gatewayIPv6: String?
    var isWithoutWayOut: Bool

    private enum CodingKeys: String, CodingKey {
        case name = "InterfaceName"
        case gateway = "Gateway"
        case gatewayIPv6 = "GatewayIPv6"
        case isWithoutWayOut = "DisableGatewayService"
    }

    init(_ join: DockerJoin) {
        name = Name(source: join.interface, prefix: join.prefix)
        gateway = join.gateways.first { !$0.contains(":") }
        gatewayIPv6 = join.gateways.first { $0.contains(":") }
        isWithoutWayOut = join.isWithoutWayOut
    }
}

/// The body of /NetworkDriver.ProgramExternalConnectivity.
struct DockerPublish: Decodable, Sendable {
    var reference: DockerEndpointReference
    var ports: [DockerPortBinding]

    private enum Key: String, CodingKey {
        case options = "Options"
    }

    init(from decoder: any Decoder) throws {
        reference = try DockerIdentity(from: decoder).reference
        let container = try decoder.container(keyedBy: Key.self)
        let options = try container.decodeIfPresent(DockerOptions.self, forKey: .options) ?? DockerOptions()
        ports = options.ports.map(\.binding)
    }
}
