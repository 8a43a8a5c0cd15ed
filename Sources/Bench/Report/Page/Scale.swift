import Glibc

/// How values become positions along an axis.
package struct Scale: Sendable {
    /// How steps along the axis relate to values.
    package enum Kind: Sendable {
        /// Equal steps are equal differences.
        case linear
        /// Equal steps are equal ratios.
        case logarithmic
    }

    /// The values at the two ends.
    package let domain: ClosedRange<Double>
    private let range: (start: Double, end: Double)
    private let kind: Kind

    /// Maps `domain` to positions from `start` to `end` (which may lie before it).
    package init(_ kind: Kind, domain: ClosedRange<Double>, from start: Double, to end: Double) {
        self.kind = kind
        self.domain = domain
        range = (start, end)
    }

    /// A linear scale from 0 to a round value that is not below `maximum`.
    package static func fromZero(to maximum: Double, from start: Double, to end: Double) -> Scale {
        let top = maximum > 0 && maximum.isFinite ? maximum : 1
        let step = step(for: top)
        return Scale(.linear, domain: 0...((top / step).rounded(.up) * step), from: start, to: end)
    }

    /// The position of a value; what lies outside is set to the end.
    package func position(_ value: Double) -> Double {
        let clamped = min(max(value, domain.lowerBound), domain.upperBound)
        let part: Double
        switch kind {
        case .linear: part = (clamped - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        case .logarithmic: part = log(clamped / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
        }
        return range.start + part * (range.end - range.start)
    }

    /// Round values along the axis, four to six of them on a linear scale; 1, 2 and 5 of each decade on the other.
    package var ticks: [Double] {
        switch kind {
        case .linear:
            let step = Self.step(for: domain.upperBound - domain.lowerBound)
            let count = Int(((domain.upperBound - domain.lowerBound) / step).rounded())
            return (0...max(0, count)).map { domain.lowerBound + Double($0) * step }
        case .logarithmic:
            let decades = Int(log10(domain.lowerBound).rounded(.down))...Int(log10(domain.upperBound).rounded(.up))
            let marks: [Double] = decades.count > 4 ? [1] : [1, 2, 5]
            return decades.flatMap { decade in marks.map { $0 * pow(10, Double(decade)) } }
                .filter { $0 >= domain.lowerBound * 0.999 && $0 <= domain.upperBound * 1.001 }
        }
    }

    /// 1, 2, 2.5 or 5 times a power of ten, so that there are about five steps.
    private static func step(for span: Double) -> Double {
        let rough = span / 5
        let power = pow(10, log10(rough).rounded(.down))
        for factor in [1, 2, 2.5, 5] where rough <= factor * power * 1.000_001 { return factor * power }
        return 10 * power
    }
}
