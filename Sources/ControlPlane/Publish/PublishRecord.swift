import Addresses
import HeddleAPI

/// Ports of the host that lead to an endpoint, as it is recorded. Goes with its endpoint.
struct PublishRecord: Hashable, Sendable {
    /// How what arrives gets to the endpoint.
    enum Mode: String, Hashable, Sendable {
        /// Frames are translated in the data plane; remote clients keep their address.
        case translate
        /// A socket of the host accepts and passes bytes on: behind the host's firewall.
        case relay
    }

    /// Unique among the daemon's; never used twice while it runs. Not 0.
    var number: UInt32
    /// The endpoint's id.
    var endpoint: String
    /// The id of the endpoint's network.
    var network: String
    /// See `PublishSpecification`.
    var proto: PublishSpecification.Transport
    /// See `PublishSpecification`.
    var hostAddress: IPAddress?
    /// The first of the host's ports.
    var first: UInt16
    /// The last of the host's ports.
    var last: UInt16
    /// The endpoint's port that the first one leads to; the others follow.
    var insideFirst: UInt16
    /// See `Mode`.
    var mode: Mode
}

extension PublishRecord {
    /// Makes a record of what was said.
    init(number: UInt32, _ wish: PublishSpecification, mode: Mode, endpoint: EndpointRecord) {
        self.init(
            number: number, endpoint: endpoint.id, network: endpoint.network, proto: wish.proto,
            hostAddress: wish.hostAddress, first: wish.host.lowerBound, last: wish.host.upperBound,
            insideFirst: wish.inside.lowerBound, mode: mode)
    }

    /// Whether the numbers make sense: for what comes from the record.
    var isSound: Bool {
        number > 0 && first > 0 && first <= last && insideFirst > 0 && insideFirst <= UInt16.max - (last - first)
    }

    /// The last of the endpoint's ports.
    var insideLast: UInt16 { insideFirst &+ (last &- first) }

    /// What was said.
    var specification: PublishSpecification {
        PublishSpecification(
            proto: proto, hostAddress: hostAddress, host: first...max(first, last),
            inside: insideFirst...max(insideFirst, insideLast))
    }
}

extension PublishRecord.Mode {
    /// Reads what was asked for; nil is the default.
    init(checking text: String?) throws(APIError) {
        guard let text else {
            self = .translate
            return
        }
        guard let mode = PublishRecord.Mode(rawValue: text) else {
            throw .invalid(
                "\(APIError.quoted(text)) is no way to publish",
                hint: "Use --publish-mode translate, which is the default, or relay.")
        }
        self = mode
    }
}
