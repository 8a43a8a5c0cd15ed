import Netlink

/// What the interfaces between two hosts do for the kernel's stack.
package enum Underlay: Sendable {
    /// What a veth pair does: it takes super-frames of all kinds as they are and hands them on whole.
    case asMade
    /// Nothing: every datagram crosses by itself, none larger than the MTU.
    case withoutOffload
}

/// The offloads of an underlay's interface that cut and join segments.
struct UnderlayOffloads: Sendable {
    private var classic = EthtoolSocket.Offloads()
    private var features: [String: Bool] = [:]

    /// What `ethtool -K DEV tso off gso off` leaves on: segments of UDP, plain and around a tunnel's packets. An
    /// interface that cuts nothing must not take those either.
    private static let udpFeatures = [
        "tx-udp-segmentation", "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation",
    ]

    /// All of them off: `tso off gso off gro off`, and UDP's.
    static var none: UnderlayOffloads {
        var offloads = UnderlayOffloads()
        offloads.classic.tso = false
        offloads.classic.gso = false
        offloads.classic.gro = false
        offloads.features = Dictionary(uniqueKeysWithValues: udpFeatures.map { ($0, false) })
        return offloads
    }

    /// How an underlay's end is now.
    static func read(_ host: Sandbox) throws -> UnderlayOffloads {
        let ethtool = try EthtoolSocket(in: host.namespace)
        let now = try ethtool.offloads(OverlayPlan.underlay)
        var offloads = UnderlayOffloads()
        offloads.classic.tso = now.tso
        offloads.classic.gso = now.gso
        offloads.classic.gro = now.gro
        offloads.features = try ethtool.features(OverlayPlan.underlay).filter { udpFeatures.contains($0.key) }
        return offloads
    }

    /// Switches an underlay's end so.
    func apply(to host: Sandbox) throws {
        let ethtool = try EthtoolSocket(in: host.namespace)
        try ethtool.setOffloads(OverlayPlan.underlay, classic)
        // A kernel that doesn't know one of them doesn't do it either.
        let known = try ethtool.features(OverlayPlan.underlay)
        try ethtool.setFeatures(OverlayPlan.underlay, features.filter { known[$0.key] != nil })
    }
}
