import GRDB

extension Schema {
    /// What must be remembered of Docker's networks, endpoints and address pools.
    static func addDocker(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("4 docker") { database in
            try database.create(table: "dockerNetwork") { table in
                table.primaryKey("id", .text)
                table.column("network", .text).notNull().unique().references("network", onDelete: .cascade)
                table.column("via", .text).notNull()
            }
            try database.create(table: "dockerEndpoint") { table in
                table.primaryKey("id", .text)
                table.column("endpoint", .text).notNull().unique().references("endpoint", onDelete: .cascade)
                table.column("sandbox", .text).notNull()
            }
            try database.create(table: "dockerPool") { table in
                table.primaryKey("id", .text)
                table.column("subnet", .text).notNull()
                table.column("range", .text)
                table.column("uses", .integer).notNull().check { $0 >= 1 }
            }
            try database.create(table: "dockerAddress") { table in
                table.column("pool", .text).notNull().references("dockerPool", onDelete: .cascade)
                table.column("address", .text).notNull()
                table.primaryKey(["pool", "address"])
            }
        }
    }

    /// What Docker's addresses are for. Those that are there already may be anybody's.
    static func addDockerUses(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("5 uses of docker addresses") { database in
            try database.alter(table: "dockerAddress") { table in
                table.add(column: "use", .text).notNull().defaults(to: "container")
            }
        }
    }
}
