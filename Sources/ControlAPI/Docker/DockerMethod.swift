/// What Docker can ask, by its paths.
enum DockerMethod: Hashable, Sendable {
    /// Which of Docker's protocols are spoken here.
    case activate
    case network(Network)
    case addresses(Addresses)

    /// `/NetworkDriver.…`
    enum Network: String, CaseIterable, Sendable {
        case capabilities = "GetCapabilities"
        case checkGateway = "GwAllocCheck"
        case createNetwork = "CreateNetwork"
        case deleteNetwork = "DeleteNetwork"
        case createEndpoint = "CreateEndpoint"
        case deleteEndpoint = "DeleteEndpoint"
        case information = "EndpointOperInfo"
        case join = "Join"
        case leave = "Leave"
        case publish = "ProgramExternalConnectivity"
        case unpublish = "RevokeExternalConnectivity"
        case discovered = "DiscoverNew"
        case vanished = "DiscoverDelete"
    }

    /// `/IpamDriver.…`
    enum Addresses: String, CaseIterable, Sendable {
        case capabilities = "GetCapabilities"
        case spaces = "GetDefaultAddressSpaces"
        case requestPool = "RequestPool"
        case releasePool = "ReleasePool"
        case requestAddress = "RequestAddress"
        case releaseAddress = "ReleaseAddress"
    }

    private static let networkPrefix = "/NetworkDriver."
    private static let addressPrefix = "/IpamDriver."

    /// nil for what Docker must be told that it isn't there.
    init?(path: String) {
        if path == "/Plugin.Activate" {
            self = .activate
        } else if path.hasPrefix(Self.networkPrefix) {
            guard let method = Network(rawValue: String(path.dropFirst(Self.networkPrefix.count))) else { return nil }
            self = .network(method)
        } else if path.hasPrefix(Self.addressPrefix) {
            guard let method = Addresses(rawValue: String(path.dropFirst(Self.addressPrefix.count))) else { return nil }
            self = .addresses(method)
        } else {
            return nil
        }
    }

    /// Where Docker looks for what went wrong.
    var errorKey: String {
        if case .addresses = self { "Error" } else { "Err" }
    }
}
