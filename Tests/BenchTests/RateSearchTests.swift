import Bench
import Testing

@Suite struct RateSearchTests {
    /// Runs a search against a path that loses nothing up to `capacity` and a sender that reaches `sender`.
    private func search(
        capacity: Double, sender: Double = .infinity, ceiling: Double = 1_000_000, firstGuess: Double? = nil,
        attempts: Int = 2, maximumTrials: Int = 40, hiccup: (Int) -> Bool = { _ in false }
    ) -> RateSearch.Outcome {
        var search = RateSearch(
            ceiling: ceiling, firstGuess: firstGuess ?? ceiling / 2, resolution: 0.01, attempts: attempts,
            maximumTrials: maximumTrials)
        var trial = 0
        while let rate = search.nextRate {
            let offered = min(rate, sender)
            let clean = offered <= capacity && !hiccup(trial)
            if offered < rate * 0.985 {
                search.record(.limited(achieved: offered, clean: clean))
            } else {
                search.record(clean ? .clean : .lossy)
            }
            trial += 1
            if trial > 1_000 { break }
        }
        #expect(trial == search.outcome.trials)
        return search.outcome
    }

    @Test(arguments: [12_345.0, 100_000, 333_333, 500_000, 790_000, 995_000])
    func findsTheCapacityWithinTheResolution(capacity: Double) {
        for guess in [50_000.0, 400_000, 1_000_000, 5_000_000] {
            let outcome = search(capacity: capacity, firstGuess: guess)
            #expect(outcome.rate <= capacity)
            #expect(outcome.rate >= capacity - 10_000)
            #expect(!outcome.senderLimited)
        }
    }

    @Test func aPathWithoutLimitPassesTheCeiling() {
        let outcome = search(capacity: 2_000_000)
        #expect(outcome.rate == 1_000_000)
        #expect(!outcome.senderLimited)
    }

    @Test func theSendersLimitIsTold() {
        let outcome = search(capacity: 900_000, sender: 450_000)
        #expect(outcome.rate == 450_000)
        #expect(outcome.senderLimited)
    }

    @Test func aSlowSenderThatLosesIsAFailure() {
        let outcome = search(capacity: 200_000, sender: 450_000)
        #expect(outcome.rate <= 200_000)
        #expect(outcome.rate >= 190_000)
        #expect(!outcome.senderLimited)
    }

    @Test func oneHiccupDoesNotEndTheClimb() {
        let outcome = search(capacity: 700_000, hiccup: { $0 == 1 || $0 == 4 })
        #expect(outcome.rate >= 690_000)
        let strict = search(capacity: 700_000, attempts: 1, hiccup: { $0 == 0 })
        #expect(strict.rate < 510_000)
    }

    @Test func aPathThatPassesNothingGivesZero() {
        let outcome = search(capacity: 0)
        #expect(outcome.rate == 0)
        #expect(outcome.trials <= 20)
    }

    @Test func trialsAreBounded() {
        let outcome = search(capacity: 333_333, maximumTrials: 5)
        #expect(outcome.trials == 5)
        #expect(outcome.rate <= 333_333)
    }

    @Test func recordingAfterTheEndChangesNothing() {
        var search = RateSearch(ceiling: 100, firstGuess: 100, resolution: 0.5, attempts: 1)
        search.record(.clean)
        let outcome = search.outcome
        #expect(search.nextRate == nil)
        search.record(.lossy)
        #expect(search.outcome == outcome)
    }
}
