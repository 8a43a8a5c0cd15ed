/// Takes every test of every subject, round after round, and keeps what was found. Within a round a test's subjects
/// come one right after the other, and another is first each time.
struct Schedule {
    /// What is measured.
    let tests: [any BenchTest]
    private let rounds: Int
    private let latencyRequest: LatencyRequest
    private let progress: Progress
    private let workspace: Workspace

    /// Every single figure so far.
    private(set) var samples: [Sample] = []
    /// What readers must know.
    private(set) var notes: [String] = []
    /// What could not be measured.
    private(set) var failures: [String] = []
    private var histograms: [CurveKey: LatencyHistogram] = [:]
    private var curveKinds: [(kind: String, title: String)] = []

    private struct CurveKey: Hashable {
        var subject: String
        var kind: String
    }

    init(
        tests: [any BenchTest], rounds: Int, latencyRequest: LatencyRequest, progress: Progress, workspace: Workspace
    ) {
        self.tests = tests
        self.rounds = rounds
        self.latencyRequest = latencyRequest
        self.progress = progress
        self.workspace = workspace
    }

    /// Tells how long all will take.
    func expect(_ entries: [SubjectSet.Entry]) {
        let round = tests.reduce(0) { sum, test in
            sum + test.expectedSeconds * Double(entries.count { test.applies(to: $0.subject.kind) })
        }
        progress.expect(seconds: round * Double(rounds))
    }

    /// Measures. A measurement that fails is told, and the others go on.
    mutating func run(_ entries: [SubjectSet.Entry]) {
        for round in 0..<rounds {
            for test in tests {
                let entries = entries.filter { test.applies(to: $0.subject.kind) }
                for position in entries.indices {
                    let entry = entries[(position + round) % entries.count]
                    progress.show("round \(round + 1)/\(rounds) · \(test.label) · \(entry.subject.kind.title)")
                    run(test, of: entry, round: round)
                    progress.advance(seconds: test.expectedSeconds)
                }
            }
        }
    }

    private mutating func run(_ test: any BenchTest, of entry: SubjectSet.Entry, round: Int) {
        let subject = entry.subject
        if !latencyRequest.waitUntilLapsed() {
            note("somebody keeps the processors awake (/dev/cpu_dma_latency): round trips are shorter than they were")
        }
        do {
            try subject.prepare(test.underlay)
            try subject.beginTurn()
            defer { subject.endTurn() }
            // Neighbour tables and stations are filled again if they have aged.
            try entry.path.waitUntilItWorks()
            let target = TestTarget(
                kind: subject.kind, path: entry.path, switchProcesses: subject.switchProcesses,
                gateway: subject.gateway, workspace: workspace)
            take(try test.measure(target), of: subject.kind, round: round)
        } catch {
            failures.append("\(subject.kind.title): \(test.label), round \(round + 1): \(error)")
        }
    }

    /// Attaches many sandboxes to each subject, in a workspace of its own that is removed at once.
    mutating func run(_ measurement: AttachMeasurement, of kinds: [SubjectKind], programs: BenchPrograms) {
        for kind in kinds {
            progress.show("attaching sandboxes · \(kind.title)")
            let own = Workspace(prefix: workspace.prefix + "\(kind.rawValue)-")
            do {
                try workspace.beforeRemoval { own.remove() }
                let findings = try measurement.measure(kind, in: own, daemonExecutable: programs.daemon)
                take(findings, of: kind, round: 0)
            } catch {
                failures.append("\(kind.title): attaching sandboxes: \(error)")
            }
            own.remove()
            progress.advance(seconds: measurement.expectedSeconds)
        }
    }

    private mutating func take(_ findings: Findings, of kind: SubjectKind, round: Int) {
        for value in findings.values {
            samples.append(
                Sample(
                    subject: kind.rawValue, metric: value.metric, round: round, value: value.value,
                    senderLimited: value.senderLimited))
        }
        for latency in findings.latencies {
            if !curveKinds.contains(where: { $0.kind == latency.kind }) {
                curveKinds.append((latency.kind, latency.title))
            }
            let key = CurveKey(subject: kind.rawValue, kind: latency.kind)
            histograms[key, default: LatencyHistogram()].merge(latency.histogram)
        }
        findings.remarks.forEach { note($0) }
    }

    /// The same remark once is enough.
    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// Latencies over all rounds, by what was timed and then in the order of the subjects.
    func curves(order: [SubjectKind]) -> [LatencyCurve] {
        curveKinds.flatMap { kind in
            order.compactMap { subject in
                histograms[CurveKey(subject: subject.rawValue, kind: kind.kind)].map {
                    LatencyCurve(subject: subject.rawValue, kind: kind.kind, title: kind.title, histogram: $0)
                }
            }
        }
    }
}
