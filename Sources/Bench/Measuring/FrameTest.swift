/// Frames a second of one size: what arrives when more is offered than can be carried, and the highest rate at which
/// nothing is lost.
struct FrameTest: BenchTest {
    private let size: Int
    private let floodSeconds: Double
    private let trialSeconds: Double
    private let resolution: Double

    init(size: Int, options: BenchOptions) {
        self.size = size
        floodSeconds = options.floodSeconds
        trialSeconds = options.trialSeconds
        resolution = options.resolution
    }

    private var name: String { "frames\(size)" }
    var label: String { "frames of \(size) bytes" }
    var expectedSeconds: Double { floodSeconds + 9 * (trialSeconds + 0.03) + 0.1 }

    var metrics: [Metric] {
        let subject = "Frames of \(size) bytes"
        func detail(_ id: String, _ title: String, _ unit: String, _ better: Metric.Direction) -> Metric {
            Metric(id: "\(name).\(id)", title: "\(subject): \(title)", unit: unit, better: better, isMain: false)
        }
        return [
            Metric(
                id: "\(name).delivered", title: "\(subject), delivered under full load", unit: "kframes/s",
                better: .higher),
            Metric(
                id: "\(name).lossless", title: "\(subject), highest rate without loss", unit: "kframes/s",
                better: .higher),
            detail("offered", "offered under full load", "kframes/s", .higher),
            detail("loss", "lost under full load", "%", .lower),
            detail("reordered", "reordered under full load", "frames", .lower),
            detail("duplicated", "duplicated under full load", "frames", .lower),
            detail("damaged", "damaged or foreign under full load", "frames", .lower),
            detail("sink_drops", "dropped by the sink under full load", "frames", .lower),
            detail("cpu", "processor time under full load, whole machine", "s/Mframes", .lower),
            detail("engine_cpu", "processor time under full load, the switch's process", "s/Mframes", .lower),
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        var findings = Findings()
        var trial = FrameTrial(frameLength: size, seconds: floodSeconds)
        trial.watchedProcesses = target.switchProcesses
        let flood = try trial.run(on: target.path)
        guard flood.received > 0 else { throw BenchError("none of \(flood.sent) frames arrived") }
        let millions = Double(flood.received) / 1e6
        // If next to nothing was lost, the sender may have been what was slow.
        let senderLimited = flood.lossShare < 0.001
        findings.add("\(name).delivered", flood.deliveredRate / 1_000, senderLimited: senderLimited)
        findings.add("\(name).offered", flood.offeredRate / 1_000)
        findings.add("\(name).loss", flood.lossShare * 100)
        findings.add("\(name).reordered", Double(flood.reordered))
        findings.add("\(name).duplicated", Double(flood.duplicated))
        findings.add("\(name).damaged", Double(flood.damaged + flood.foreign))
        findings.add("\(name).sink_drops", Double(flood.sinkDrops))
        findings.add("\(name).cpu", flood.machineTime / millions)
        if !target.switchProcesses.isEmpty { findings.add("\(name).engine_cpu", flood.processTime / millions) }

        let search = try LosslessSearch.run(
            on: target.path, frameLength: size, after: flood, trialSeconds: trialSeconds, resolution: resolution)
        findings.add(
            "\(name).lossless", search.result.rate / 1_000, senderLimited: search.result.senderLimited)
        findings.add(
            "\(name).one_way", "One way, \(size) bytes, at the highest rate without loss", search.latency)
        return findings
    }
}
