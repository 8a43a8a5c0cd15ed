/// Something that is measured of one subject at a time.
protocol BenchTest: Sendable {
    /// Shown while it runs.
    var label: String { get }
    /// What it finds, in the order of the tables.
    var metrics: [Metric] { get }
    /// About how long one measurement takes, to tell how long is left.
    var expectedSeconds: Double { get }
    /// What it wants of the underlay between two hosts.
    var underlay: Underlay { get }
    /// Whether it can be taken of a subject.
    func applies(to kind: SubjectKind) -> Bool
    /// Measures once.
    func measure(_ target: TestTarget) throws -> Findings
}

extension BenchTest {
    var underlay: Underlay { .asMade }
    func applies(to kind: SubjectKind) -> Bool { true }
}

/// What a test measures.
struct TestTarget: Sendable {
    /// The subject.
    var kind: SubjectKind
    /// Where traffic begins and ends.
    var path: TestPath
    /// The processes that carry the frames, if it isn't the kernel.
    var switchProcesses: [Int32]
    /// Who is there where the subject is a gateway.
    var gateway: GatewayEnds?
    /// Takes programs that must end with the run.
    var workspace: Workspace
}

/// What one measurement found.
struct Findings: Sendable {
    /// One figure.
    struct Value: Sendable {
        var metric: String
        var value: Double
        var senderLimited: Bool?
    }

    /// Latencies of one kind.
    struct Latency: Sendable {
        var kind: String
        var title: String
        var histogram: LatencyHistogram
    }

    /// Figures by their metric.
    var values: [Value] = []
    /// Latencies to be put together over all rounds.
    var latencies: [Latency] = []
    /// What a reader must know.
    var remarks: [String] = []

    /// Adds a figure.
    mutating func add(_ metric: String, _ value: Double, senderLimited: Bool? = nil) {
        guard value.isFinite else { return }
        values.append(Value(metric: metric, value: value, senderLimited: senderLimited))
    }

    /// Adds latencies, unless there are none.
    mutating func add(_ kind: String, _ title: String, _ histogram: LatencyHistogram) {
        guard histogram.count > 0 else { return }
        latencies.append(Latency(kind: kind, title: title, histogram: histogram))
    }
}
