import SystemPackage

/// New TCP connections per second.
struct ConnectionTest: BenchTest {
    private let way: GatewayWay
    private let seconds: Double

    init(way: GatewayWay, seconds: Double) {
        self.way = way
        self.seconds = seconds
    }

    private var name: String { "\(way.rawValue).connections" }
    var label: String { "new connections, \(way.label())" }
    var expectedSeconds: Double { seconds + 0.2 }
    func applies(to kind: SubjectKind) -> Bool { way.applies(to: kind) }

    var metrics: [Metric] {
        func detail(_ id: String, _ title: String, _ unit: String) -> Metric {
            Metric(
                id: "\(name).\(id)", title: "New TCP connections, \(way.label()): \(title)", unit: unit,
                better: .lower, isMain: false)
        }
        return [
            Metric(id: "\(name).rate", title: "New TCP connections, \(way.label())", unit: "k/s", better: .higher),
            detail("failed", "failed", "%"),
            detail("cpu", "processor time, whole machine", "s/million"),
            detail("engine_cpu", "processor time of the switch's process", "s/million"),
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        let before = try ProcessorTime.now(processes: target.switchProcesses)
        let outcome = try ConnectionLoad(seconds: seconds).run(on: target.route(way))
        let used = try ProcessorTime.now(processes: target.switchProcesses).used(since: before)
        guard outcome.completed > 0 else {
            throw BenchError("none of \(outcome.failed) connections came about: \(Self.reasons(outcome))")
        }
        let millions = Double(outcome.completed) / 1e6
        var findings = Findings()
        findings.add("\(name).rate", outcome.perSecond / 1_000)
        findings.add("\(name).failed", outcome.failedShare * 100)
        findings.add("\(name).cpu", used.machine / millions)
        if !target.switchProcesses.isEmpty { findings.add("\(name).engine_cpu", used.processes / millions) }
        if outcome.failed > 0 {
            findings.remarks.append(
                "\(target.kind.title): \(label): \(outcome.failed) of \(outcome.failed + outcome.completed) failed: "
                    + Self.reasons(outcome))
        }
        return findings
    }

    /// What became of those that failed, most frequent first.
    static func reasons(_ outcome: ConnectionLoad.Outcome) -> String {
        outcome.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.value) × \(Errno(rawValue: $0.key))" }.joined(separator: ", ")
    }
}
