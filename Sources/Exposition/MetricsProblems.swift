extension MetricDefinition {
    /// What `promtool check metrics` and Prometheus's guide to names would find wrong with a family; empty: nothing.
    public var problems: [String] {
        var found: [String] = []
        if !Self.isName(name, colons: true) { found.append("\(name) is not a metric's name") }
        if help.isEmpty { found.append("\(name) has no help") }
        if Set(labels).count != labels.count { found.append("\(name) has a label twice") }
        for label in labels where !Self.isName(label, colons: false) || label.hasPrefix("__") || label == "le" {
            found.append("\(name) has a label \(label)")
        }
        if (kind == .counter) != name.hasSuffix("_total") {
            found.append("\(name) is a \(kind.rawValue): only counters end in _total, and all of them")
        }
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            found.append("\(name) ends as a part of a histogram")
        }
        if kind == .histogram, !name.hasSuffix("_seconds") { found.append("\(name) measures seconds") }
        let words = name.split(separator: "_")
        for unit in Self.derivedUnits where words.contains(Substring(unit)) {
            found.append("\(name) has a unit that is not a base unit")
        }
        if words.contains(Substring(kind.rawValue)) { found.append("\(name) names its kind") }
        if name.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) {
            found.append("\(name) has capital letters")
        }
        return found
    }

    private static let derivedUnits = [
        "milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "ms", "us", "ns", "bits",
        "kilobytes", "megabytes", "gigabytes", "kibibytes", "mebibytes", "percent",
    ]

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                || byte == UInt8(ascii: "_") || (colons && byte == UInt8(ascii: ":"))
        }
    }
}

extension MetricsText {
    /// What is wrong with families as a whole: with each, and names that come twice.
    public static func problems(of families: [MetricFamily]) -> [String] {
        var found = families.flatMap(\.definition.problems)
        let names = Dictionary(grouping: families, by: \.definition.name)
        for (name, same) in names where same.count > 1 { found.append("\(name) stands there \(same.count) times") }
        return found.sorted()
    }
}
