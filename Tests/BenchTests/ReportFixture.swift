import Bench

/// A report with known figures: three subjects, three rounds, text that needs escaping.
enum ReportFixture {
    static let throughput = Metric(id: "tcp1.throughput", title: "TCP <1> & co", unit: "Gb/s", better: .higher)
    static let roundTrip = Metric(id: "rtt.flood", title: "Round trip", unit: "µs", better: .lower)
    static let detail = Metric(id: "tcp1.cpu", title: "Processor time", unit: "s/GB", better: .lower, isMain: false)

    static func make() -> BenchReport {
        var samples: [Sample] = []
        for (round, drift) in [1.0, 0.5, 0.8].enumerated() {
            for (subject, value) in [("bridge", 20.0), ("heddle-tap", 16), ("relay", 10)] {
                samples.append(
                    Sample(subject: subject, metric: throughput.id, round: round, value: value * drift))
                samples.append(
                    Sample(
                        subject: subject, metric: roundTrip.id, round: round, value: 100 / value,
                        senderLimited: subject == "relay"))
                samples.append(Sample(subject: subject, metric: detail.id, round: round, value: 1))
            }
        }
        var histogram = LatencyHistogram()
        for value in 1...10_000 { histogram.record(UInt64(value) * 10) }
        return BenchReport(
            version: "0.0.1", startedAt: "2026-01-02T03:04:05Z", seconds: 75, options: .quick(),
            machine: MachineFacts(
                cores: 2, processor: "Test \"CPU\"", isVirtual: true, memory: 1_024, kernel: "Linux 6",
                idleDriver: "none", system: "Test", tools: ["iperf3": "iperf 3"]),
            subjects: [
                .init(name: "bridge", title: "kernel bridge", skipped: nil),
                .init(name: "heddle-tap", title: "Heddle, TAP", skipped: nil),
                .init(name: "relay", title: "bare relay", skipped: nil),
                .init(name: "ovs", title: "Open vSwitch", skipped: "it is <not> installed"),
            ],
            metrics: [throughput, roundTrip, detail], samples: samples,
            latencies: [
                LatencyCurve(subject: "bridge", kind: "udp", title: "Round trip of UDP", histogram: histogram),
                LatencyCurve(subject: "relay", kind: "udp", title: "Round trip of UDP", histogram: histogram),
            ], notes: ["a note & more"], failures: ["bare relay: it broke"])
    }

    /// The same figures as if they were of two hosts.
    static func makeOverlay() -> BenchReport {
        make(.overlay, ["bridge": .vxlan, "heddle-tap": .heddleVXLAN])
    }

    /// The same figures as if they were of a gateway.
    static func makeGateway() -> BenchReport {
        make(.nat, ["bridge": .nftables, "heddle-tap": .heddleGateway, "relay": .plainHost])
    }

    /// The same figures as if they were of two builds.
    static func makeBuilds() -> BenchReport {
        make(.builds, ["bridge": .otherVeth, "relay": .thisVeth, "heddle-tap": .thisTap])
    }

    private static func make(_ scene: BenchScene, _ kinds: [String: SubjectKind]) -> BenchReport {
        var report = make()
        report.options = .quick(scene)
        report.subjects = kinds.values.map { .init(name: $0.rawValue, title: $0.title) }.sorted { $0.name > $1.name }
        let names = kinds.mapValues(\.rawValue)
        report.samples = report.samples.compactMap { sample in
            names[sample.subject].map { name in
                var sample = sample
                sample.subject = name
                return sample
            }
        }
        report.latencies = []
        return report
    }
}
