import Bench
import Testing

@Suite struct FormattingTests {
    @Test func threeSignificantDigits() {
        let cases: [(Double, String)] = [
            (0, "0"), (1, "1.00"), (1234.4, "1234"), (123.44, "123"), (99.96, "100"), (12.345, "12.3"), (9.996, "10.0"),
            (1.2345, "1.23"), (0.99951, "1.00"), (0.12345, "0.123"), (0.012345, "0.0123"), (-2.5, "-2.50"),
            (.nan, "–"), (.infinity, "–"),
        ]
        for (value, text) in cases { #expect(Quantity.text(value) == text) }
    }

    @Test func fixedDecimals() {
        #expect(Quantity.fixed(1.005, decimals: 0) == "1")
        #expect(Quantity.fixed(0.05, decimals: 2) == "0.05")
        #expect(Quantity.fixed(-0.001, decimals: 2) == "0.00")
        #expect(Quantity.fixed(-1.5, decimals: 1) == "-1.5")
        #expect(Quantity.ratio(0.856) == "0.86×")
        #expect(Quantity.ratio(640) == "640×")
        #expect(Quantity.tick(2.5) == "2.5")
        #expect(Quantity.tick(10) == "10")
        #expect(Quantity.tick(0.05) == "0.05")
    }

    @Test func durations() {
        #expect(Quantity.duration(seconds: 59.4) == "59 s")
        #expect(Quantity.duration(seconds: 59.6) == "1 min 00 s")
        #expect(Quantity.duration(seconds: 185) == "3 min 05 s")
        #expect(Quantity.duration(seconds: -1) == "0 s")
    }

    @Test func tablesAlign() {
        var table = TextTable(["name", "a", "b"])
        table.add(["x", "1", "22.5"])
        table.add(["longer name", "100", ""])
        #expect(
            table.lines(indent: 1) == [
                " name           a     b",
                " x              1  22.5",
                " longer name  100",
            ])
    }

    @Test func linearScalesEndAtRoundValues() {
        let scale = Scale.fromZero(to: 17.3, from: 0, to: 100)
        #expect(scale.domain == 0...20)
        #expect(scale.ticks == [0, 5, 10, 15, 20])
        #expect(scale.position(10) == 50)
        #expect(scale.position(-3) == 0)
        #expect(scale.position(99) == 100)
        #expect(Scale.fromZero(to: 0, from: 0, to: 1).domain == 0...1)
    }

    @Test func logarithmicScalesKeepRatios() {
        let scale = Scale(.logarithmic, domain: 0.5...8, from: 0, to: 100)
        #expect(abs(scale.position(1) - 25) < 1e-9)
        #expect(abs(scale.position(4) - 75) < 1e-9)
        #expect(scale.ticks == [0.5, 1, 2, 5])
        let wide = Scale(.logarithmic, domain: 1...1e6, from: 0, to: 1)
        #expect(wide.ticks == [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000])
    }

    @Test func markupIsEscaped() {
        #expect(Markup.escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;")
    }
}
