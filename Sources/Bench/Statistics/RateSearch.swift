/// The search for the highest rate without loss, after RFC 2544 section 26.1: halve the interval between a rate that
/// passed and one that did not until it is narrow enough.
///
/// Two things differ from the letter of the RFC, since here sender, switch and receiver share a few busy cores: a rate
/// fails only when `attempts` trials in turn lost something (one hiccup of the machine would otherwise push the
/// search down for good), and a sender that cannot reach a rate ends the search there: what is highest is then the
/// sender's own limit, and the outcome says so.
///
/// Does no I/O: `nextRate` says what to try, `record` takes what came of it.
package struct RateSearch: Sendable {
    /// What a trial showed.
    package enum Trial: Sendable, Hashable {
        /// The frames were sent at the rate asked for and all arrived.
        case clean
        /// Some went missing.
        case lossy
        /// The sender reached only this many frames a second; `clean` tells whether those all arrived.
        case limited(achieved: Double, clean: Bool)
    }

    /// How the search ended.
    package struct Outcome: Sendable, Hashable {
        /// The highest rate that passed, frames a second; 0 if none did.
        package var rate: Double
        /// It is the sender that could do no more, not the path.
        package var senderLimited: Bool
        /// How many trials were run.
        package var trials: Int
    }

    private let resolution: Double
    private let attempts: Int
    private let maximumTrials: Int
    private var passed: Double = 0
    private var failed: Double
    private var failures = 0
    private var trials = 0
    private var senderLimited = false
    private var candidate: Double
    private var upperBoundTried = false

    /// `ceiling`: a rate that is certainly too high or just reachable, tried when all below passed; `firstGuess`: where
    /// to begin; `resolution`: how narrow the interval must get, as a part of the ceiling.
    package init(
        ceiling: Double, firstGuess: Double, resolution: Double = 0.02, attempts: Int = 2, maximumTrials: Int = 20
    ) {
        self.failed = ceiling
        self.candidate = min(max(firstGuess, ceiling * resolution), ceiling)
        self.resolution = resolution * ceiling
        self.attempts = max(1, attempts)
        self.maximumTrials = maximumTrials
    }

    /// The rate of the next trial in frames a second; nil when the search is over.
    package var nextRate: Double? {
        isOver ? nil : candidate
    }

    /// The result so far; the result when `nextRate` is nil.
    package var outcome: Outcome {
        Outcome(rate: passed, senderLimited: senderLimited, trials: trials)
    }

    /// Takes what the trial at `nextRate` showed. Does nothing when the search is over.
    package mutating func record(_ trial: Trial) {
        guard !isOver else { return }
        trials += 1
        switch trial {
        case .clean:
            pass(candidate)
        case .limited(let achieved, let clean):
            if clean {
                passed = max(passed, achieved)
                failed = passed
                senderLimited = true
            } else {
                fail(at: min(candidate, achieved))
            }
        case .lossy:
            fail(at: candidate)
        }
        guard failures == 0 else { return }
        chooseCandidate()
    }

    private var isOver: Bool {
        senderLimited || trials >= maximumTrials || (failed - passed <= resolution && upperBoundTried)
    }

    private mutating func pass(_ rate: Double) {
        failures = 0
        passed = max(passed, rate)
        if rate >= failed { upperBoundTried = true }
    }

    private mutating func fail(at rate: Double) {
        failures += 1
        guard failures >= attempts else { return }
        failures = 0
        failed = min(failed, rate)
        upperBoundTried = true
        // A failure below what passed before can only be the machine's mood: the higher rate did pass.
        if failed < passed { failed = passed }
    }

    private mutating func chooseCandidate() {
        if !upperBoundTried, failed - passed <= resolution {
            candidate = failed
        } else {
            candidate = passed + (failed - passed) / 2
        }
    }
}
