import Netlink

/// Two hosts with a sandbox each and a tunnel between them, whose two ends can be of different making.
package final class OverlaySubject: Subject {
    package let kind: SubjectKind

    private let daemonExecutable: String
    private var hosts: HostPair?
    private var ends: [any TunnelEnd] = []

    /// `kind` is one of those of the scene `overlay`.
    package init(kind: SubjectKind, daemonExecutable: String) {
        self.kind = kind
        self.daemonExecutable = daemonExecutable
    }

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let hosts = try HostPair.make(label: kind.rawValue, in: workspace)
        self.hosts = hosts
        let sender = try makeEnd(.sender, on: hosts, in: workspace)
        let receiver = try makeEnd(.receiver, on: hosts, in: workspace)
        return TestPath(sender: sender, receiver: receiver)
    }

    package func prepare(_ underlay: Underlay) throws {
        try hosts?.prepare(underlay)
    }

    package var switchProcesses: [Int32] { ends.flatMap(\.switchProcesses) }

    /// The host of a side; nil before it is made.
    package func host(_ side: OverlaySide) -> Sandbox? { hosts?.host(side) }

    /// Who has which end.
    package static func hasHeddle(_ kind: SubjectKind) -> (sender: Bool, receiver: Bool) {
        (
            sender: kind == .heddleVXLAN || kind == .heddleToVXLAN,
            receiver: kind == .heddleVXLAN || kind == .vxlanToHeddle
        )
    }

    private func makeEnd(_ side: OverlaySide, on hosts: HostPair, in workspace: Workspace) throws -> TestPath.End {
        let isHeddle = Self.hasHeddle(kind)
        let end: any TunnelEnd =
            (side == .sender ? isHeddle.sender : isHeddle.receiver)
            ? HeddleTunnel(daemonExecutable: daemonExecutable) : KernelTunnel()
        ends.append(end)
        let sandbox = try workspace.makeSandbox("\(kind.rawValue)-sandbox-\(side.rawValue)")
        let made = try end.setUp(side, host: hosts.host(side), sandbox: sandbox, in: workspace)
        // Another MTU means other segments, and figures that can't be compared.
        let mtu = try sandbox.routes().link(index: made.interfaceIndex)?.mtu
        guard mtu == OverlayPlan.innerMTU else {
            throw BenchError(
                "the MTU in the sandbox \(sandbox.name) is \(mtu ?? 0) and not \(OverlayPlan.innerMTU), which is what "
                    + "the underlay leaves")
        }
        return made
    }
}
