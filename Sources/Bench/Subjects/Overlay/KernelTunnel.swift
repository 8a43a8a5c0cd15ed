import Addresses
import Netlink

/// The kernel's way: a VXLAN device in a bridge, and a pair of interfaces from the bridge into the sandbox.
struct KernelTunnel: TunnelEnd {
    let switchProcesses: [Int32] = []

    func setUp(
        _ side: OverlaySide, host: Sandbox, sandbox: Sandbox, in workspace: Workspace
    ) throws -> TestPath.End {
        try KernelBridge.turnNetfilterOff(in: host)
        let routes = try host.routes()
        let bridge = try routes.createBridge(
            NewLink(name: try Plan.name("br0"), mtu: OverlayPlan.innerMTU, isUp: true))
        // Learning as by default; frames for unknown stations go to the other host.
        let options = VXLANOptions(
            identifier: OverlayPlan.identifier, local: .v4(OverlayPlan.host(side)),
            remote: .v4(OverlayPlan.host(side.other)), port: OverlayPlan.port)
        let tunnel = try routes.createVXLAN(
            NewLink(name: try Plan.name("vxlan0"), mtu: OverlayPlan.innerMTU, isUp: true), options: options)
        try routes.setMaster(link: tunnel, bridge)
        try KernelBridge.connect(sandbox, to: bridge, as: "port1", in: host, mtu: OverlayPlan.innerMTU)
        return try Plan.bringUp(sandbox, OverlayPlan.sandbox(side))
    }
}
