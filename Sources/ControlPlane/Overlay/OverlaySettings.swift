import Addresses
import DataPlane

/// Where a tunnel's datagrams arrive: networks with the same share one tunnel.
struct TunnelPlace: Hashable, Sendable, CustomStringConvertible {
    /// This host's VTEP address.
    var local: IPAddress
    /// See `TunnelConfiguration`.
    var udpPort: UInt16

    /// "198.18.0.1:4789" or "[fd00::1]:4789".
    var description: String {
        local.family == .v4 ? "\(local):\(udpPort)" : "[\(local)]:\(udpPort)"
    }
}

/// What a network of the driver overlay has beside what every network has. Recorded, and shown, as the network's
/// options.
struct OverlaySettings: Hashable, Sendable {
    /// The driver's name.
    static let driver = "overlay"
    /// RFC 7348's number for VXLAN.
    static let defaultPort: UInt16 = 4_789

    /// The network's number on the wire.
    var vni: UInt32
    /// Where its datagrams arrive.
    var place: TunnelPlace
    /// VTEPs that flooded frames go to, without any twice.
    var peers: [IPAddress]
    /// Whether stations behind VTEPs are learned from what arrives.
    var learning: Bool
    /// Whether datagrams of VTEPs that aren't peers are accepted.
    var acceptsAnyPeer: Bool

    /// What the tunnel puts around a frame beside its Ethernet header: outer IP header, UDP (8), VXLAN (8), inner
    /// Ethernet header (14).
    var overhead: Int { place.local.family == .v4 ? 50 : 70 }

    /// The options' long names.
    enum Key {
        static let vni = "vni"
        static let local = "local"
        static let port = "port"
        static let peer = "peer"
        static let learning = "learning"
        static let acceptAnyPeer = "accept-any-peer"

        static let all = [vni, local, port, peer, learning, acceptAnyPeer]
    }

    /// As text, by the options' long names.
    var options: [String: String] {
        [
            Key.vni: "\(vni)", Key.local: "\(place.local)", Key.port: "\(place.udpPort)",
            Key.peer: peers.map(\.description).joined(separator: ","), Key.learning: learning ? "on" : "off",
            Key.acceptAnyPeer: acceptsAnyPeer ? "true" : "false",
        ]
    }
}

extension OverlaySettings {
    /// Reads what `options` wrote; nil if that is damaged.
    init?(recorded options: [String: String]) {
        guard let vni = options[Key.vni].flatMap({ UInt32($0) }), vni <= OverlayConfiguration.largestVNI,
            let local = options[Key.local].flatMap({ IPAddress($0) }),
            let port = options[Key.port].flatMap({ UInt16($0) }), port > 0
        else { return nil }
        var peers: [IPAddress] = []
        for word in (options[Key.peer] ?? "").split(separator: ",") {
            guard let peer = IPAddress(String(word)), peer.family == local.family else { return nil }
            peers.append(peer)
        }
        guard peers.count <= OverlayConfiguration.maximumPeers else { return nil }
        self.init(
            vni: vni, place: TunnelPlace(local: local, udpPort: port), peers: peers,
            learning: options[Key.learning] != "off", acceptsAnyPeer: options[Key.acceptAnyPeer] == "true")
    }
}

extension NetworkRecord {
    /// What makes the network an overlay; nil for other drivers.
    var overlay: OverlaySettings? {
        get { driver == OverlaySettings.driver ? OverlaySettings(recorded: options) : nil }
        set { options = newValue?.options ?? [:] }
    }
}
