/// The samples of one metric: a row for each subject with every sample as a dot, a box from quartile to quartile, a
/// line from the least to the most and a bar at the median. Throughput and times begin at 0, so that lengths don't lie.
struct SamplesChart {
    private let metric: Metric
    private let rows: [Row]

    private struct Row {
        var name: String
        var title: String
        var samples: [Sample]
        var summary: BenchReport.Summary
    }

    private static let width = 540.0
    private static let labelWidth = 132.0
    private static let valueWidth = 84.0
    private static let rowHeight = 34.0
    private static let axisHeight = 24.0

    /// nil if nobody has samples of the metric.
    init?(_ metric: Metric, in report: BenchReport) {
        self.metric = metric
        rows = report.measuredSubjects(of: metric).compactMap { subject in
            report.summary(of: metric, subject: subject.name).map { summary in
                Row(
                    name: subject.name, title: subject.title,
                    samples: report.samples.filter { $0.metric == metric.id && $0.subject == subject.name },
                    summary: summary)
            }
        }
        guard !rows.isEmpty else { return nil }
    }

    /// The drawing.
    var svg: String {
        let height = Self.rowHeight * Double(rows.count) + Self.axisHeight
        let top = rows.map(\.summary.spread.maximum).max() ?? 1
        let scale = Scale.fromZero(to: top, from: Self.labelWidth, to: Self.width - Self.valueWidth)
        var parts = grid(scale, height: height)
        for (index, row) in rows.enumerated() {
            parts += draw(row, at: Self.rowHeight * (Double(index) + 0.5), scale)
        }
        return Markup.element(
            "svg",
            [
                "viewBox": "0 0 \(Int(Self.width)) \(Int(height))", "role": "img",
                "aria-label": "\(metric.title), \(metric.unit)",
            ], parts)
    }

    private func grid(_ scale: Scale, height: Double) -> String {
        scale.ticks.map { tick in
            let x = Markup.coordinate(scale.position(tick))
            let bottom = height - Self.axisHeight
            return Markup.element(
                "line", ["class": "grid-line", "x1": x, "x2": x, "y1": "0", "y2": Markup.coordinate(bottom)])
                + Markup.element(
                    "text", ["class": "tick", "x": x, "y": Markup.coordinate(bottom + 16), "text-anchor": "middle"],
                    Quantity.tick(tick))
        }.joined()
    }

    private func draw(_ row: Row, at middle: Double, _ scale: Scale) -> String {
        let colour = PageStyle.colour(of: row.name)
        let spread = row.summary.spread
        let place = { (value: Double) in Markup.coordinate(scale.position(value)) }
        let y = Markup.coordinate(middle)
        var parts = Markup.element(
            "text", ["x": "0", "y": Markup.coordinate(middle + 4)], Markup.escape(row.title))
        parts += Markup.element(
            "line",
            [
                "x1": place(spread.minimum), "x2": place(spread.maximum), "y1": y, "y2": y, "stroke": colour,
                "stroke-width": "1.5",
            ])
        let boxWidth = max(1, scale.position(spread.upperQuartile) - scale.position(spread.lowerQuartile))
        parts += Markup.element(
            "rect",
            [
                "x": place(spread.lowerQuartile), "y": Markup.coordinate(middle - 8),
                "width": Markup.coordinate(boxWidth), "height": "16", "rx": "3", "fill": colour, "fill-opacity": "0.18",
            ])
        for sample in row.samples {
            // Rounds are spread over the row's height, always alike, so that equal samples don't hide each other.
            let offset = Double(sample.round * 7 % 11) - 5
            parts += Markup.element(
                "circle",
                [
                    "cx": place(sample.value), "cy": Markup.coordinate(middle + offset), "r": "3", "fill": colour,
                    "fill-opacity": "0.75",
                ], Markup.element("title", [:], "round \(sample.round + 1): \(Quantity.text(sample.value))"))
        }
        parts += Markup.element(
            "line",
            [
                "x1": place(spread.median), "x2": place(spread.median), "y1": Markup.coordinate(middle - 10),
                "y2": Markup.coordinate(middle + 10), "stroke": colour, "stroke-width": "3",
            ])
        let value = (row.summary.senderLimited ? "≥ " : "") + Quantity.text(spread.median)
        return parts
            + Markup.element(
                "text",
                [
                    "x": Markup.coordinate(Self.width), "y": Markup.coordinate(middle + 4), "text-anchor": "end",
                    "font-weight": "600",
                ], value)
    }
}
