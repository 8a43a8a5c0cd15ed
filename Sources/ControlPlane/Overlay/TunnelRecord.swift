import Addresses
import DataPlane

/// A tunnel end of this host as it is recorded: there as long as a network uses it. Its sockets are ports with tokens, as
/// all that the engine holds.
struct TunnelRecord: Hashable, Sendable {
    /// Sockets that send: a flow keeps to one, and several processors of a receiver get something to do.
    static let senderCount = 16
    /// The one that receives, the one that keeps the UDP port, those that send, and the device that super-frames leave by
    /// whole.
    static let portCount = senderCount + 3

    /// Where its datagrams arrive.
    var place: TunnelPlace
    /// Numbers of its ports in the data plane, in the order of `portCount`.
    var ports: [UInt16]
    /// Name the open descriptors; one for each port, 0 before it was opened, and for a device that this kernel hasn't.
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

    /// Whether there is a device.
    var hasDevice: Bool { tokens.last != 0 }

    /// What the engine is told of each port that there is.
    var portConfigurations: [PortConfiguration] {
        let last = Self.portCount - 1
        return zip(ports, tokens).enumerated().compactMap { position, port in
            if position == last, !hasDevice { return nil }
            let kind: PortKind = position == 0 ? .tunnel : position == last ? .tunnelDevice : .datagram
            return PortConfiguration(id: port.0, domain: 0, kind: kind, token: port.1)
        }
    }

    /// What the engine is told once it has the ports. `interface`: where all peers are reached; 0: not by one.
    func configuration(interface: UInt32) -> TunnelConfiguration {
        TunnelConfiguration(
            id: id, senders: Array(ports[2..<(2 + Self.senderCount)]), device: hasDevice ? ports.last ?? 0 : 0,
            interface: interface, udpPort: place.udpPort, local: place.local)
    }

    /// The same with new names for descriptors that are opened now.
    func withNewTokens() -> TunnelRecord {
        TunnelRecord(place: place, ports: ports, tokens: ports.map { _ in Identifier.token() })
    }

    /// The same with a new name for the device's descriptor, which is opened now.
    func withNewDeviceToken() -> TunnelRecord {
        TunnelRecord(place: place, ports: ports, tokens: tokens.dropLast() + [Identifier.token()])
    }

    /// The same without a device.
    func withoutDevice() -> TunnelRecord {
        TunnelRecord(place: place, ports: ports, tokens: tokens.dropLast() + [0])
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
