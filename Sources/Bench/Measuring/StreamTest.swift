/// TCP as fast as it goes.
struct StreamTest: BenchTest {
    private let streams: Int
    private let seconds: Double
    private let tool: String?
    private let way: GatewayWay?
    private let isReversed: Bool

    /// `tool` is iperf3's path; nil: the bench's own sender. `way`: through a gateway; nil: along the path.
    init(streams: Int, seconds: Double, tool: String?, way: GatewayWay? = nil, isReversed: Bool = false) {
        self.streams = streams
        self.seconds = seconds
        self.tool = tool
        self.way = way
        self.isReversed = isReversed
    }

    private var name: String {
        (way.map { "\($0.rawValue)." } ?? "") + "tcp\(streams)" + (isReversed ? "_reverse" : "")
    }
    var label: String {
        (streams == 1 ? "TCP, 1 stream" : "TCP, \(streams) streams")
            + (way.map { ", " + $0.label(isReversed: isReversed) } ?? "")
    }
    var expectedSeconds: Double { seconds + 0.4 }
    func applies(to kind: SubjectKind) -> Bool { way?.applies(to: kind) ?? true }

    var metrics: [Metric] {
        [
            Metric(id: "\(name).throughput", title: "\(label)", unit: "Gb/s", better: .higher),
            Metric(
                id: "\(name).cpu", title: "\(label): processor time, whole machine", unit: "s/GB", better: .lower,
                isMain: false),
            Metric(
                id: "\(name).engine_cpu", title: "\(label): processor time of the switch's process", unit: "s/GB",
                better: .lower, isMain: false),
            Metric(
                id: "\(name).retransmits", title: "\(label): segments sent again", unit: "segments/GB", better: .lower,
                isMain: false),
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        let before = try ProcessorTime.now(processes: target.switchProcesses)
        let outcome = try tool.map { try runTool($0, target) } ?? runOwn(target)
        let used = try ProcessorTime.now(processes: target.switchProcesses).used(since: before)
        let gigabytes = Double(outcome.bytes) / 1e9
        guard gigabytes > 0 else { throw BenchError("no byte of TCP came through") }
        var findings = Findings()
        findings.add("\(name).throughput", outcome.gigabits)
        findings.add("\(name).cpu", used.machine / gigabytes)
        if !target.switchProcesses.isEmpty { findings.add("\(name).engine_cpu", used.processes / gigabytes) }
        if let retransmits = outcome.retransmits {
            findings.add("\(name).retransmits", Double(retransmits) / gigabytes)
        }
        return findings
    }

    private func runTool(_ tool: String, _ target: TestTarget) throws -> StreamTool.Outcome {
        let route = try target.route(way)
        let server = try route.server.start(
            tool, StreamTool.serverArguments(on: route.bound.address, port: route.bound.port), output: .piped)
        try target.workspace.adopt(server)
        defer { server.stop(patience: 0.5) }
        guard server.waitForOutput(containing: StreamTool.serverReady, seconds: 5) else {
            throw BenchError("iperf3's server did not begin to listen")
        }
        let client = try route.client.start(
            tool,
            StreamTool.clientArguments(
                to: route.reached.address, port: route.reached.port, streams: streams, seconds: seconds,
                isReversed: isReversed), output: .piped)
        try target.workspace.adopt(client)
        let report = try client.readOutput(seconds: seconds + 15)
        _ = client.wait(seconds: 1)
        return try StreamTool.parse(report)
    }

    private func runOwn(_ target: TestTarget) throws -> StreamTool.Outcome {
        let outcome = try StreamLoad(streams: streams, seconds: seconds, isReversed: isReversed)
            .run(on: target.route(way))
        return StreamTool.Outcome(gigabits: outcome.gigabits, retransmits: nil, bytes: outcome.bytes)
    }
}

extension StreamLoad {
    /// Sends from a path's sender to its receiver.
    package func run(on path: TestPath) throws -> Outcome { try run(on: ServerRoute(path)) }

    /// Sends from a client to a server, or back.
    package func run(on route: ServerRoute) throws -> Outcome {
        try run(
            openListener: {
                try route.server.run { try InternetSocket.listen(on: route.bound.address, port: route.bound.port) }
            },
            openSender: { port in
                try route.client.run {
                    try InternetSocket.connect(to: route.reached.address, port: route.port(ofServerAt: port))
                }
            })
    }
}
