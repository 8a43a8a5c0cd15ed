/// How latencies of one kind are distributed for one subject, over all rounds.
public struct LatencyCurve: Codable, Sendable, Hashable {
    /// One point of the curve.
    public struct Point: Codable, Sendable, Hashable {
        /// The part of all that took at most this long, 0…1.
        public var fraction: Double
        /// Microseconds.
        public var microseconds: Double
    }

    /// The subject's name.
    public var subject: String
    /// What was timed: the word in JSON.
    public var kind: String
    /// What people read.
    public var title: String
    /// How many were timed.
    public var count: UInt64
    /// The arithmetic mean in microseconds.
    public var mean: Double
    /// From the shortest to the longest.
    public var points: [Point]

    /// The points that tables show.
    public static let tableFractions = [0.5, 0.9, 0.99, 0.999]

    /// Reads a curve off a histogram.
    package init(subject: String, kind: String, title: String, histogram: LatencyHistogram) {
        self.subject = subject
        self.kind = kind
        self.title = title
        count = histogram.count
        mean = histogram.mean / 1_000
        points = Self.fractions(upTo: histogram.count).map {
            Point(fraction: $0, microseconds: Double(histogram.percentile($0)) / 1_000)
        }
        points.append(Point(fraction: 1, microseconds: Double(histogram.maximum) / 1_000))
    }

    /// The latency in microseconds that a fraction does not exceed; nil if the curve has no such point.
    public func microseconds(at fraction: Double) -> Double? {
        points.first { $0.fraction == fraction }?.microseconds
    }

    /// The longest in microseconds.
    public var longest: Double { points.last?.microseconds ?? 0 }

    /// Fractions with more and more nines, as far as the count makes sense of them.
    private static func fractions(upTo count: UInt64) -> [Double] {
        var fractions = [0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85]
        for nines in [0.9, 0.99, 0.999, 0.9999, 0.99999] {
            let rest = 1 - nines
            // 0.9, 0.99 and 0.999 are always there, since tables show them.
            if nines > 0.999, Double(count) * rest < 1 { break }
            fractions += [nines, nines + rest * 0.25, nines + rest * 0.5, nines + rest * 0.75]
        }
        return fractions
    }
}
