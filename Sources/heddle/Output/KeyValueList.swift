/// The fields of one thing: a key a line, values aligned, further values below the first.
struct KeyValueList {
    private var fields: [(key: String, values: [String])] = []

    /// Adds a field with one value; an empty one is shown as a dash.
    mutating func add(_ key: String, _ value: String) {
        add(key, [value])
    }

    /// Adds a field with any number of values.
    mutating func add(_ key: String, _ values: [String]) {
        fields.append((key, values))
    }

    /// All lines, each with its end.
    func text(styled: Bool) -> String {
        let width = fields.map(\.key.count).max() ?? 0
        var text = ""
        for (key, values) in fields {
            var label = key
            for value in values.isEmpty ? [""] : values {
                let padding = String(repeating: " ", count: width - label.count + 2)
                let shown = value.isEmpty ? "-" : Table.printable(value)
                text += (label.isEmpty ? "" : Table.decorate(label, .title, styled: styled)) + padding + shown + "\n"
                label = ""
            }
        }
        return text
    }
}
