import Addresses
import HeddleAPI
import HeddleClient

/// Heddle's way: a daemon on the host, a network of the driver overlay, the sandbox attached with a TAP; all by the
/// API, as a user would.
final class HeddleTunnel: TunnelEnd {
    private let daemonExecutable: String
    private var daemon: HeddleDaemon?

    private static let network = "bench"

    init(daemonExecutable: String) {
        self.daemonExecutable = daemonExecutable
    }

    var switchProcesses: [Int32] { daemon?.engineProcess.map { [$0] } ?? [] }

    /// What each host's daemon is asked for.
    static func request(_ side: OverlaySide) -> NetworkRequest {
        NetworkRequest(
            name: network, driver: "overlay", subnets: [Plan.subnet], gateways: ["\(OverlayPlan.gateway(side))"],
            options: OverlayPlan.options(side))
    }

    func setUp(
        _ side: OverlaySide, host: Sandbox, sandbox: Sandbox, in workspace: Workspace
    ) throws -> TestPath.End {
        let daemon = try HeddleDaemon.start(daemonExecutable, in: host, workspace: workspace)
        self.daemon = daemon
        do {
            _ = try daemon.client.createNetwork(Self.request(side))
        } catch {
            // A version without the driver; all else is a failure.
            guard error.code == .invalid else { throw error }
            throw SubjectUnavailable(reason: "heddled refuses the network: \(error.message)")
        }
        let address = OverlayPlan.sandbox(side)
        _ = try daemon.client.attach(
            AttachRequest(
                network: Self.network, sandbox: sandbox.name, via: "tap", ifname: Plan.interface, ip: ["\(address)"]))
        return try TestPath.End(sandbox: sandbox, interface: Plan.interface, address: address)
    }
}
