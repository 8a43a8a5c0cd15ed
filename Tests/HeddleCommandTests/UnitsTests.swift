import Testing

@testable import heddle

/// Numbers for people.
struct UnitsTests {
    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9994, "9.99 kB"),
        (9996, "10.0 kB"), (12_345, "12.3 kB"), (99_960, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"),
        (5_000_000_000, "5.00 GB"), (UInt64.max, "18.4 EB"),
    ])
    func bytes(count: UInt64, text: String) {
        #expect(Units.bytes(count) == text)
    }

    @Test func rates() {
        #expect(Units.bitRate(9_412_345_678) == "9.41 Gbit/s")
        #expect(Units.bitRate(0) == "0 bit/s")
        #expect(Units.rate(1_488_095) == "1.49 M")
        #expect(Units.rate(81.4) == "81")
        #expect(Units.rate(0.4) == "0")
        #expect(Units.rate(-5) == "0")
    }

    @Test(arguments: [
        (0, "0s"), (59, "59s"), (60, "1m 0s"), (3599, "59m 59s"), (3600, "1h 0m"), (86_399, "23h 59m"),
        (86_400, "1d 0h"), (1_000_000, "11d 13h"), (-3, "0s"),
    ])
    func spans(seconds: Int, text: String) {
        #expect(Units.span(seconds: seconds) == text)
    }

    @Test(arguments: [(0, "0ms"), (999, "999ms"), (1000, "1.0s"), (9999, "9.9s"), (10_000, "10s"), (125_000, "2m 5s")])
    func shortSpans(milliseconds: Int, text: String) {
        #expect(Units.span(milliseconds: milliseconds) == text)
    }
}
