import Testing

@testable import Exposition

@Suite struct MetricsTextTests {
    private func text(_ families: [MetricFamily]) -> String {
        String(decoding: MetricsText.bytes(of: families), as: UTF8.self)
    }

    @Test func aFamilyIsWrittenOnceWithItsSamplesInOrder() {
        var frames = MetricFamily(MetricDefinition("x_frames_total", .counter, ["network", "port"], "Frames."))
        frames.add(3, ["lan", "eth0@web"])
        frames.add(UInt64.max, ["lan", "eth0@db"])
        var up = MetricFamily(MetricDefinition("x_up", .gauge, [], "Whether."))
        up.add(1)
        let empty = MetricFamily(MetricDefinition("x_none", .gauge, [], "Nothing."))
        #expect(
            text([frames, empty, up]) == """
                # HELP x_frames_total Frames.
                # TYPE x_frames_total counter
                x_frames_total{network="lan",port="eth0@web"} 3
                x_frames_total{network="lan",port="eth0@db"} 18446744073709551615
                # HELP x_up Whether.
                # TYPE x_up gauge
                x_up 1

                """)
    }

    @Test func whatWouldEndALabelOrALineIsEscaped() {
        var family = MetricFamily(MetricDefinition("x", .gauge, ["a", "b"], "Back\\slash,\nline; \"quotes\" stay."))
        family.add(1, ["c:\\d \"e\"\nf", "tab\tnul\0del\u{7F} ü 🧵"])
        #expect(
            text([family]) == #"""
                # HELP x Back\\slash,\nline; "quotes" stay.
                # TYPE x gauge
                x{a="c:\\d \"e\"\nf",b="tab�nul�del� ü 🧵"} 1

                """#)
    }

    @Test func anEmptyLabelIsNone() {
        var family = MetricFamily(MetricDefinition("x", .gauge, ["a", "b"], "X."))
        family.add(1, ["", "y"])
        family.add(2, ["", ""])
        // Too few are empty, too many are nobody's.
        family.add(3, ["z"])
        family.add(4, ["z", "y", "w"])
        #expect(text([family]).hasSuffix("x{b=\"y\"} 1\nx 2\nx{a=\"z\"} 3\nx{a=\"z\",b=\"y\"} 4\n"))
    }

    @Test(arguments: [
        (0.0, "0"), (1.0, "1"), (-2.0, "-2"), (0.1, "0.1"), (1.5e-7, "1.5e-07"), (1e300, "1e+300"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1_700_000_000.25, "1700000000.25"),
    ])
    func numbersAreWrittenAsTheyAreRead(_ value: Double, _ expected: String) {
        #expect(MetricsText.written(value) == expected)
    }

    @Test func aHistogramCountsUpToEachBound() throws {
        var histogram = DurationHistogram()
        for microseconds in [50, 100, 101, 1_000_000, 60_000_000, -5] { histogram.record(.microseconds(microseconds)) }
        var family = MetricFamily(MetricDefinition("x_seconds", .histogram, ["route"], "X."))
        family.add(histogram, ["/v1/status"])
        let lines = text([family]).split(separator: "\n").map(String.init)
        #expect(lines.prefix(2) == ["# HELP x_seconds X.", "# TYPE x_seconds histogram"])
        #expect(lines.contains(#"x_seconds_bucket{route="/v1/status",le="0.0001"} 3"#))
        #expect(lines.contains(#"x_seconds_bucket{route="/v1/status",le="0.00025"} 4"#))
        #expect(lines.contains(#"x_seconds_bucket{route="/v1/status",le="0.5"} 4"#))
        #expect(lines.contains(#"x_seconds_bucket{route="/v1/status",le="1"} 5"#))
        #expect(lines.contains(#"x_seconds_bucket{route="/v1/status",le="10"} 5"#))
        #expect(
            lines.suffix(3) == [
                #"x_seconds_bucket{route="/v1/status",le="+Inf"} 6"#, #"x_seconds_sum{route="/v1/status"} 61.000251"#,
                #"x_seconds_count{route="/v1/status"} 6"#,
            ])
        #expect(lines.count == 2 + DurationHistogram.bounds.count + 3)
        #expect(DurationHistogram.bounds == DurationHistogram.bounds.sorted())
    }

    @Test func aHistogramWithoutLabelsHasOnlyItsBounds() {
        var family = MetricFamily(MetricDefinition("x_seconds", .histogram, [], "X."))
        family.add(DurationHistogram())
        #expect(text([family]).contains("x_seconds_bucket{le=\"0.0001\"} 0\n"))
        #expect(text([family]).hasSuffix("x_seconds_sum 0\nx_seconds_count 0\n"))
    }

    @Test func noLabelsStandThereTwice() {
        var counter = MetricFamily(MetricDefinition("x_total", .counter, ["a"], "X."))
        counter.add(1, ["y"])
        counter.add(2, ["y"])
        counter.add(number: 0.5, ["z"])
        counter.add(number: 0.25, ["z"])
        var gauge = MetricFamily(MetricDefinition("x", .gauge, ["a"], "X."))
        gauge.add(1, ["y"])
        gauge.add(2, ["y"])
        var histogram = MetricFamily(MetricDefinition("x_seconds", .histogram, [], "X."))
        var one = DurationHistogram()
        one.record(.seconds(1))
        histogram.add(one)
        histogram.add(one)
        #expect(text([counter]).hasSuffix("x_total{a=\"y\"} 3\nx_total{a=\"z\"} 0.75\n"))
        #expect(text([gauge]).hasSuffix("\nx{a=\"y\"} 2\n"))
        #expect(text([histogram]).hasSuffix("x_seconds_sum 2\nx_seconds_count 2\n"))
    }
}
