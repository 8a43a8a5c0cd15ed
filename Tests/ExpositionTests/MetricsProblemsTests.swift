import Exposition
import Testing

@Suite struct MetricsProblemsTests {
    @Test(arguments: [
        MetricDefinition("x_frames", .counter, [], "X."), MetricDefinition("x_frames_total", .gauge, [], "X."),
        MetricDefinition("x_count", .gauge, [], "X."), MetricDefinition("x_bucket", .gauge, [], "X."),
        MetricDefinition("x_duration_milliseconds", .gauge, [], "X."), MetricDefinition("x_ratio", .gauge, [], ""),
        MetricDefinition("x_gauge", .gauge, [], "X."), MetricDefinition("9x", .gauge, [], "X."),
        MetricDefinition("x-y", .gauge, [], "X."), MetricDefinition("", .gauge, [], "X."),
        MetricDefinition("xY", .gauge, [], "X."), MetricDefinition("x", .gauge, ["a", "a"], "X."),
        MetricDefinition("x", .gauge, ["le"], "X."), MetricDefinition("x", .gauge, ["__a"], "X."),
        MetricDefinition("x", .gauge, ["a:b"], "X."), MetricDefinition("x_duration", .histogram, [], "X."),
    ])
    func whatIsWrongIsFound(_ definition: MetricDefinition) {
        #expect(!definition.problems.isEmpty)
    }

    @Test func whatIsRightIsLeftAlone() {
        let right = [
            MetricDefinition("x_frames_total", .counter, ["a", "b_c"], "X."),
            MetricDefinition("x_bytes", .gauge, [], "X."), MetricDefinition("x_seconds", .histogram, ["a"], "X."),
        ]
        #expect(MetricsText.problems(of: right.map { MetricFamily($0) }) == [])
    }

    @Test func aNameThatComesTwiceIsFound() {
        let family = MetricFamily(MetricDefinition("x", .gauge, [], "X."))
        #expect(MetricsText.problems(of: [family, family]) == ["x stands there 2 times"])
    }

    @Test func nothingIsWrongWithWhatHeddleServes() {
        #expect(MetricsText.problems(of: HeddleMetrics.all.map { MetricFamily($0) }) == [])
        #expect(HeddleMetrics.all.count > 40)
    }
}
