/// Writes families as Prometheus reads them: text format 0.0.4
/// (prometheus.io/docs/instrumenting/exposition_formats).
public enum MetricsText {
    /// What an HTTP answer with it says of itself.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The text, in the order of the families and of their samples. A family without numbers is left out.
    public static func bytes(of families: [MetricFamily]) -> [UInt8] {
        var text: [UInt8] = []
        for family in families where !family.isEmpty { write(family, to: &text) }
        return text
    }

    private static func write(_ family: MetricFamily, to text: inout [UInt8]) {
        let definition = family.definition
        text += "# HELP \(definition.name) \(escaped(help: definition.help))\n".utf8
        text += "# TYPE \(definition.name) \(definition.kind.rawValue)\n".utf8
        for sample in family.samples {
            let labels = written(definition.labels, sample.labels)
            switch sample.value {
            case .integer(let value): line(definition.name, labels, "\(value)", to: &text)
            case .number(let value): line(definition.name, labels, written(value), to: &text)
            case .histogram(let histogram): write(histogram, definition.name, labels, to: &text)
            }
        }
    }

    private static func write(
        _ histogram: DurationHistogram, _ name: String, _ labels: String, to text: inout [UInt8]
    ) {
        let comma = labels.isEmpty ? "" : ","
        var below: UInt64 = 0
        for (bound, count) in zip(DurationHistogram.bounds, histogram.counts) {
            below += count
            line(name + "_bucket", labels + comma + "le=\"\(written(bound.inSeconds))\"", "\(below)", to: &text)
        }
        line(name + "_bucket", labels + comma + "le=\"+Inf\"", "\(histogram.count)", to: &text)
        line(name + "_sum", labels, written(histogram.sum.inSeconds), to: &text)
        line(name + "_count", labels, "\(histogram.count)", to: &text)
    }

    private static func line(_ name: String, _ labels: String, _ value: String, to text: inout [UInt8]) {
        text += name.utf8
        if !labels.isEmpty {
            text.append(UInt8(ascii: "{"))
            text += labels.utf8
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        text += value.utf8
        text.append(UInt8(ascii: "\n"))
    }

    /// A label without a value is as good as none, and is left out.
    private static func written(_ names: [String], _ values: [String]) -> String {
        var text = ""
        for (name, value) in zip(names, values) where !value.isEmpty {
            if !text.isEmpty { text += "," }
            text += name
            text += "=\""
            text += escaped(label: value)
            text += "\""
        }
        return text
    }

    /// A number as Go's ParseFloat reads it: whole numbers without a fraction.
    static func written(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return "\(Int64(value))" }
        return "\(value)"
    }

    /// Backslash, quotation mark and line feed; other control characters are nobody's names and become U+FFFD.
    static func escaped(label value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) else { return value }
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func escaped(help: String) -> String {
        var text = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
