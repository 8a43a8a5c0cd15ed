import Addresses
import DataPlane

/// A tunnel end of this host as it is recorded: there as long as a network uses it. Its sockets are ports with tokens, as
/// all that the engine holds.
struct TunnelRecord: Hashable, Sendable {
    /// Sockets that send: a flow keeps to one, and several processors of a receiver get something to do.
    static let senderCount = 16
    /// The one that receives, the one that keeps the UDP port, those that send.
    static let portCount = senderCount + 2

    /// Where its datagrams arrive.
    var place: TunnelPlace
    /// Numbers of its ports in the data plane, in the order of `portCount`.
    var ports: [UInt16]
    /// Name the open descriptors; one for each port, 0 before it was opened.
    var tokens: [UInt64]
}

extension TunnelRecord {
    /// The data plane's number of the tunnel: the port that receives.
    var id: UInt16 { ports.first ?? 0 }

    /// What `stats` calls it.
    var label: String { "vxlan@\(place)" }

    /// The name of a port's descriptor; nil if it is no port of this tunnel.
    func token(of port: UInt16) -> UInt64? {
        ports.firstIndex(of: port).flatMap { $0 < tokens.count ? tokens[$0] : nil }
    }

    /// What the engine is told of each port.
    var portConfigurations: [PortConfiguration] {
        zip(ports, tokens).enumerated().map { position, port in
            PortConfiguration(id: port.0, domain: 0, kind: position == 0 ? .tunnel : .datagram, token: port.1)
        }
    }

    /// What the engine is told once it has the ports.
    var configuration: TunnelConfiguration {
        TunnelConfiguration(id: id, senders: Array(ports.dropFirst(2)), udpPort: place.udpPort, local: place.local)
    }

    /// The same with new names for descriptors that are opened now.
    func withNewTokens() -> TunnelRecord {
        TunnelRecord(place: place, ports: ports, tokens: ports.map { _ in Identifier.token() })
    }
}

/// A remote station that was set by hand.
struct StationRecord: Hashable, Sendable {
    /// The network's id.
    var network: String
    /// Whose frames go there.
    var mac: MACAddress
    /// The VTEP behind which it lives.
    var vtep: IPAddress
    /// Its addresses, for questions that are answered here.
    var addresses: [IPAddress]
}
