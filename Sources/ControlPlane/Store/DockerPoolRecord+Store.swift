import Addresses
import GRDB

extension DockerPoolRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "dockerPool"

    init(row: Row) throws {
        let range: String? = try row.optional("range")
        self.init(
            uses: try row.value("uses"), subnet: try row.parsed("subnet"),
            range: range == nil ? nil : try row.parsed("range", as: IPPrefix.self), id: try row.value("id"))
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["uses"] = uses
        container["subnet"] = subnet.description
        container["range"] = range?.description
        container["id"] = id
    }
}

extension DockerAddressRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "dockerAddress"

    init(row: Row) throws {
        self.init(pool: try row.value("pool"), address: try row.parsed("address"), use: try row.named("use"))
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["pool"] = pool
        container["address"] = address.description
        container["use"] = use.rawValue
    }
}

extension Store {
    /// All pools that Docker has, and their addresses.
    func loadDockerPools() throws(StoreError) -> (pools: [DockerPoolRecord], addresses: [DockerAddressRecord]) {
        try attempt("read") { queue in
            try queue.read { database in
                (try DockerPoolRecord.fetchAll(database), try DockerAddressRecord.fetchAll(database))
            }
        }
    }

    /// Records a pool, new or changed.
    func save(_ pool: DockerPoolRecord) throws(StoreError) {
        try attempt("record the pool \(pool.id)") { queue in try queue.write { try pool.save($0) } }
    }

    /// Forgets a pool with its addresses.
    func delete(_ pool: DockerPoolRecord) throws(StoreError) {
        try attempt("forget the pool \(pool.id)") { queue in _ = try queue.write { try pool.delete($0) } }
    }

    /// Records that an address is given out.
    func insert(_ address: DockerAddressRecord) throws(StoreError) {
        try attempt("record the address \(address.address)") { queue in try queue.write { try address.insert($0) } }
    }

    /// Forgets that an address is given out.
    func delete(_ address: DockerAddressRecord) throws(StoreError) {
        try attempt("forget the address \(address.address)") { queue in
            _ = try queue.write { try address.delete($0) }
        }
    }
}
