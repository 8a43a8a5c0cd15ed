import Glibc

/// A run of the bench from beginning to end: sets the subjects up, measures them in turn, removes everything.
public struct BenchRun {
    private let options: BenchOptions
    private let programs: BenchPrograms
    private let version: String
    private let progress: Progress

    /// Describes a run. `version` is Heddle's.
    public init(options: BenchOptions, programs: BenchPrograms, version: String, progress: Progress) {
        self.options = options
        self.programs = programs
        self.version = version
        self.progress = progress
    }

    /// Measures. While it runs, SIGINT, SIGTERM, SIGHUP and SIGQUIT are caught: they remove what was made and end the
    /// process. Call it on the main thread, before any other thread is started.
    public func run() throws -> BenchReport {
        try options.validate()
        guard geteuid() == 0 else {
            throw BenchError(
                "the bench makes network namespaces and packet sockets, which only root may", hint: "run it with sudo")
        }
        let kinds = options.subjects.compactMap { SubjectKind(rawValue: $0) }
        if kinds.contains(where: \.needsDaemon), access(programs.daemon, X_OK) != 0 {
            let others = options.scene.subjects.filter { !$0.needsDaemon && !$0.needsOtherProgram }
            throw BenchError(
                "there is no program \(programs.daemon)",
                hint: "build heddled and heddle-engine too, or leave Heddle out: --subjects "
                    + others.map(\.rawValue).joined(separator: ","))
        }
        if kinds.contains(where: { $0.scene == .builds }), access(programs.otherDaemon, X_OK) != 0 {
            throw BenchError(
                "there is no program \(programs.otherDaemon)",
                hint: "--against names the heddled of another build, which has its heddle-engine beside it")
        }
        Workspace.removeLeftovers()
        let workspace = Workspace()
        let interruption = try Interruption { workspace.remove() }
        defer {
            workspace.remove()
            interruption.end()
            progress.clear()
        }
        return try measure(kinds, in: workspace)
    }

    private func measure(_ kinds: [SubjectKind], in workspace: Workspace) throws -> BenchReport {
        let started = (date: Timestamp.now(), at: MachineClock.now)
        progress.show("looking at the machine")
        let latencyRequest = LatencyRequest()
        let foreignLoad = try Surroundings.foreignLoad(seconds: 0.3)
        let subjects = SubjectSet(kinds, in: workspace, programs: programs, progress: progress)
        guard !subjects.entries.isEmpty else {
            let missing = subjects.facts.compactMap { fact in fact.skipped.map { "\(fact.title): \($0)" } }
            let reasons = subjects.failures.isEmpty ? missing : subjects.failures
            throw BenchError("there is nothing to measure: " + reasons.joined(separator: "; "))
        }
        var schedule = Schedule(
            tests: tests(), rounds: options.rounds, latencyRequest: latencyRequest, progress: progress,
            workspace: workspace)
        if let remark = Surroundings.remark(foreignLoad: foreignLoad) { schedule.note(remark) }
        try noteCeiling(in: workspace, &schedule)
        schedule.expect(subjects.entries)
        let attach = attachMeasurement(kinds)
        if let attach { progress.expect(seconds: attach.measurement.expectedSeconds * Double(attach.kinds.count)) }
        schedule.run(subjects.entries)
        if let attach { schedule.run(attach.measurement, of: attach.kinds, programs: programs) }
        return BenchReport(
            version: version, startedAt: started.date, seconds: Double(MachineClock.now - started.at) / 1e9,
            options: options, machine: .gather(), subjects: subjects.facts,
            metrics: schedule.tests.flatMap(\.metrics) + (attach?.measurement.metrics ?? []),
            samples: schedule.samples, latencies: schedule.curves(order: kinds), notes: schedule.notes,
            failures: subjects.failures + schedule.failures)
    }

    private func noteCeiling(in workspace: Workspace, _ schedule: inout Schedule) throws {
        guard options.tests.contains(TestKind.frames.rawValue) else { return }
        do {
            let ceilings = try Surroundings.generatorCeiling(frameSizes: options.frameSizes, in: workspace)
            let list = ceilings.map { "\(Quantity.text($0.rate / 1_000)) kframes/s of \($0.size) bytes" }
            schedule.note(
                "the generator with a processor of its own, into a TAP that nobody reads, makes "
                    + list.joined(separator: ", ") + ": no subject can be offered more")
        } catch {
            schedule.note("how much the generator can send at most could not be measured: \(error)")
        }
    }

    private func tests() -> [any BenchTest] {
        let names = options.tests.compactMap { TestKind(rawValue: $0) }
        let tool = Tool.find("iperf3")
        return names.flatMap { name -> [any BenchTest] in
            switch name {
            case .tcp1: [StreamTest(streams: 1, seconds: options.seconds, tool: tool)]
            case .tcp4: [StreamTest(streams: 4, seconds: options.seconds, tool: tool)]
            case .frames: options.frameSizes.map { FrameTest(size: $0, options: options) }
            case .rtt: [RoundTripTest(seconds: options.roundTripSeconds, ping: Tool.find("ping"))]
            case .cpu: [CostTest(seconds: options.costSeconds)]
            case .attach: []
            case .transfer: [TransferTest(bytes: options.transferBytes)]
            case .plainTCP1: [WithoutOffload(StreamTest(streams: 1, seconds: options.seconds, tool: tool))]
            case .plainTCP4: [WithoutOffload(StreamTest(streams: 4, seconds: options.seconds, tool: tool))]
            case .plainTransfer: [WithoutOffload(TransferTest(bytes: options.transferBytes))]
            case .publishedTCP1: [stream(.published)]
            case .publishedTCP1Reverse: [stream(.published, isReversed: true)]
            case .outgoingTCP1: [stream(.outgoing)]
            case .outgoingTCP1Reverse: [stream(.outgoing, isReversed: true)]
            case .connections: [ConnectionTest(way: .published, seconds: options.seconds)]
            case .outgoingConnections: [ConnectionTest(way: .outgoing, seconds: options.seconds)]
            case .publishedRTT: [PublishedRoundTripTest(seconds: options.roundTripSeconds)]
            case .udp: [DatagramTest(seconds: options.floodSeconds)]
            case .hostTCP1: [stream(.host)]
            }
        }
    }

    private func stream(_ way: GatewayWay, isReversed: Bool = false) -> StreamTest {
        StreamTest(
            streams: 1, seconds: options.seconds, tool: Tool.find("iperf3"), way: way, isReversed: isReversed)
    }

    private func attachMeasurement(_ kinds: [SubjectKind]) -> (measurement: AttachMeasurement, kinds: [SubjectKind])? {
        let suitable = kinds.filter { AttachMeasurement.applies(to: $0) }
        guard options.tests.contains(TestKind.attach.rawValue), !suitable.isEmpty else { return nil }
        return (AttachMeasurement(count: options.sandboxes, idleSeconds: options.idleSeconds), suitable)
    }
}
