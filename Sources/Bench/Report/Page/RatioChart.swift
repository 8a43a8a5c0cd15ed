/// How subjects stand to the reference in all main figures at once: a row for each figure, a dot for each subject
/// at its median ratio with its spread, on a logarithmic axis turned so that right is better.
struct RatioChart {
    private struct Mark {
        var name: String
        var title: String
        /// How many times better: above 1 is better whatever the metric.
        var ratio: Spread
    }

    private let rows: [(metric: Metric, marks: [Mark])]
    private let reference: String

    private static let width = 1_120.0
    private static let labelWidth = 330.0
    private static let markHeight = 11.0
    private static let axisHeight = 40.0

    /// nil if there is nothing to compare with.
    init?(_ report: BenchReport) {
        reference = report.options.scene.referenceTitle
        rows = report.metrics.filter(\.isMain).compactMap { metric in
            let marks = report.measuredSubjects(of: metric).compactMap { subject -> Mark? in
                guard let ratio = report.summary(of: metric, subject: subject.name)?.toReference, ratio.minimum > 0
                else {
                    return nil
                }
                return Mark(
                    name: subject.name, title: subject.title,
                    ratio: metric.better == .higher ? ratio : ratio.inverted)
            }
            return marks.isEmpty ? nil : (metric, marks)
        }
        guard !rows.isEmpty else { return nil }
    }

    /// The drawing.
    var svg: String {
        let spreads = rows.flatMap(\.marks).map(\.ratio)
        // What lies further out is drawn hollow at the end: it would press all others together.
        let least = min(0.5, max(0.08, (spreads.map(\.minimum).min() ?? 0.5) * 0.9))
        let most = max(2, min(12, (spreads.map(\.maximum).max() ?? 2) * 1.1))
        let scale = Scale(.logarithmic, domain: least...most, from: Self.labelWidth, to: Self.width - 10)
        let heights = rows.map { Double($0.marks.count) * Self.markHeight + 14 }
        let bottom = heights.reduce(0, +)
        var parts = axis(scale, bottom: bottom)
        var y = 0.0
        for (row, height) in zip(rows, heights) {
            parts += draw(row.metric, row.marks, from: y, height: height, scale)
            y += height
        }
        return Markup.element(
            "svg",
            [
                "viewBox": "0 0 \(Int(Self.width)) \(Int(bottom + Self.axisHeight))", "role": "img",
                "aria-label": "All main figures relative to the \(reference)",
            ], parts)
    }

    private func axis(_ scale: Scale, bottom: Double) -> String {
        let lines = scale.ticks.map { tick in
            let x = Markup.coordinate(scale.position(tick))
            let isOne = abs(tick - 1) < 1e-9
            return Markup.element(
                "line",
                [
                    "class": isOne ? "axis-line" : "grid-line", "x1": x, "x2": x, "y1": "0",
                    "y2": Markup.coordinate(bottom),
                ])
                + Markup.element(
                    "text", ["class": "tick", "x": x, "y": Markup.coordinate(bottom + 16), "text-anchor": "middle"],
                    Quantity.tick(tick) + "×")
        }.joined()
        let middle = Markup.coordinate(scale.position(1))
        return lines
            + Markup.element(
                "text", ["class": "tick", "x": middle, "y": Markup.coordinate(bottom + 34), "text-anchor": "middle"],
                Markup.escape("← \(reference) better · better than the \(reference) →"))
    }

    private func draw(_ metric: Metric, _ marks: [Mark], from top: Double, height: Double, _ scale: Scale) -> String {
        var parts = Markup.element(
            "line",
            [
                "class": "grid-line", "x1": "0", "x2": Markup.coordinate(Self.width), "y1": Markup.coordinate(top),
                "y2": Markup.coordinate(top),
            ])
        parts += Markup.element(
            "text", ["x": "0", "y": Markup.coordinate(top + height / 2 + 4)], Markup.escape(metric.title))
        for (index, mark) in marks.enumerated() {
            let y = Markup.coordinate(top + 7 + (Double(index) + 0.5) * Self.markHeight)
            let colour = PageStyle.colour(of: mark.name)
            let label = "\(mark.title): \(Quantity.ratio(mark.ratio.median)) as good as the \(reference)"
            parts += Markup.element(
                "line",
                [
                    "x1": Markup.coordinate(scale.position(mark.ratio.minimum)),
                    "x2": Markup.coordinate(scale.position(mark.ratio.maximum)), "y1": y, "y2": y, "stroke": colour,
                    "stroke-width": "2", "stroke-opacity": "0.45",
                ])
            let isInside = scale.domain.contains(mark.ratio.median)
            parts += Markup.element(
                "circle",
                [
                    "cx": Markup.coordinate(scale.position(mark.ratio.median)), "cy": y, "r": isInside ? "4.5" : "4",
                    "fill": isInside ? colour : "var(--panel)", "stroke": colour,
                    "stroke-width": isInside ? "0" : "1.5",
                ],
                Markup.element("title", [:], Markup.escape(label)))
        }
        return parts
    }
}

extension Spread {
    /// The spread of the reciprocals (quartiles and median of few samples nearly so).
    fileprivate var inverted: Spread {
        var result = self
        result.median = 1 / median
        result.minimum = 1 / maximum
        result.maximum = 1 / minimum
        result.lowerQuartile = 1 / upperQuartile
        result.upperQuartile = 1 / lowerQuartile
        return result
    }
}
