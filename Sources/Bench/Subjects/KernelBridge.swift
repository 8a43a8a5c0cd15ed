import Netlink

/// The kernel's bridge with a veth into each sandbox, at its best: netfilter doesn't look at bridged packets.
package final class KernelBridge: Subject {
    package let kind = SubjectKind.bridge

    private static let netfilterHooks = ["iptables", "ip6tables", "arptables"]

    /// Makes an empty description; `setUp` makes the thing.
    package init() {}

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let host = try workspace.makeSandbox("bridge")
        try Self.turnNetfilterOff(in: host)
        let bridge = try host.routes().createBridge(NewLink(name: try Plan.name("br0"), isUp: true))
        let sender = try workspace.makeSandbox("bridge-a")
        let receiver = try workspace.makeSandbox("bridge-b")
        try Self.connect(sender, to: bridge, as: "port1", in: host)
        try Self.connect(receiver, to: bridge, as: "port2", in: host)
        return TestPath(
            sender: try Plan.bringUp(sender, Plan.sender), receiver: try Plan.bringUp(receiver, Plan.receiver))
    }

    /// Has netfilter look at no bridged packet of a namespace.
    static func turnNetfilterOff(in host: Sandbox) throws {
        try host.run {
            for hook in netfilterHooks {
                // Absent where the kernel has no br_netfilter: then nothing looks anyway.
                try? TextFile.write("0", to: "/proc/sys/net/bridge/bridge-nf-call-\(hook)")
            }
        }
    }

    /// Joins a sandbox to a bridge by a pair of interfaces.
    static func connect(
        _ sandbox: Sandbox, to bridge: Int32, as port: String, in host: Sandbox, mtu: UInt32? = nil
    ) throws {
        let routes = try host.routes()
        let near = NewLink(name: try Plan.name(port), mtu: mtu, isUp: true)
        let far = NewLink(name: try Plan.name(Plan.interface), mtu: mtu)
        let index = try routes.createVeth(near: near, far: far, farNamespace: sandbox.namespace)
        try routes.setMaster(link: index, bridge)
    }
}
