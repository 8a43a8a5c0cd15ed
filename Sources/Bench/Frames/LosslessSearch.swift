/// The highest rate at which a path loses nothing, found by trials.
package enum LosslessSearch {
    /// What the search found.
    package struct Outcome: Sendable {
        /// See `RateSearch.Outcome`.
        package var result: RateSearch.Outcome
        /// Latency at the highest rate that passed; empty if none did.
        package var latency: LatencyHistogram
    }

    /// A sender that reaches less than this part of the rate it was asked for is at its limit.
    static let reached = 0.985

    /// Searches between 0 and what the sender offered without a schedule. `flood` is such a trial's outcome.
    package static func run(
        on path: TestPath, frameLength: Int, after flood: FrameTrial.Outcome, trialSeconds: Double, resolution: Double
    ) throws -> Outcome {
        // The schedule costs the sender something: it never quite reaches what it offers without one.
        let ceiling = max(flood.offeredRate, 1_000)
        var search = RateSearch(
            ceiling: ceiling, firstGuess: min(flood.deliveredRate * 0.8, ceiling), resolution: resolution,
            maximumTrials: 24)
        var best = (rate: 0.0, latency: LatencyHistogram())
        while let rate = search.nextRate {
            let trial = try FrameTrial(frameLength: frameLength, rate: rate, seconds: trialSeconds).run(on: path)
            let verdict = judge(trial, rate: rate)
            if trial.lost == 0, trial.sinkDrops == 0, trial.offeredRate >= best.rate {
                best = (trial.offeredRate, trial.latency)
            }
            search.record(verdict)
        }
        return Outcome(result: search.outcome, latency: best.latency)
    }

    /// What a trial shows. Frames that the sink had no room for say nothing of the path, and neither do they pass.
    static func judge(_ trial: FrameTrial.Outcome, rate: Double) -> RateSearch.Trial {
        let clean = trial.lost == 0 && trial.sinkDrops == 0
        guard trial.offeredRate >= rate * reached else {
            return .limited(achieved: trial.offeredRate, clean: clean)
        }
        return clean ? .clean : .lossy
    }
}
