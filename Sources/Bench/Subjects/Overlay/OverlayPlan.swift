package import Addresses

/// Addresses and numbers that all overlay subjects share: each has hosts of its own, so they can be the same for all.
package enum OverlayPlan {
    /// The hosts' ends of the underlay, by side.
    package static func host(_ side: OverlaySide) -> IPv4Address { IPv4Address(198, 18, 0, side == .sender ? 1 : 2) }
    /// Its prefix length: within 198.18.0.0/15, which is for measurements (RFC 2544).
    static let prefixLength = 24
    /// Each host's gateway in the network. Heddle answers for it, so two hosts must not have the same.
    package static func gateway(_ side: OverlaySide) -> IPv4Address {
        IPv4Address(10, 231, 77, side == .sender ? 253 : 254)
    }
    /// The sandboxes' addresses.
    static func sandbox(_ side: OverlaySide) -> IPv4Address { side == .sender ? Plan.sender : Plan.receiver }

    /// The network's identifier.
    package static let identifier: UInt32 = 42
    /// IANA's UDP port of VXLAN.
    static let port: UInt16 = 4_789
    /// The underlay's MTU.
    static let underlayMTU: UInt32 = 1_500
    /// What is left inside: less IPv4 (20), UDP (8), VXLAN (8) and the inner Ethernet header (14).
    package static let innerMTU: UInt32 = underlayMTU - 50
    /// The interface of the underlay on both hosts.
    package static let underlay = "underlay0"

    /// What a side's daemon is told of the tunnel: the options of the driver overlay.
    package static func options(_ side: OverlaySide) -> [String: String] {
        [
            "vni": "\(identifier)", "local": "\(host(side))", "peer": "\(host(side.other))", "port": "\(port)",
        ]
    }
}

/// One of the two hosts.
package enum OverlaySide: String, CaseIterable, Sendable {
    /// The one whose sandbox sends.
    case sender = "a"
    /// The other.
    case receiver = "b"

    /// The other one.
    package var other: OverlaySide { self == .sender ? .receiver : .sender }
}
