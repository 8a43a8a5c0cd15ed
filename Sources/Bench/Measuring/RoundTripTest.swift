/// How long a question and its answer take.
struct RoundTripTest: BenchTest {
    private let seconds: Double
    private let ping: String?

    /// Questions of a flood.
    private static let floodCount = 20_000

    /// `ping` is the program's path; nil: the bench's own ICMP.
    init(seconds: Double, ping: String?) {
        self.seconds = seconds
        self.ping = ping
    }

    var label: String { "round trip" }
    var expectedSeconds: Double { seconds * 2.3 + 0.2 }

    var metrics: [Metric] {
        func percentile(_ id: String, _ title: String, isMain: Bool = false) -> Metric {
            Metric(id: "rtt.\(id)", title: "Round trip of UDP, \(title)", unit: "µs", better: .lower, isMain: isMain)
        }
        return [
            Metric(id: "rtt.flood", title: "Round trip, flood ping average", unit: "µs", better: .lower),
            Metric(
                id: "rtt.icmp", title: "Round trip of ICMP echo, average", unit: "µs", better: .lower, isMain: false),
            percentile("p50", "median", isMain: true), percentile("p90", "90 %"),
            percentile("p99", "99 %", isMain: true), percentile("p999", "99.9 %"), percentile("max", "longest"),
            Metric(id: "rtt.unanswered", title: "Round trips unanswered", unit: "", better: .lower, isMain: false),
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        var findings = Findings()
        let path = target.path
        let answer = try path.receiver.sandbox.run { try InternetSocket.datagram(on: path.receiver.address) }
        let question = try path.sender.sandbox.run {
            try InternetSocket.datagram(to: path.receiver.address, port: answer.port)
        }
        let outcome = try RoundTripProbe.datagrams(
            question: question, answer: answer.descriptor, seconds: seconds)
        let latency = outcome.latency
        guard latency.count > 0 else { throw BenchError("no round trip of UDP was completed") }
        for (id, fraction) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1)] {
            findings.add("rtt.\(id)", Double(latency.percentile(fraction)) / 1_000)
        }
        findings.add("rtt.unanswered", Double(outcome.unanswered))
        findings.add("udp", "Round trip of UDP between two programs", latency)

        let socket = try path.sender.sandbox.run { try InternetSocket.echo(to: path.receiver.address) }
        let echoes = RoundTripProbe.echoes(on: socket, count: Self.floodCount, seconds: seconds).latency
        guard echoes.count > 0 else { throw BenchError("no ICMP echo was answered") }
        findings.add("rtt.icmp", echoes.mean / 1_000)
        findings.add("icmp", "Round trip of ICMP echo, answered by the other kernel", echoes)
        findings.add("rtt.flood", try ping.map { try flood($0, target) } ?? echoes.mean / 1_000)
        return findings
    }

    /// What ping says, microseconds on average. It counts whole microseconds only; the bench's own echo counts finer.
    private func flood(_ ping: String, _ target: TestTarget) throws -> Double {
        let path = target.path
        let program = try path.sender.sandbox.start(
            ping, FloodPing.arguments(to: path.receiver.address, count: Self.floodCount, seconds: seconds),
            output: .piped)
        try target.workspace.adopt(program)
        let text = try program.readOutput(seconds: seconds + 10)
        _ = program.wait(seconds: 1)
        guard let outcome = FloodPing.parse(text) else { throw BenchError("ping printed no round trip times: \(text)") }
        return outcome.average
    }
}
