import GRDB

extension Schema {
    /// Ports are numbered to 16383 now. What the tables check is part of their text, which SQLite doesn't change: they are
    /// made anew, whatever columns they have by now.
    static func addLimits(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("6 limits") { database in
            try widen("hostPort", of: "network", in: database)
            try widen("port", of: "endpoint", in: database)
        }
    }

    private static func widen(_ column: String, of table: String, in database: Database) throws {
        let parts = try Row.fetchAll(
            database, sql: "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL",
            arguments: [table])
        let indices: [String] = parts.filter { $0["type"] == "index" }.map { $0["sql"] }
        guard let text: String = parts.first(where: { $0["type"] == "table" })?["sql"] else { return }
        let limit = "(\"\(column)\" <= "
        let wide = text.replacing("\(limit)4095)", with: "\(limit)16383)")
        guard wide != text else { throw StoreError("the table \(table) is not one of Heddle's") }
        // In the order that keeps what other tables refer to: foreign keys are off while a migration runs.
        try database.execute(sql: wide.replacing("\"\(table)\"", with: "\"wide\"", maxReplacements: 1))
        try database.execute(sql: "INSERT INTO \"wide\" SELECT * FROM \"\(table)\"; DROP TABLE \"\(table)\"")
        try database.execute(sql: "ALTER TABLE \"wide\" RENAME TO \"\(table)\"")
        for index in indices { try database.execute(sql: index) }
    }
}
