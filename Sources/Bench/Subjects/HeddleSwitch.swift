import Glibc
import HeddleAPI
import HeddleClient
import SystemPackage

/// Heddle itself: a daemon of its own in a namespace of its own, and two sandboxes attached by its API, as a user
/// would.
package final class HeddleSwitch: Subject {
    package let kind: SubjectKind

    private let via: String
    private let daemonExecutable: String
    private(set) var daemon: HeddleDaemon?

    /// `via` is "tap" or "veth".
    init(kind: SubjectKind, via: String, daemonExecutable: String) {
        self.kind = kind
        self.via = via
        self.daemonExecutable = daemonExecutable
    }

    package func setUp(in workspace: Workspace) throws -> TestPath {
        let sender = try workspace.makeSandbox("\(kind.rawValue)-a")
        let receiver = try workspace.makeSandbox("\(kind.rawValue)-b")
        let daemon = try HeddleDaemon.start(daemonExecutable, label: kind.rawValue, workspace: workspace)
        self.daemon = daemon
        let network = "bench"
        _ = try daemon.client.createNetwork(NetworkRequest(name: network, subnets: [Plan.subnet]))
        for (sandbox, address) in [(sender, Plan.sender), (receiver, Plan.receiver)] {
            _ = try daemon.client.attach(
                AttachRequest(
                    network: network, sandbox: sandbox.name, via: via, ifname: Plan.interface, ip: ["\(address)"]))
        }
        return TestPath(
            sender: try TestPath.End(sandbox: sender, interface: Plan.interface, address: Plan.sender),
            receiver: try TestPath.End(sandbox: receiver, interface: Plan.interface, address: Plan.receiver))
    }

    package var switchProcesses: [Int32] { daemon?.engineProcess.map { [$0] } ?? [] }
}
