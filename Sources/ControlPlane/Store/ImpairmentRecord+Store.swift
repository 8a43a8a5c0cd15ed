import Foundation
import GRDB
import HeddleAPI

extension ImpairmentRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "impairment"

    init(row: Row) throws {
        let text: String = try row.value("settings")
        guard let impairment = try? JSONDecoder().decode(Impairment.self, from: Data(text.utf8)) else {
            throw row.damage("settings")
        }
        self.init(
            endpoint: try row.value("endpoint"), direction: try row.named("direction"), impairment: impairment)
    }

    func encode(to container: inout PersistenceContainer) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        container["endpoint"] = endpoint
        container["direction"] = direction.rawValue
        container["settings"] = String(decoding: try encoder.encode(impairment), as: UTF8.self)
    }
}

extension Store {
    /// All impairments.
    func loadImpairments() throws(StoreError) -> [ImpairmentRecord] {
        try attempt("read") { queue in
            try queue.read { database in try ImpairmentRecord.fetchAll(database) }
        }
    }

    /// Records impairments of an endpoint and forgets others, all of it or nothing.
    func change(saving saved: [ImpairmentRecord], deleting deleted: [ImpairmentRecord]) throws(StoreError) {
        try attempt("record impairments") { queue in
            try queue.write { database in
                for record in deleted { _ = try record.delete(database) }
                for record in saved { try record.save(database) }
            }
        }
    }
}

extension Schema {
    /// What happens to endpoints' packets on purpose.
    static func addImpairments(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("7 impairments") { database in
            try database.create(table: "impairment") { table in
                table.column("endpoint", .text).notNull().references("endpoint", onDelete: .cascade)
                table.column("direction", .text).notNull()
                table.column("settings", .text).notNull()
                table.primaryKey(["endpoint", "direction"])
            }
        }
    }
}
