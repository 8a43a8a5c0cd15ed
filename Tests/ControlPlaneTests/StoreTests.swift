import Addresses
import Foundation
import GRDB
import Testing

@testable import ControlPlane

@Suite struct StoreTests {
    @Test func networksComeBackAsTheyWere() throws {
        let store = try Store(inMemory: ())
        var first = Samples.network(1, subnets: ["10.0.0.0/24", "fd00::/64"])
        first.ranges = [try #require(IPPrefix("10.0.0.128/25"))]
        first.options = ["vni": "7", "a b": "\"quoted\" and, more"]
        first.isInternal = true
        first.isRouted = true
        let second = Samples.network(2, subnets: [], phase: .creating, hostPort: nil)
        try store.save(first)
        try store.save(second)
        let loaded = try store.load().networks.sorted { $0.domain < $1.domain }
        #expect(loaded == [first, second])
    }

    @Test func endpointsComeBackAsTheyWere() throws {
        let store = try Store(inMemory: ())
        try store.save(Samples.network())
        var records = [
            Samples.endpoint(1), Samples.endpoint(2, via: .veth, phase: .removing, isGone: true),
            Samples.endpoint(3, via: .adopted),
            Samples.endpoint(4, sandbox: "/path with spaces/net", phase: .returning),
        ]
        // Numbers of 64 bits must survive SQLite's signed ones.
        records[0].cookie = .max
        records[0].token = 1 << 63
        records[0].vlan = 4_094
        records[1].aliases = []
        records[1].addresses = []
        records[3].isPinning = true
        for record in records { try store.save(record) }
        #expect(try store.load().endpoints.sorted { $0.port < $1.port } == records)
    }

    @Test func aSecondSaveChangesTheRecord() throws {
        let store = try Store(inMemory: ())
        try store.save(Samples.network())
        var record = Samples.endpoint(1, phase: .creating)
        try store.save(record)
        record.phase = .active
        record.index = 99
        try store.save(record)
        #expect(try store.load().endpoints == [record])
        try store.delete(record)
        #expect(try store.load().endpoints.isEmpty)
    }

    @Test func whatMustBeUniqueIs() throws {
        let store = try Store(inMemory: ())
        try store.save(Samples.network(1))
        var twin = Samples.network(2, hostPort: nil)
        twin.name = "net1"
        #expect(throws: StoreError.self) { try store.save(twin) }
        try store.save(Samples.endpoint(1))
        var samePort = Samples.endpoint(1)
        samePort.id = "other"
        #expect(throws: StoreError.self) { try store.save(samePort) }
        // A network with endpoints can't be forgotten, nor can an endpoint be without a network.
        #expect(throws: StoreError.self) { try store.delete(Samples.network(1)) }
        var homeless = Samples.endpoint(2)
        homeless.network = "none"
        #expect(throws: StoreError.self) { try store.save(homeless) }
    }

    @Test func identityIsMadeOnceAndKept() throws {
        let directory = try TemporaryDirectory()
        let id = try Store(directory: directory.path).daemonID()
        #expect(id.count == 16)
        let again = try Store(directory: directory.path)
        #expect(try again.daemonID() == id)
        #expect(try again.identity(.boot) == nil)
        try again.setIdentity(.boot, "x")
        try again.setIdentity(.boot, "y")
        #expect(try again.identity(.boot) == "y")
    }

    @Test func aFileOfTheFirstVersionIsReadByThisOne() throws {
        // As the first version wrote it: the migrations after it must keep what is in it.
        let directory = try TemporaryDirectory()
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try Schema.migrator.migrate(queue, upTo: "1 networks and endpoints")
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO network VALUES ('00000000000000aa', 'blue', 3, 'bridge', '10.1.0.0/16 fd01::/64',
                        '10.1.0.1 fd01::1', '', 1400, 0, 1, '{}', 'active', 9, -1, 4);
                    INSERT INTO endpoint VALUES ('e1', '00000000000000aa', 2, 'box', 'eth0', 'tap',
                        '02:00:00:00:00:01', '10.1.0.2/16', 'web', 'a b', NULL, 1, 'active', 0, -2, 7, 0, 12, 0);
                    """)
        }
        try queue.close()
        let (networks, endpoints) = try Store(directory: directory.path).load()
        let network = try #require(networks.first)
        #expect(network.name == "blue" && network.domain == 3 && network.mtu == 1_400 && network.isIsolated)
        #expect(network.hostToken == .max && network.hostPort == 9)
        #expect(network.subnets.map(\.description) == ["10.1.0.0/16", "fd01::/64"])
        let endpoint = try #require(endpoints.first)
        #expect(endpoint.port == 2 && endpoint.aliases == ["a", "b"] && endpoint.cookie == .max - 1)
        #expect(endpoint.addresses.map(\.description) == ["10.1.0.2/16"] && endpoint.vlan == nil)
    }

    @Test func aFileOfANewerVersionIsRefused() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(directory: directory.path)
        try store.save(Samples.network())
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try queue.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of the future')")
        }
        try queue.close()
        let error = #expect(throws: StoreError.self) { try Store(directory: directory.path) }
        #expect(error?.description.contains("newer version") == true)
    }

    @Test func aDamagedFileIsNamed() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + Store.fileName
        try Data("this is not a database, but long enough to be looked at as one".utf8).write(to: URL(filePath: path))
        let error = #expect(throws: StoreError.self) { try Store(directory: directory.path) }
        #expect(error?.description.contains(path) == true)
        #expect(error?.description.contains("--teardown") == true)
    }

    @Test(arguments: ["subnets", "gateways", "phase", "options"])
    func aDamagedColumnIsNamed(_ column: String) throws {
        let directory = try TemporaryDirectory()
        try Store(directory: directory.path).save(Samples.network())
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try queue.write { database in try database.execute(sql: "UPDATE network SET \(column) = '?'") }
        try queue.close()
        let store = try Store(directory: directory.path)
        let error = #expect(throws: StoreError.self) { try store.load() }
        #expect(error?.description.contains("column \(column)") == true)
    }

    @Test(arguments: ["vlan = 'x'", "port = 4096", "mac = '02'", "addresses = '10.0.0.300/24'", "via = 'bus'"])
    func aDamagedEndpointIsRefusedNotTrappedOn(_ damage: String) throws {
        let directory = try TemporaryDirectory()
        let store = try Store(directory: directory.path)
        try store.save(Samples.network())
        try store.save(Samples.endpoint(1))
        let queue = try DatabaseQueue(path: directory.path + "/" + Store.fileName)
        try queue.write { database in
            // As a hand or a bad disk would: without the table's own checks.
            try database.execute(sql: "PRAGMA ignore_check_constraints = ON; UPDATE endpoint SET \(damage)")
        }
        try queue.close()
        if damage.hasPrefix("port") {
            // A number that fits its column's type comes back; it can't be one that traps.
            #expect(try store.load().endpoints.first?.port == 4_096)
        } else {
            #expect(throws: StoreError.self) { try store.load() }
        }
    }
}

/// A directory that is gone with the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "hdt-" + Identifier.make()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
