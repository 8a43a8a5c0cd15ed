/// How long a question by a published port and its answer take.
struct PublishedRoundTripTest: BenchTest {
    private let seconds: Double

    private static let percentiles = [
        ("p50", "median", 0.5), ("p90", "90 %", 0.9), ("p99", "99 %", 0.99), ("p999", "99.9 %", 0.999),
        ("max", "longest", 1),
    ]

    init(seconds: Double) {
        self.seconds = seconds
    }

    let label = "round trip by a published port"
    var expectedSeconds: Double { seconds + 0.2 }
    func applies(to kind: SubjectKind) -> Bool { GatewayWay.published.applies(to: kind) }

    var metrics: [Metric] {
        Self.percentiles.map { id, title, _ in
            Metric(
                id: "published.rtt.\(id)", title: "Round trip of UDP by a published port, \(title)", unit: "µs",
                better: .lower, isMain: id == "p50" || id == "p99")
        } + [
            Metric(
                id: "published.rtt.unanswered", title: "Round trips by a published port, unanswered", unit: "",
                better: .lower, isMain: false)
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        let route = try target.route(.published)
        let answer = try route.server.run {
            try InternetSocket.datagram(on: route.bound.address, port: route.bound.port)
        }
        let question = try route.client.run {
            try InternetSocket.datagram(to: route.reached.address, port: route.port(ofServerAt: answer.port))
        }
        let outcome = try RoundTripProbe.datagrams(question: question, answer: answer.descriptor, seconds: seconds)
        guard outcome.latency.count > 0 else { throw BenchError("no round trip by the published port was completed") }
        var findings = Findings()
        for (id, _, fraction) in Self.percentiles {
            findings.add("published.rtt.\(id)", Double(outcome.latency.percentile(fraction)) / 1_000)
        }
        findings.add("published.rtt.unanswered", Double(outcome.unanswered))
        findings.add("published_udp", "Round trip of UDP by a published port", outcome.latency)
        return findings
    }
}
