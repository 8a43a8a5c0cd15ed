import Bench
import Testing

@Suite struct LatencyHistogramTests {
    @Test func smallValuesAreExact() {
        var histogram = LatencyHistogram()
        for value in 0..<256 { histogram.record(UInt64(value)) }
        #expect(histogram.count == 256)
        #expect(histogram.percentile(0.5) == 127)
        #expect(histogram.percentile(1) == 255)
        #expect(histogram.percentile(0) == 0)
        #expect(histogram.mean == 127.5)
    }

    @Test func everyValueIsReadBackWithinOnePercent() {
        var value: UInt64 = 1
        while value < 1 << 40 {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(1 << 39)
            let read = histogram.percentile(0.5)
            if value <= 1 << 39 {
                #expect(read >= value)
                #expect(Double(read) <= Double(value) * 1.01)
            }
            value += max(1, value / 7)
        }
    }

    @Test func percentilesOfAUniformDistribution() {
        var histogram = LatencyHistogram()
        for value in 1...100_000 { histogram.record(UInt64(value) * 100) }
        for (fraction, expected) in [(0.5, 5_000_000.0), (0.9, 9_000_000), (0.99, 9_900_000), (0.999, 9_990_000)] {
            let read = Double(histogram.percentile(fraction))
            #expect(read >= expected)
            #expect(read <= expected * 1.01)
        }
        #expect(histogram.minimum == 100)
        #expect(histogram.maximum == 10_000_000)
        #expect(histogram.percentile(1) == 10_000_000)
    }

    @Test func mergingEqualsRecordingAll() {
        var odd = LatencyHistogram()
        var even = LatencyHistogram()
        var all = LatencyHistogram()
        var random = SeededGenerator(seed: 7)
        for index in 0..<10_000 {
            let value = UInt64.random(in: 0..<5_000_000, using: &random)
            if index % 2 == 0 { even.record(value) } else { odd.record(value) }
            all.record(value)
        }
        even.merge(odd)
        #expect(even == all)
        even.merge(LatencyHistogram())
        #expect(even == all)
    }

    @Test func whatIsTooLongCountsAsTheLongest() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        #expect(histogram.count == 1)
        #expect(histogram.maximum == (1 << 40) - 1)
        #expect(histogram.percentile(0.5) == (1 << 40) - 1)
    }

    @Test func anEmptyOneSaysZero() {
        let histogram = LatencyHistogram()
        #expect(histogram.percentile(0.99) == 0)
        #expect(histogram.mean == 0)
        #expect(histogram.fraction(upTo: 5) == 0)
    }
}
