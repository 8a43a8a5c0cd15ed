/// A table for a terminal: columns as wide as they need be, the first to the left and the others to the right.
package struct TextTable: Sendable {
    private var rows: [[String]]

    /// Begins a table with its head.
    package init(_ head: [String]) {
        rows = [head]
    }

    /// Adds a row.
    package mutating func add(_ row: [String]) {
        rows.append(row)
    }

    /// The lines, without newlines at their ends. Columns that are empty below the head are left out.
    package func lines(indent: Int = 2) -> [String] {
        let used = (self.rows.first ?? []).indices.filter { column in
            self.rows.dropFirst().contains { $0.count > column && !$0[column].isEmpty }
        }
        let rows = self.rows.map { row in used.map { $0 < row.count ? row[$0] : "" } }
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = String(repeating: " ", count: indent)
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += column == 0 ? cell + padding : "  " + padding + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
