import DataPlane
import Foundation
import Testing

@Suite("Drop reasons in Documentation/Operations.md")
struct DropReasonDocumentationTests {
    /// A row: reason in backquotes, direction, meaning, remedy.
    private struct Row {
        var name: String
        var cells: [String]
    }

    private static func rows() throws -> [Row] {
        var place = URL(filePath: #filePath)
        for _ in 0..<4 { place.deleteLastPathComponent() }
        place.append(path: "Documentation/Operations.md")
        let text = try String(contentsOf: place, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != "## Drop reasons" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(name: cells[0].trimmingCharacters(in: ["`"]), cells: cells)
        }
    }

    @Test("The table has every reason once, in the enum's order, where it is counted")
    func table() throws {
        let rows = try Self.rows()
        let reasons = DropReason.allCases.filter(\.isDrop)
        #expect(rows.map(\.name) == reasons.map(\.name))
        for (row, reason) in zip(rows, reasons) {
            #expect(row.cells.count == 4 && !row.cells.contains(""), "\(row.name) lacks a cell")
            #expect(row.cells.dropFirst().first == "\(reason.direction)", "\(row.name)")
            #expect(row.cells.dropFirst(2).first == reason.meaning, "\(row.name)")
        }
    }
}
