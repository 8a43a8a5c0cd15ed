import Exposition
import Foundation
import Testing

@Suite("Documentation/Metrics.md")
struct MetricsDocumentationTests {
    private struct Row: Hashable {
        var name: String
        var kind: String
        var labels: [String]
        var meaning: String
    }

    private static func rows() throws -> [Row] {
        try Repository.text("Documentation/Metrics.md").split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| `") else { return nil }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 3 else { return nil }
            let labels =
                cells.count == 4 ? cells[2].split(separator: " ").map { String($0.dropFirst().dropLast()) } : []
            return Row(
                name: String(cells[0].dropFirst().dropLast()), kind: cells[1], labels: labels,
                meaning: cells[cells.count - 1])
        }
    }

    @Test("has a row for each family, with its type, labels and meaning, and no others")
    func table() throws {
        let rows = try Self.rows()
        let families = HeddleMetrics.all.map {
            Row(name: $0.name, kind: $0.kind.rawValue, labels: $0.labels, meaning: $0.help)
        }
        #expect(Set(rows.map(\.name)).symmetricDifference(families.map(\.name)) == [])
        #expect(rows.count == families.count)
        for family in families {
            #expect(rows.first { $0.name == family.name } == family)
        }
    }
}
