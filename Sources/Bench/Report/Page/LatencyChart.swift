import Glibc

/// Latency by percentile: the further right, the rarer; both axes logarithmic, since it is the rare and long ones that
/// tell subjects apart.
struct LatencyChart {
    private let title: String
    private let curves: [LatencyCurve]

    private static let width = 540.0
    private static let height = 280.0
    private static let left = 46.0
    private static let bottom = 28.0

    init(title: String, curves: [LatencyCurve]) {
        self.title = title
        self.curves = curves
    }

    /// The drawing.
    var svg: String {
        let values = curves.flatMap { $0.points.dropLast().map(\.microseconds) }.filter { $0 > 0 }
        let least = values.min() ?? 1
        let most = max(values.max() ?? 10, least * 2)
        let vertical = Scale(
            .logarithmic, domain: (least * 0.8)...(most * 1.25), from: Self.height - Self.bottom, to: 6)
        let rarest = curves.flatMap { $0.points.dropLast().map(\.fraction) }.max() ?? 0.999
        let horizontal = Scale(
            .logarithmic, domain: 1...max(10, 1 / (1 - min(rarest, 0.999_999))), from: Self.left, to: Self.width - 12)
        return Markup.element(
            "svg",
            [
                "viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))", "role": "img",
                "aria-label": "\(title): latency by percentile",
            ], grid(horizontal, vertical) + curves.map { draw($0, horizontal, vertical) }.joined())
    }

    private func grid(_ horizontal: Scale, _ vertical: Scale) -> String {
        var parts = ""
        for tick in vertical.ticks {
            let y = Markup.coordinate(vertical.position(tick))
            parts += Markup.element(
                "line",
                [
                    "class": "grid-line", "x1": Markup.coordinate(Self.left), "x2": "\(Int(Self.width))", "y1": y,
                    "y2": y,
                ])
            parts += Markup.element(
                "text",
                [
                    "class": "tick", "x": Markup.coordinate(Self.left - 6),
                    "y": Markup.coordinate(vertical.position(tick) + 4), "text-anchor": "end",
                ], Quantity.tick(tick))
        }
        let marks = [(2.0, "50 %"), (10, "90 %"), (100, "99 %"), (1_000, "99.9 %"), (10_000, "99.99 %")]
        for (rarity, label) in marks where horizontal.domain.contains(rarity) {
            let x = Markup.coordinate(horizontal.position(rarity))
            parts += Markup.element(
                "line",
                ["class": "grid-line", "x1": x, "x2": x, "y1": "6", "y2": Markup.coordinate(Self.height - Self.bottom)])
            parts += Markup.element(
                "text",
                ["class": "tick", "x": x, "y": Markup.coordinate(Self.height - 8), "text-anchor": "middle"], label)
        }
        return parts
    }

    private func draw(_ curve: LatencyCurve, _ horizontal: Scale, _ vertical: Scale) -> String {
        let points = curve.points.dropLast().map { point in
            Markup.coordinate(horizontal.position(1 / (1 - point.fraction))) + ","
                + Markup.coordinate(vertical.position(point.microseconds))
        }
        return Markup.element(
            "polyline",
            [
                "points": points.joined(separator: " "), "fill": "none", "stroke": PageStyle.colour(of: curve.subject),
                "stroke-width": "2.2", "stroke-linejoin": "round", "stroke-opacity": "0.9",
            ], Markup.element("title", [:], Markup.escape(curve.subject)))
    }
}
