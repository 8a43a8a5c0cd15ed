import Addresses
import GRDB
import HeddleAPI

extension PublishRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "publish"

    init(row: Row) throws {
        let address: String? = try row.optional("hostAddress")
        self.init(
            number: try row.value("number"), endpoint: try row.value("endpoint"), network: try row.value("network"),
            proto: try row.named("proto"),
            hostAddress: address == nil ? nil : try row.parsed("hostAddress", as: IPAddress.self),
            first: try row.value("first"), last: try row.value("last"), insideFirst: try row.value("insideFirst"),
            mode: try row.named("mode"))
        guard isSound else { throw row.damage("first") }
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["number"] = number
        container["endpoint"] = endpoint
        container["network"] = network
        container["proto"] = proto.rawValue
        container["hostAddress"] = hostAddress?.description
        container["first"] = first
        container["last"] = last
        container["insideFirst"] = insideFirst
        container["mode"] = mode.rawValue
    }
}

extension Store {
    /// Everything that is published.
    func loadPublishes() throws(StoreError) -> [PublishRecord] {
        try attempt("read") { queue in
            try queue.read { database in try PublishRecord.fetchAll(database) }
        }
    }

    /// Records an endpoint with what is published of it, or nothing of both.
    func save(_ endpoint: EndpointRecord, _ publishes: [PublishRecord]) throws(StoreError) {
        try attempt("record an endpoint of \(endpoint.label)") { queue in
            try queue.write { database in
                try endpoint.save(database)
                for publish in publishes { try publish.insert(database) }
            }
        }
    }

    /// Records what is published, all of it or nothing.
    func insert(_ publishes: [PublishRecord]) throws(StoreError) {
        try attempt("record what is published") { queue in
            try queue.write { database in
                for publish in publishes { try publish.insert(database) }
            }
        }
    }

    /// Forgets what is published no more, all of it or nothing.
    func delete(_ publishes: [PublishRecord]) throws(StoreError) {
        try attempt("forget what was published") { queue in
            try queue.write { database in
                for publish in publishes { _ = try publish.delete(database) }
            }
        }
    }
}
