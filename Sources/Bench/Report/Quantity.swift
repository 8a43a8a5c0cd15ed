import Glibc

/// Figures as people read them.
package enum Quantity {
    /// A number with three significant digits and no exponent: 1234, 123, 12.3, 1.23, 0.123, 0.0123.
    package static func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        // The limits lie where rounding would add a digit in front.
        switch size {
        case 99.95...: return fixed(value, decimals: 0)
        case 9.995...: return fixed(value, decimals: 1)
        case 0.9995...: return fixed(value, decimals: 2)
        case 0.09995...: return fixed(value, decimals: 3)
        case 0: return "0"
        default: return fixed(value, decimals: 4)
        }
    }

    /// A round number along an axis, without zeros that say nothing: 2.5, 10, 0.05.
    package static func tick(_ value: Double) -> String {
        for decimals in 0...3 {
            let text = fixed(value, decimals: decimals)
            if let shown = Double(text), abs(shown - value) <= abs(value) * 1e-6 { return text }
        }
        return text(value)
    }

    /// A ratio with two decimals.
    package static func ratio(_ value: Double) -> String {
        value.isFinite ? fixed(value, decimals: value >= 99.5 ? 0 : 2) + "×" : "–"
    }

    /// A number with so many decimals, rounded half away from zero.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let scale = pow(10, Double(decimals))
        let digits = String(Int((abs(value) * scale).rounded()))
        let sign = value < 0 && digits.contains { $0 != "0" } ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// Seconds as "45 s" or "3 min 05 s".
    package static func duration(seconds: Double) -> String {
        let whole = Int(max(0, seconds).rounded())
        guard whole >= 60 else { return "\(whole) s" }
        let rest = whole % 60
        return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
    }
}
