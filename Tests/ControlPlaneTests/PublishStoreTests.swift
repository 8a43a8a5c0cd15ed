import Addresses
import GRDB
import HeddleAPI
import Testing

@testable import ControlPlane

/// What is published, in the store.
@Suite struct PublishStoreTests {
    private func record(_ number: UInt32, of endpoint: EndpointRecord, _ text: String) throws -> PublishRecord {
        PublishRecord(
            number: number, try PublishSpecification(parsing: text), mode: number % 2 == 0 ? .relay : .translate,
            endpoint: endpoint)
    }

    private func store(of endpoints: EndpointRecord...) throws -> Store {
        let store = try Store(inMemory: ())
        try store.save(Samples.network())
        for endpoint in endpoints { try store.save(endpoint) }
        return store
    }

    @Test func allComesBackAsItWas() throws {
        let endpoint = Samples.endpoint(1)
        let store = try store(of: endpoint)
        let records = try [
            record(1, of: endpoint, "8080:80"), record(2, of: endpoint, "[fd00::1]:1-65535:1-65535/udp"),
            record(.max, of: endpoint, "127.0.0.1:53-54:65534-65535/udp"),
        ]
        try store.insert(records)
        #expect(try store.loadPublishes().sorted { $0.number < $1.number } == records)
        #expect(records[2].specification.description == "127.0.0.1:53-54:65534-65535/udp")
        #expect(records[2].insideLast == 65_535)
        let model = endpoint.model(network: Samples.network(), publishes: records)
        #expect(model.publish == ["8080:80", "[fd00::1]:1-65535:1-65535/udp", "127.0.0.1:53-54:65534-65535/udp"])
        try store.delete([records[0], records[2]])
        #expect(try store.loadPublishes() == [records[1]])
    }

    @Test func theyGoWithTheirEndpointAndNotBefore() throws {
        let (endpoint, other) = (Samples.endpoint(1), Samples.endpoint(2))
        let store = try store(of: endpoint, other)
        let kept = try record(2, of: other, "81:80")
        try store.insert([try record(1, of: endpoint, "80:80"), kept])
        // A change of the endpoint is none of what is published.
        try store.save(Samples.endpoint(1, isGone: true))
        #expect(try store.loadPublishes().count == 2)
        try store.delete(endpoint)
        #expect(try store.loadPublishes() == [kept])
    }

    @Test func anEndpointIsRecordedWithAllOfThemOrNotAtAll() throws {
        let (endpoint, other) = (Samples.endpoint(1), Samples.endpoint(2))
        let store = try store(of: other)
        let taken = try record(7, of: other, "7:7")
        try store.insert([taken])
        let records = [try record(6, of: endpoint, "6:6"), try record(7, of: endpoint, "8:8")]
        #expect(throws: StoreError.self) { try store.save(endpoint, records) }
        #expect(try store.load().endpoints == [other])
        #expect(try store.loadPublishes() == [taken])
        #expect(throws: StoreError.self) { try store.insert([try record(9, of: endpoint, "9:9")]) }
        try store.save(endpoint, [records[0]])
        #expect(try store.load().endpoints.count == 2)
        #expect(throws: StoreError.self) { try store.insert([try record(8, of: other, "8:8"), taken]) }
        #expect(try store.loadPublishes().count == 2)
    }

    @Test func aFileOfTheSecondVersionIsReadByThisOne() throws {
        let directory = try TemporaryDirectory()
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try Schema.migrator.migrate(queue, upTo: "2 overlays")
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO network VALUES ('00000000000000aa', 'blue', 3, 'bridge', '10.1.0.0/16', '10.1.0.1', '',
                        1400, 0, 1, '{}', 'active', 9, -1, 4, 1);
                    INSERT INTO endpoint VALUES ('e1', '00000000000000aa', 2, 'box', 'eth0', 'tap',
                        '02:00:00:00:00:01', '10.1.0.2/16', 'web', 'a b', NULL, 1, 'active', 0, -2, 7, 0, 12, 0);
                    """)
        }
        try queue.close()
        let store = try Store(directory: directory.path)
        let (networks, endpoints) = try store.load()
        #expect(networks.first?.followsUnderlay == true && networks.first?.isRouted == false)
        let endpoint = try #require(endpoints.first)
        #expect(try store.loadPublishes().isEmpty)
        try store.insert([try record(1, of: endpoint, "80:80")])
        #expect(try Store(directory: directory.path).loadPublishes().count == 1)
    }

    @Test(arguments: [
        "first = 0", "last = 79", "insideFirst = 65536", "insideFirst = 0", "first = 'x'", "proto = 'sctp'",
        "mode = 'carry'", "hostAddress = 'here'", "number = 0", "number = 4294967296", "insideFirst = 65535",
    ])
    func damageIsNamed(_ damage: String) throws {
        let directory = try TemporaryDirectory()
        let store = try Store(directory: directory.path)
        let endpoint = Samples.endpoint(1)
        try store.save(Samples.network())
        try store.save(endpoint, [try record(1, of: endpoint, "80-81:80-81")])
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try queue.write { database in
            try database.execute(
                sql: "PRAGMA ignore_check_constraints = ON; UPDATE publish SET \(damage)")
        }
        try queue.close()
        let error = #expect(throws: StoreError.self) { try store.loadPublishes() }
        #expect(error?.description.contains("damaged") == true, "\(error?.description ?? "none")")
    }
}
