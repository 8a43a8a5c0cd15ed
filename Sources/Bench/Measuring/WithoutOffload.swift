/// A test on an underlay whose interfaces neither cut nor join segments: what a plain network adapter leaves to the
/// hosts. Its figures are told beside those of the test itself.
struct WithoutOffload: BenchTest {
    private let test: any BenchTest

    /// What its metrics begin with.
    static let prefix = "no_offload."

    init(_ test: any BenchTest) {
        self.test = test
    }

    let underlay = Underlay.withoutOffload
    var label: String { "\(test.label), underlay without offload" }
    var expectedSeconds: Double { test.expectedSeconds }

    var metrics: [Metric] {
        test.metrics.map { metric in
            var metric = metric
            metric.id = Self.prefix + metric.id
            metric.title = "Underlay without offload: \(metric.title)"
            return metric
        }
    }

    func measure(_ target: TestTarget) throws -> Findings {
        var findings = try test.measure(target)
        for index in findings.values.indices {
            findings.values[index].metric = Self.prefix + findings.values[index].metric
        }
        for index in findings.latencies.indices {
            findings.latencies[index].kind = Self.prefix + findings.latencies[index].kind
            findings.latencies[index].title += ", underlay without offload"
        }
        return findings
    }
}
