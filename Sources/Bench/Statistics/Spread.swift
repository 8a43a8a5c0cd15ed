/// What a handful of samples of one thing say: where their middle is and how far they scatter.
public struct Spread: Codable, Sendable, Hashable {
    /// How many samples.
    public var count: Int
    /// The middle sample, or the mean of the two middle ones.
    public var median: Double
    /// The smallest sample.
    public var minimum: Double
    /// The largest sample.
    public var maximum: Double
    /// A quarter of the samples lies at or below (interpolated).
    public var lowerQuartile: Double
    /// A quarter of the samples lies at or above (interpolated).
    public var upperQuartile: Double

    /// Sums up samples; nil if there are none, or one isn't a finite number.
    public init?(_ samples: [Double]) {
        guard !samples.isEmpty, samples.allSatisfy(\.isFinite) else { return nil }
        let sorted = samples.sorted()
        count = sorted.count
        median = Self.quantile(0.5, ofSorted: sorted)
        minimum = sorted[0]
        maximum = sorted[sorted.count - 1]
        lowerQuartile = Self.quantile(0.25, ofSorted: sorted)
        upperQuartile = Self.quantile(0.75, ofSorted: sorted)
    }

    /// The value below which a fraction of the samples lies, interpolated between neighbours (Hyndman and Fan's
    /// seventh definition, the one of spreadsheets and of R). `sorted` must not be empty.
    public static func quantile(_ fraction: Double, ofSorted sorted: [Double]) -> Double {
        let position = fraction * Double(sorted.count - 1)
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }

    /// How a subject stands to another: the ratio of each round's two samples, summed up. Dividing within a round
    /// takes out what the machine does to both. Rounds that only one of them has are left out.
    public static func ofRatios(_ numerators: [Int: Double], to denominators: [Int: Double]) -> Spread? {
        let ratios = numerators.compactMap { round, value in
            denominators[round].flatMap { $0 == 0 ? nil : value / $0 }
        }
        return Spread(ratios)
    }
}
