import GRDB

/// The tables in `heddle.sqlite`. A migration that was released is never changed; a change is another migration.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 networks and endpoints") { database in
            try database.create(table: "identity") { table in
                table.primaryKey("key", .text)
                table.column("value", .text).notNull()
            }
            try database.create(table: "network") { table in
                table.primaryKey("id", .text)
                table.column("name", .text).notNull().unique()
                table.column("domain", .integer).notNull().unique().check { $0 >= 1 && $0 <= 4_095 }
                table.column("driver", .text).notNull()
                table.column("subnets", .text).notNull()
                table.column("gateways", .text).notNull()
                table.column("ranges", .text).notNull()
                table.column("mtu", .integer).notNull()
                table.column("internal", .boolean).notNull()
                table.column("isolated", .boolean).notNull()
                table.column("options", .text).notNull()
                table.column("phase", .text).notNull()
                table.column("hostPort", .integer).unique().check { $0 >= 1 && $0 <= 4_095 }
                table.column("hostToken", .integer).notNull()
                table.column("hostIndex", .integer).notNull()
            }
            try database.create(table: "endpoint") { table in
                table.primaryKey("id", .text)
                table.column("network", .text).notNull().indexed().references("network")
                table.column("port", .integer).notNull().unique().check { $0 >= 1 && $0 <= 4_095 }
                table.column("sandbox", .text).notNull()
                table.column("ifname", .text).notNull()
                table.column("via", .text).notNull()
                table.column("mac", .text).notNull()
                table.column("addresses", .text).notNull()
                table.column("name", .text).notNull()
                table.column("aliases", .text).notNull()
                table.column("vlan", .integer)
                table.column("guarded", .boolean).notNull()
                table.column("phase", .text).notNull()
                table.column("gone", .boolean).notNull()
                table.column("cookie", .integer).notNull()
                table.column("ifindex", .integer).notNull()
                table.column("nearIndex", .integer).notNull()
                table.column("token", .integer).notNull()
                table.column("pinning", .boolean).notNull()
            }
        }
        migrator.registerMigration("2 overlays") { database in
            try database.alter(table: "network") { table in
                table.add(column: "followsUnderlay", .boolean).notNull().defaults(to: false)
            }
            try database.create(table: "tunnel") { table in
                table.column("local", .text).notNull()
                table.column("udpPort", .integer).notNull().check { $0 >= 1 && $0 <= 65_535 }
                table.column("ports", .text).notNull()
                table.column("tokens", .text).notNull()
                table.primaryKey(["local", "udpPort"])
            }
            try database.create(table: "station") { table in
                table.column("network", .text).notNull().references("network", onDelete: .cascade)
                table.column("mac", .text).notNull()
                table.column("vtep", .text).notNull()
                table.column("addresses", .text).notNull()
                table.primaryKey(["network", "mac"])
            }
        }
        migrator.registerMigration("3 publishes and routed networks") { database in
            try database.alter(table: "network") { table in
                table.add(column: "routed", .boolean).notNull().defaults(to: false)
            }
            try database.create(table: "publish") { table in
                table.primaryKey("number", .integer).check { $0 >= 1 && $0 <= 4_294_967_295 }
                table.column("endpoint", .text).notNull().indexed().references("endpoint", onDelete: .cascade)
                table.column("network", .text).notNull()
                table.column("proto", .text).notNull()
                table.column("hostAddress", .text)
                table.column("first", .integer).notNull().check { $0 >= 1 && $0 <= 65_535 }
                table.column("last", .integer).notNull().check { $0 >= 1 && $0 <= 65_535 }
                table.column("insideFirst", .integer).notNull().check { $0 >= 1 && $0 <= 65_535 }
                table.column("mode", .text).notNull()
            }
        }
        Self.addDocker(to: &migrator)
        Self.addDockerUses(to: &migrator)
        Self.addLimits(to: &migrator)
        Self.addImpairments(to: &migrator)
        return migrator
    }
}
