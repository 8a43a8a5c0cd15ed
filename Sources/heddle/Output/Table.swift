/// Rows in aligned columns, as wide as they need to be.
struct Table {
    /// On which side a column's texts are flush.
    enum Alignment {
        case left
        case right
    }

    /// What a cell wants to tell, beside its text.
    enum Emphasis: String {
        case none = ""
        case title = "\u{1B}[1m"
        case warning = "\u{1B}[33m"
        case alarm = "\u{1B}[31m"
    }

    /// A column's title and how its cells stand.
    struct Column {
        var title: String
        var alignment: Alignment

        static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }
        static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    /// One text.
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var emphasis: Emphasis

        init(_ text: String, _ emphasis: Emphasis = .none) {
            self.text = Table.printable(text)
            self.emphasis = emphasis
        }

        init(stringLiteral value: String) {
            self.init(value)
        }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; cells that are missing are empty.
    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    /// The lines, without line ends. Columns are two blanks apart; nothing stands behind a line's last text.
    func lines(styled: Bool) -> [String] {
        let all = [columns.map { Cell($0.title, .title) }] + rows
        let widths = columns.indices.map { column in
            all.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return all.map { row in
            var line = ""
            var pending = 0
            for (column, cell) in row.prefix(columns.count).enumerated() {
                let padding = widths[column] - cell.text.count
                if columns[column].alignment == .right { pending += padding }
                if !cell.text.isEmpty {
                    line += String(repeating: " ", count: pending)
                    line += Table.decorate(cell.text, cell.emphasis, styled: styled)
                    pending = 0
                }
                if columns[column].alignment == .left { pending += padding }
                pending += 2
            }
            return line
        }
    }

    /// All lines, each with its end.
    func text(styled: Bool) -> String {
        lines(styled: styled).map { $0 + "\n" }.joined()
    }

    /// A text in its emphasis, where the terminal can show it.
    static func decorate(_ text: String, _ emphasis: Emphasis, styled: Bool) -> String {
        guard styled, emphasis != .none else { return text }
        return emphasis.rawValue + text + "\u{1B}[0m"
    }

    /// Control characters could move a terminal's cursor; a question mark stands for each.
    static func printable(_ text: String) -> String {
        func isPlain(_ scalar: Unicode.Scalar) -> Bool {
            scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        }
        guard !text.unicodeScalars.allSatisfy(isPlain) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isPlain(scalar) ? scalar : "?")
        }
        return String(result)
    }
}
