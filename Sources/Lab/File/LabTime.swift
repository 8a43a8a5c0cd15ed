/// Times as lab files have them, and as people read them.
public enum LabTime {
    /// Milliseconds of each unit, longest first.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    /// Longest that may be said: a year.
    private static let longest: Int64 = 366 * 24 * 3_600_000

    /// A whole number and ms, s, m or h; nil for anything else, for 0, and for more than a year.
    static func parse(_ text: String) -> Duration? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        let number = text.prefix(digits)
        // Eleven digits are more than a year in any unit, and no number overflows below.
        guard !number.isEmpty, digits <= 11, let count = Int64(number), count > 0 else { return nil }
        guard let unit = units.first(where: { $0.name == text.dropFirst(digits) }) else { return nil }
        let milliseconds = count * unit.milliseconds
        return milliseconds <= longest ? .milliseconds(milliseconds) : nil
    }

    /// "90s", "2m": in the longest unit that it is a whole number of.
    public static func text(_ time: Duration) -> String {
        let milliseconds = Int64(time / .milliseconds(1))
        let unit = units.first { milliseconds >= $0.milliseconds && milliseconds % $0.milliseconds == 0 }
        return unit.map { "\(milliseconds / $0.milliseconds)\($0.name)" } ?? "\(milliseconds)ms"
    }
}
