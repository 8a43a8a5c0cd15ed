import GRDB
import Testing

@testable import ControlPlane

@Suite("Port numbers beyond 4095")
struct LimitMigrationTests {
    @Test("a store from before is widened with all that is in it")
    func migration() throws {
        let directory = try TemporaryDirectory()
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try Schema.migrator.migrate(queue, upTo: "4 docker")
        try queue.write { database in
            try Samples.network().save(database)
            try Samples.endpoint(1).save(database)
        }
        try queue.close()
        let store = try Store(directory: directory.path)
        let before = try store.load()
        #expect(before.networks == [Samples.network()] && before.endpoints == [Samples.endpoint(1)])
        var endpoint = Samples.endpoint(2)
        endpoint.port = 16_383
        try store.save(endpoint)
        var network = Samples.network()
        network.hostPort = 16_382
        try store.save(network)
        #expect(try store.load().endpoints.contains(endpoint) && store.load().networks == [network])
        endpoint.port = 16_384
        #expect(throws: StoreError.self) { try store.save(endpoint) }
        network.domain = 4_096
        #expect(throws: StoreError.self) { try store.save(network) }
        // What refers to the tables still does.
        #expect(throws: StoreError.self) { try store.delete(Samples.network()) }
        let names = try store.attempt("look") { queue in
            try queue.read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'index'") }
        }
        #expect(names.contains { $0.contains("endpoint") && $0.contains("network") })
    }
}
