import Synchronization

/// One trial: a generator at one end, a sink at the other, and the account of what became of every frame.
package struct FrameTrial: Sendable {
    /// Bytes of each frame without FCS.
    package var frameLength: Int
    /// Frames a second; nil: as fast as it goes.
    package var rate: Double?
    /// Seconds to send for.
    package var seconds: Double
    /// At most so many frames; nil: as many as there is time for.
    package var frameLimit: UInt64?
    /// Processes whose time is to be told.
    package var watchedProcesses: [Int32] = []

    /// What became of the frames. `sent` = received + lost + sinkDrops, to the frame.
    package struct Outcome: Sendable {
        /// Frames that were offered to the sending interface.
        package var sent: UInt64
        /// How many of those it said it had no room for; they count as lost.
        package var refused: UInt64
        /// Frames that the schedule gave up because the sender couldn't keep it.
        package var skipped: UInt64
        /// Seconds that the sending took.
        package var sendingSeconds: Double
        /// Frames that arrived, each counted once.
        package var received: UInt64
        /// Frames that the path lost.
        package var lost: UInt64
        /// Frames that arrived but found the sink's ring full: the sink's fault and not the path's.
        package var sinkDrops: UInt64
        /// Frames that arrived more than once.
        package var duplicated: UInt64
        /// Frames that arrived after a later one.
        package var reordered: UInt64
        /// Frames that arrived with another length.
        package var damaged: UInt64
        /// Frames of an earlier trial.
        package var stale: UInt64
        /// Frames of the bench's EtherType that are somebody else's.
        package var foreign: UInt64
        /// From the first arrival to the last.
        package var arrivalSeconds: Double
        /// From sending to arrival.
        package var latency: LatencyHistogram
        /// Processor seconds of the whole machine while frames were sent.
        package var machineTime: Double
        /// Processor seconds of the watched processes while frames were sent.
        package var processTime: Double

        /// Frames offered a second.
        package var offeredRate: Double { sendingSeconds > 0 ? Double(sent) / sendingSeconds : 0 }
        /// Frames delivered a second.
        package var deliveredRate: Double { arrivalSeconds > 0 ? Double(received) / arrivalSeconds : 0 }
        /// The part of the frames that the path lost, 0…1.
        package var lossShare: Double { sent > 0 ? Double(lost) / Double(sent) : 0 }
    }

    /// How long the sink waits for stragglers after the last frame it has seen.
    private static let quiet: UInt64 = 50_000_000
    /// How often the sink looks into its ring.
    private static let interval = 0.000_5

    /// Describes a trial.
    package init(frameLength: Int, rate: Double? = nil, seconds: Double, frameLimit: UInt64? = nil) {
        self.frameLength = frameLength
        self.rate = rate
        self.seconds = seconds
        self.frameLimit = frameLimit
    }

    /// Sends and counts. Returns when all frames have come, or nothing has come for 50 ms.
    package func run(on path: TestPath) throws -> Outcome {
        let run = UInt32.random(in: 1 ... .max)
        // Bits for two million frames a second: more is never seen, and if it were the ledger would grow.
        let expected = Int(min(seconds * (rate ?? 2e6), 5e7))
        let signals = Signals()
        let sink = try BenchThread.start { () throws -> (tally: ArrivalTally, drops: UInt64) in
            // Also if it fails: nobody must wait for it for ever.
            defer { signals.sinkReady.store(true, ordering: .releasing) }
            return try path.receiver.sandbox.run {
                var sink = try FrameSink(interfaceIndex: path.receiver.interfaceIndex)
                var tally = ArrivalTally(run: run, stream: 0, expected: expected)
                signals.sinkReady.store(true, ordering: .releasing)
                Self.collect(from: &sink, into: &tally, signals)
                return (tally, try sink.takeDrops())
            }
        }
        while !signals.sinkReady.load(ordering: .acquiring) { MachineClock.sleep(seconds: 0.000_2) }
        var generator = FrameGenerator(
            interfaceIndex: path.sender.interfaceIndex, source: path.sender.mac, destination: path.receiver.mac,
            frameLength: frameLength, rate: rate, duration: MachineClock.nanoseconds(seconds), run: run)
        generator.frameLimit = frameLimit ?? .max
        let before = try ProcessorTime.now(processes: watchedProcesses)
        let sending = Result { try path.sender.sandbox.run { try generator.send() } }
        let used = try ProcessorTime.now(processes: watchedProcesses).used(since: before)
        signals.sent.store((try? sending.get())?.sent ?? 0, ordering: .releasing)
        let (tally, drops) = try sink.join()
        return Self.account(try sending.get(), tally, drops, used)
    }

    /// Empties the ring now and then until the sender has ended and all of its frames, or no more, have come.
    private static func collect(from sink: inout FrameSink, into tally: inout ArrivalTally, _ signals: Signals) {
        MachineClock.wakeOnTime()
        var lastSeen = MachineClock.now
        while true {
            let sent = signals.sent.load(ordering: .acquiring)
            if sink.drain(into: &tally) > 0 { lastSeen = MachineClock.now }
            if sent != .max {
                if tally.ledger.received >= sent || MachineClock.now - lastSeen > quiet { return }
            } else {
                lastSeen = MachineClock.now
            }
            MachineClock.sleep(seconds: interval)
        }
    }

    private static func account(
        _ sending: FrameGenerator.Outcome, _ tally: ArrivalTally, _ drops: UInt64,
        _ used: (machine: Double, processes: Double)
    ) -> Outcome {
        let missing = tally.ledger.missing(of: sending.sent)
        let sinkDrops = min(drops, missing)
        return Outcome(
            sent: sending.sent, refused: sending.refused, skipped: sending.skipped,
            sendingSeconds: Double(sending.elapsed) / 1e9, received: tally.ledger.received, lost: missing - sinkDrops,
            sinkDrops: sinkDrops, duplicated: tally.ledger.duplicated, reordered: tally.ledger.reordered,
            damaged: tally.damaged, stale: tally.stale, foreign: tally.foreign + tally.ledger.impossible,
            arrivalSeconds: Double(tally.lastArrival - tally.firstArrival) / 1e9, latency: tally.latency,
            machineTime: used.machine, processTime: used.processes)
    }

    /// What the two ends tell each other.
    private final class Signals: Sendable {
        /// The sink counts (or has failed to begin).
        let sinkReady = Atomic<Bool>(false)
        /// How many frames were sent; the greatest number while the sending goes on.
        let sent = Atomic<UInt64>(.max)
    }
}
