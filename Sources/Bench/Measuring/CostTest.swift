/// Processor time for a load that all subjects can carry: under full load every subject uses all there is.
struct CostTest: BenchTest {
    private let seconds: Double

    /// Bytes of TCP a second: 2 Gb/s.
    private static let streamRate = 250e6
    /// Frames a second.
    private static let frameRate = 50_000.0
    private static let frameLength = 60

    init(seconds: Double) {
        self.seconds = seconds
    }

    var label: String { "processor time" }
    var expectedSeconds: Double { seconds * 2 + 0.3 }

    var metrics: [Metric] {
        [
            Metric(
                id: "cpu.tcp", title: "Processor time for TCP at 2 Gb/s, whole machine", unit: "s/GB", better: .lower),
            Metric(
                id: "cpu.tcp_engine", title: "Processor time for TCP at 2 Gb/s, the switch's process", unit: "s/GB",
                better: .lower, isMain: false),
            Metric(
                id: "cpu.frames", title: "Processor time for 60-byte frames at 50,000/s, whole machine",
                unit: "s/Mframes", better: .lower),
            Metric(
                id: "cpu.frames_engine", title: "Processor time for 60-byte frames at 50,000/s, the switch's process",
                unit: "s/Mframes", better: .lower, isMain: false),
            Metric(
                id: "cpu.frames_p50", title: "One way at 50,000 frames/s, median", unit: "µs", better: .lower,
                isMain: false),
            Metric(
                id: "cpu.frames_p99", title: "One way at 50,000 frames/s, 99 %", unit: "µs", better: .lower,
                isMain: false),
        ]
    }

    func measure(_ target: TestTarget) throws -> Findings {
        var findings = Findings()
        let processes = target.switchProcesses

        let beforeStream = try ProcessorTime.now(processes: processes)
        let stream = try StreamLoad(streams: 1, seconds: seconds, rate: Self.streamRate).run(on: target.path)
        let forStream = try ProcessorTime.now(processes: processes).used(since: beforeStream)
        let gigabytes = Double(stream.bytes) / 1e9
        guard gigabytes > 0 else { throw BenchError("no byte of TCP came through") }
        findings.add("cpu.tcp", forStream.machine / gigabytes)
        if !processes.isEmpty { findings.add("cpu.tcp_engine", forStream.processes / gigabytes) }
        if stream.gigabits < Self.streamRate * 8 / 1e9 * 0.95 {
            findings.remarks.append(
                "\(target.kind.title) did not carry 2 Gb/s of TCP: the processor time told is that of less")
        }

        var trial = FrameTrial(frameLength: Self.frameLength, rate: Self.frameRate, seconds: seconds)
        trial.watchedProcesses = processes
        let frames = try trial.run(on: target.path)
        let millions = Double(frames.received) / 1e6
        guard millions > 0 else { throw BenchError("no frame arrived") }
        findings.add("cpu.frames", frames.machineTime / millions)
        if !processes.isEmpty { findings.add("cpu.frames_engine", frames.processTime / millions) }
        findings.add("cpu.frames_p50", Double(frames.latency.percentile(0.5)) / 1_000)
        findings.add("cpu.frames_p99", Double(frames.latency.percentile(0.99)) / 1_000)
        findings.add("one_way", "One way, 60 bytes, at 50,000 frames/s", frames.latency)
        if frames.lossShare > 0.001 {
            findings.remarks.append(
                "\(target.kind.title) lost some of 50,000 frames a second: the processor time told is that of the rest")
        }
        return findings
    }
}
