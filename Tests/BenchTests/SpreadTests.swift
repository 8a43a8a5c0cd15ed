import Bench
import Testing

@Suite struct SpreadTests {
    @Test func oddAndEvenCounts() throws {
        let odd = try #require(Spread([5, 1, 3]))
        #expect(odd.median == 3)
        #expect(odd.minimum == 1)
        #expect(odd.maximum == 5)
        #expect(odd.lowerQuartile == 2)
        #expect(odd.upperQuartile == 4)
        let even = try #require(Spread([4, 1, 2, 3]))
        #expect(even.median == 2.5)
        #expect(even.lowerQuartile == 1.75)
        #expect(even.upperQuartile == 3.25)
    }

    @Test func oneSampleIsItsOwnSpread() throws {
        let one = try #require(Spread([7]))
        #expect([one.median, one.minimum, one.maximum, one.lowerQuartile, one.upperQuartile] == [7, 7, 7, 7, 7])
    }

    @Test func nothingAndNonsenseGiveNothing() {
        #expect(Spread([]) == nil)
        #expect(Spread([1, .nan]) == nil)
        #expect(Spread([.infinity]) == nil)
    }

    @Test func ratiosAreTakenWithinARound() throws {
        // The machine halves its speed in round 2: the ratio must not notice.
        let subject = [0: 8.0, 1: 9.0, 2: 4.0]
        let kernel = [0: 10.0, 1: 10.0, 2: 5.0, 3: 1.0]
        let ratio = try #require(Spread.ofRatios(subject, to: kernel))
        #expect(ratio.count == 3)
        #expect(ratio.median == 0.8)
        #expect(ratio.minimum == 0.8)
        #expect(ratio.maximum == 0.9)
        #expect(Spread.ofRatios([0: 1], to: [1: 1]) == nil)
        #expect(Spread.ofRatios([0: 1], to: [0: 0]) == nil)
    }
}
