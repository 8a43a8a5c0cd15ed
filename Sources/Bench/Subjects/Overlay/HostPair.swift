import Addresses
import Netlink

/// Two hosts, as namespaces, joined by one pair of interfaces.
final class HostPair {
    private let sender: Sandbox
    private let receiver: Sandbox
    /// How the underlay's two ends came.
    private let asMade: UnderlayOffloads
    private var underlay = Underlay.asMade

    private init(sender: Sandbox, receiver: Sandbox, asMade: UnderlayOffloads) {
        self.sender = sender
        self.receiver = receiver
        self.asMade = asMade
    }

    /// Makes the hosts; the underlay is up and has its addresses.
    static func make(label: String, in workspace: Workspace) throws -> HostPair {
        let sender = try workspace.makeSandbox("\(label)-\(OverlaySide.sender.rawValue)")
        let receiver = try workspace.makeSandbox("\(label)-\(OverlaySide.receiver.rawValue)")
        let link = NewLink(name: try Plan.name(OverlayPlan.underlay), mtu: OverlayPlan.underlayMTU)
        try sender.routes().createVeth(near: link, far: link, farNamespace: receiver.namespace)
        try bringUp(sender, OverlayPlan.host(.sender))
        try bringUp(receiver, OverlayPlan.host(.receiver))
        return HostPair(sender: sender, receiver: receiver, asMade: try UnderlayOffloads.read(sender))
    }

    private static func bringUp(_ host: Sandbox, _ address: IPv4Address) throws {
        let routes = try host.routes()
        guard let link = try routes.link(named: OverlayPlan.underlay),
            let prefix = IPPrefix(address, length: OverlayPlan.prefixLength)
        else { throw BenchError("there is no interface \(OverlayPlan.underlay) in the namespace \(host.name)") }
        try routes.addAddress(link: link.index, prefix)
        try routes.setUp(link: link.index)
    }

    /// The host of a side.
    func host(_ side: OverlaySide) -> Sandbox { side == .sender ? sender : receiver }

    /// Switches both ends of the underlay.
    func prepare(_ wanted: Underlay) throws {
        guard wanted != underlay else { return }
        let offloads = wanted == .asMade ? asMade : UnderlayOffloads.none
        for host in [sender, receiver] { try offloads.apply(to: host) }
        underlay = wanted
    }
}
