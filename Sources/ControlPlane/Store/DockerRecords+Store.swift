import GRDB

extension DockerNetworkRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "dockerNetwork"

    init(row: Row) throws {
        self.init(id: try row.value("id"), network: try row.value("network"), via: try row.named("via"))
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["id"] = id
        container["network"] = network
        container["via"] = via.rawValue
    }
}

extension DockerEndpointRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "dockerEndpoint"

    init(row: Row) throws {
        self.init(id: try row.value("id"), endpoint: try row.value("endpoint"), sandbox: try row.value("sandbox"))
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["id"] = id
        container["endpoint"] = endpoint
        container["sandbox"] = sandbox
    }
}

extension Store {
    /// Which networks and endpoints are Docker's.
    func loadDocker() throws(StoreError) -> (networks: [DockerNetworkRecord], endpoints: [DockerEndpointRecord]) {
        try attempt("read") { queue in
            try queue.read { database in
                (try DockerNetworkRecord.fetchAll(database), try DockerEndpointRecord.fetchAll(database))
            }
        }
    }

    /// Records a network, and that it is Docker's, or nothing of both.
    func save(_ network: NetworkRecord, _ docker: DockerNetworkRecord) throws(StoreError) {
        try attempt("record network \(network.name)") { queue in
            try queue.write { database in
                try network.save(database)
                try docker.save(database)
            }
        }
    }

    /// Records an endpoint, and that it is Docker's, or nothing of both.
    func save(_ endpoint: EndpointRecord, _ docker: DockerEndpointRecord) throws(StoreError) {
        try attempt("record an endpoint of \(endpoint.label)") { queue in
            try queue.write { database in
                try endpoint.save(database)
                try docker.save(database)
            }
        }
    }
}
