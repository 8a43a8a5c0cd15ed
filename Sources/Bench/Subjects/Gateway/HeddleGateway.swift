import HeddleAPI
import HeddleClient

/// Heddle's way: a daemon on the host, a network with a subnet, the sandbox attached with a TAP and its port published;
/// all by the API, as a user would.
final class HeddleGateway: Gateway {
    private let mode: String?
    private let daemonExecutable: String
    private var daemon: HeddleDaemon?

    private static let network = "bench"
    /// How long a published port may take to be open.
    private static let patience: Double = 5

    /// `mode` is that of the published port; nil: the daemon's default.
    init(mode: String?, daemonExecutable: String) {
        self.mode = mode
        self.daemonExecutable = daemonExecutable
    }

    /// The engine, and the daemon where that carries bytes itself.
    var switchProcesses: [Int32] {
        guard let daemon else { return [] }
        let engine = daemon.engineProcess.map { [$0] } ?? []
        return mode == "relay" ? engine + [daemon.program.identifier] : engine
    }

    /// What the daemon is asked for.
    static func request(sandbox: String, mode: String?) -> AttachRequest {
        AttachRequest(
            network: network, sandbox: sandbox, via: "tap", ifname: Plan.interface, ip: ["\(GatewayPlan.sandbox)"],
            publish: GatewayPlan.specs, publishMode: mode)
    }

    func setUp(host: Sandbox, sandbox: Sandbox, in workspace: Workspace) throws -> TestPath.End {
        let daemon = try HeddleDaemon.start(daemonExecutable, in: host, workspace: workspace)
        self.daemon = daemon
        _ = try daemon.client.createNetwork(
            NetworkRequest(name: Self.network, subnets: [Plan.subnet], gateways: ["\(GatewayPlan.gateway)"]))
        _ = try daemon.client.attach(Self.request(sandbox: sandbox.name, mode: mode))
        try waitUntilPublished(daemon)
        return try TestPath.End(sandbox: sandbox, interface: Plan.interface, address: GatewayPlan.sandbox)
    }

    private func waitUntilPublished(_ daemon: HeddleDaemon) throws {
        let deadline = MachineClock.now + MachineClock.nanoseconds(Self.patience)
        while true {
            let waiting = try daemon.client.publishedPorts().filter { $0.state != .active }
            guard let first = waiting.first else { return }
            guard MachineClock.now < deadline else {
                throw BenchError("the published port \(first.spec) isn't open: \(first.reason ?? "no reason is told")")
            }
            MachineClock.sleep(seconds: 0.02)
        }
    }
}
