/// Numbers as people read them. Powers of 1000, three digits that count.
enum Units {
    private static let prefixes = ["", "k", "M", "G", "T", "P", "E"]

    /// Bytes: `512 B`, `1.50 kB`, `12.3 GB`.
    static func bytes(_ count: UInt64) -> String {
        scaled(Double(count), unit: "B")
    }

    /// Bits in a second: `940 Mbit/s`.
    static func bitRate(_ bitsPerSecond: Double) -> String {
        scaled(bitsPerSecond, unit: "bit/s")
    }

    /// Frames in a second: `81`, `1.49 M`.
    static func rate(_ perSecond: Double) -> String {
        scaled(perSecond, unit: "")
    }

    /// A span of time in its two largest units: `42s`, `3m 5s`, `2h 0m`, `5d 3h`.
    static func span(seconds: Int) -> String {
        let seconds = max(0, seconds)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        if days > 0 { return "\(days)d \(hours % 24)h" }
        if hours > 0 { return "\(hours)h \(minutes % 60)m" }
        if minutes > 0 { return "\(minutes)m \(seconds % 60)s" }
        return "\(seconds)s"
    }

    /// A span of time that may be short: `250ms`, `1.2s`, `3m 5s`.
    static func span(milliseconds: Int) -> String {
        let milliseconds = max(0, milliseconds)
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s" }
        return span(seconds: milliseconds / 1000)
    }

    private static func scaled(_ value: Double, unit: String) -> String {
        var value = max(0, value)
        var prefix = 0
        // 999.5 would be printed as 1000.
        while value >= 999.5, prefix < prefixes.count - 1 {
            value /= 1000
            prefix += 1
        }
        let suffix = prefixes[prefix] + unit
        let decimals = prefix == 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return decimal(value, decimals) + (suffix.isEmpty ? "" : " " + suffix)
    }

    private static func decimal(_ value: Double, _ decimals: Int) -> String {
        let factor = [1, 10, 100][decimals]
        let scaled = Int((value * Double(factor)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % factor)
        return "\(scaled / factor)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
