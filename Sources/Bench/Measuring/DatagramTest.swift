/// Small datagrams per second to a published port.
struct DatagramTest: BenchTest {
    private let seconds: Double

    init(seconds: Double) {
        self.seconds = seconds
    }

    let label = "datagrams to a published port"
    var expectedSeconds: Double { seconds + 0.4 }
    func applies(to kind: SubjectKind) -> Bool { GatewayWay.published.applies(to: kind) }

    var metrics: [Metric] {
        let subject = "Datagrams of \(DatagramFlood.length) bytes to a published port"
        return [
            Metric(id: "published.udp.delivered", title: "\(subject), delivered", unit: "k/s", better: .higher),
            Metric(
                id: "published.udp.offered", title: "\(subject), offered", unit: "k/s", better: .higher, isMain: false),
            Metric(id: "published.udp.loss", title: "\(subject), lost", unit: "%", better: .lower, isMain: false),
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        let outcome = try DatagramFlood(seconds: seconds).run(on: target.route(.published))
        guard outcome.received > 0, outcome.seconds > 0 else {
            throw BenchError("none of \(outcome.sent) datagrams arrived")
        }
        let lost = 1 - min(1, Double(outcome.received) / Double(outcome.sent))
        var findings = Findings()
        // If next to nothing was lost, the sender may have been what was slow.
        findings.add(
            "published.udp.delivered", Double(outcome.received) / outcome.seconds / 1_000, senderLimited: lost < 0.001)
        findings.add("published.udp.offered", Double(outcome.sent) / outcome.seconds / 1_000)
        findings.add("published.udp.loss", lost * 100)
        return findings
    }
}
