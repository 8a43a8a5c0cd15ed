import HeddleAPI
import HeddleClient
import Netlink

/// What it takes to attach many sandboxes, how much memory the processes have then, and what they use while nothing
/// happens. Taken once and not in rounds: attaching one sandbox after the other is many samples already.
struct AttachMeasurement: Sendable {
    private let count: Int
    private let idleSeconds: Double

    /// Large enough for the most sandboxes that can be asked for.
    private static let subnet = "10.231.64.0/20"

    init(count: Int, idleSeconds: Double) {
        self.count = count
        self.idleSeconds = idleSeconds
    }

    /// About how long it takes for one subject.
    var expectedSeconds: Double { Double(count) * 0.03 + idleSeconds * 2 + 1 }

    /// What it finds.
    var metrics: [Metric] {
        func detail(_ id: String, _ title: String, _ unit: String) -> Metric {
            Metric(id: "attach.\(id)", title: title, unit: unit, better: .lower, isMain: false)
        }
        return [
            Metric(id: "attach.median", title: "Attach, median of \(count) sandboxes", unit: "ms", better: .lower),
            detail("p99", "Attach, 99 %", "ms"), detail("max", "Attach, longest", "ms"),
            detail("detach", "Detach, median", "ms"),
            Metric(
                id: "attach.memory", title: "Resident memory with \(count) sandboxes, daemon and engine", unit: "MB",
                better: .lower),
            detail("daemon_memory", "Resident memory of the daemon", "MB"),
            detail("engine_memory", "Resident memory of the engine", "MB"),
            Metric(
                id: "attach.idle", title: "Engine without traffic, \(count) sandboxes", unit: "% of a core",
                better: .lower),
            detail("daemon_idle", "Daemon without traffic, \(count) sandboxes", "% of a core"),
        ]
    }

    /// Whether this makes sense for a subject.
    static func applies(to kind: SubjectKind) -> Bool {
        [.bridge, .heddleTap, .heddleVeth].contains(kind)
    }

    /// Measures a subject in a workspace of its own, which the caller removes.
    func measure(_ kind: SubjectKind, in workspace: Workspace, daemonExecutable: String) throws -> Findings {
        let sandboxes = try (0..<count).map { try workspace.makeSandbox("s\($0)") }
        switch kind {
        case .bridge: return try measureBridge(sandboxes, in: workspace)
        case .heddleTap: return try measureHeddle(sandboxes, "tap", in: workspace, daemonExecutable)
        case .heddleVeth: return try measureHeddle(sandboxes, "veth", in: workspace, daemonExecutable)
        default: return Findings()
        }
    }

    private func measureHeddle(
        _ sandboxes: [Sandbox], _ via: String, in workspace: Workspace, _ executable: String
    ) throws -> Findings {
        let daemon = try HeddleDaemon.start(executable, label: "daemon", workspace: workspace)
        let network = "bench"
        _ = try daemon.client.createNetwork(NetworkRequest(name: network, subnets: [Self.subnet]))
        var findings = Findings()
        var latency = LatencyHistogram()
        for sandbox in sandboxes {
            let start = MachineClock.now
            let request = AttachRequest(network: network, sandbox: sandbox.name, via: via, ifname: Plan.interface)
            _ = try daemon.client.attach(request)
            latency.record(MachineClock.now - start)
        }
        add(latency, to: &findings)

        let engine = daemon.engineProcess
        let daemonMemory = ProcessMemory.resident(process: daemon.program.identifier)
        let engineMemory = engine.map { ProcessMemory.resident(process: $0) } ?? 0
        findings.add("attach.memory", (daemonMemory + engineMemory) / 1e6)
        findings.add("attach.daemon_memory", daemonMemory / 1e6)
        findings.add("attach.engine_memory", engineMemory / 1e6)

        // What attaching has set off (neighbour discovery, announcements) is over by then.
        MachineClock.sleep(seconds: min(1, idleSeconds))
        if let engine { findings.add("attach.idle", try idleShare(of: engine)) }
        findings.add("attach.daemon_idle", try idleShare(of: daemon.program.identifier))

        var detaching = LatencyHistogram()
        for sandbox in sandboxes {
            let start = MachineClock.now
            try daemon.client.detach(network: network, sandbox: sandbox.name)
            detaching.record(MachineClock.now - start)
        }
        findings.add("attach.detach", Double(detaching.percentile(0.5)) / 1e6)
        return findings
    }

    /// The same wiring for the kernel's bridge: a pair of interfaces, an address, a default route.
    private func measureBridge(_ sandboxes: [Sandbox], in workspace: Workspace) throws -> Findings {
        let host = try workspace.makeSandbox("host")
        let bridge = try host.routes().createBridge(NewLink(name: try Plan.name("br0"), isUp: true))
        var findings = Findings()
        var latency = LatencyHistogram()
        for (index, sandbox) in sandboxes.enumerated() {
            let start = MachineClock.now
            try KernelBridge.connect(sandbox, to: bridge, as: "port\(index)", in: host)
            _ = try Plan.bringUp(sandbox, Plan.address(index))
            latency.record(MachineClock.now - start)
        }
        add(latency, to: &findings)
        return findings
    }

    private func add(_ latency: LatencyHistogram, to findings: inout Findings) {
        findings.add("attach.median", Double(latency.percentile(0.5)) / 1e6)
        findings.add("attach.p99", Double(latency.percentile(0.99)) / 1e6)
        findings.add("attach.max", Double(latency.maximum) / 1e6)
        findings.add("attach", "Attach", latency)
    }

    /// Percent of one core.
    private func idleShare(of process: Int32) throws -> Double {
        let before = try ProcessorTime.now(processes: [process])
        MachineClock.sleep(seconds: idleSeconds)
        let after = try ProcessorTime.now(processes: [process])
        return after.used(since: before).processes / (Double(after.takenAt - before.takenAt) / 1e9) * 100
    }
}
