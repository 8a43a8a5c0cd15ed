import Exposition

/// What an expression of PromQL names: just enough of it to tell a misspelt metric or label.
struct MetricExpression {
    /// A metric with the labels that are asked for in its braces.
    struct Selector: Hashable {
        var name: String
        var labels: Set<String>
    }

    /// Metrics of Heddle and its processes.
    private(set) var selectors: [Selector] = []
    /// Labels behind by, without, on, ignoring, group_left, group_right.
    private(set) var grouped: Set<String> = []

    private static let clauses: Set<String> = ["by", "without", "on", "ignoring", "group_left", "group_right"]

    init(_ text: String) {
        var rest = Substring(text)
        while let character = rest.first {
            if character == "\"" {
                rest = rest.dropFirst().drop { $0 != "\"" }.dropFirst()
                continue
            }
            guard character.isLetter || character == "_" || character == "$" else {
                rest = rest.dropFirst()
                continue
            }
            let word = String(rest.prefix { $0.isLetter || $0.isNumber || "_:$".contains($0) })
            rest = rest.dropFirst(word.count)
            if Self.clauses.contains(word) {
                let list = rest.drop { $0 == " " }
                guard list.first == "(" else { continue }
                let inside = list.dropFirst().prefix { $0 != ")" }
                for label in inside.split(whereSeparator: { ", \n".contains($0) }) { grouped.insert(String(label)) }
                rest = list.dropFirst(inside.count + 2)
            } else if word.hasPrefix("heddle_") || word.hasPrefix("process_") {
                var labels: Set<String> = []
                if rest.first == "{" {
                    let inside = rest.dropFirst().prefix { $0 != "}" }
                    labels = Set(inside.split(separator: ",").map { String($0.prefix { $0 != "=" && $0 != "!" }) })
                    rest = rest.dropFirst(inside.count + 2)
                }
                selectors.append(Selector(name: word, labels: labels))
            }
        }
    }

    /// What it names that isn't there.
    var problems: [String] {
        var found: [String] = []
        var known: Set<String> = []
        for selector in selectors {
            guard let (definition, isBucket) = Self.definition(selector.name) else {
                found.append("there is no \(selector.name)")
                continue
            }
            // Prometheus adds the first two.
            let labels = Set(["instance", "job"] + definition.labels + (isBucket ? ["le"] : []))
            known.formUnion(labels)
            for label in selector.labels.subtracting(labels) { found.append("\(selector.name) has no label \(label)") }
        }
        if !selectors.isEmpty { found += grouped.subtracting(known).map { "nothing there has a label \($0)" } }
        return found
    }

    private static func definition(_ name: String) -> (MetricDefinition, isBucket: Bool)? {
        for definition in HeddleMetrics.all {
            if definition.kind != .histogram {
                if definition.name == name { return (definition, false) }
            } else if name.hasPrefix(definition.name) {
                switch name.dropFirst(definition.name.count) {
                case "_bucket": return (definition, true)
                case "_sum", "_count": return (definition, false)
                default: break
                }
            }
        }
        return nil
    }
}
