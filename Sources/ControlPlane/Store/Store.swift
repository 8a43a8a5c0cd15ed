import Foundation
import GRDB

/// What the daemon must remember, in one SQLite file. Every change is one transaction. In WAL mode with
/// synchronous=NORMAL a change survives the death of the process at once, and a power cut after the next checkpoint;
/// a power cut ends all namespaces and interfaces too, so that nothing is lost that could still be true.
///
/// Blocking; for the wiring thread.
struct Store: Sendable {
    /// The file's name inside the state directory.
    static let fileName = "heddle.sqlite"

    private let queue: DatabaseQueue

    /// Opens or makes the store inside `directory`.
    init(directory: String) throws(StoreError) {
        let path = directory + "/" + Self.fileName
        do {
            var configuration = Configuration()
            configuration.label = "heddle.store"
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
            configuration.journalMode = .wal
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let migrator = Schema.migrator
            let isNewer = try queue.read { database in try migrator.hasBeenSuperseded(database) }
            if isNewer {
                throw StoreError(
                    "\(path) was written by a newer version of heddled; install that version again, or end what it made"
                        + " with its 'heddled --teardown'")
            }
            try migrator.migrate(queue)
        } catch {
            throw Self.refusal(error, path: path)
        }
    }

    /// A store that lives in memory: for tests.
    init(inMemory: Void) throws {
        queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue)
    }

    /// All networks and endpoints that are recorded.
    func load() throws(StoreError) -> (networks: [NetworkRecord], endpoints: [EndpointRecord]) {
        try attempt("read") { queue in
            try queue.read { database in
                (try NetworkRecord.fetchAll(database), try EndpointRecord.fetchAll(database))
            }
        }
    }

    /// Records a network, new or changed.
    func save(_ network: NetworkRecord) throws(StoreError) {
        try attempt("record network \(network.name)") { queue in
            try queue.write { database in try network.save(database) }
        }
    }

    /// Records an endpoint, new or changed.
    func save(_ endpoint: EndpointRecord) throws(StoreError) {
        try attempt("record an endpoint of \(endpoint.label)") { queue in
            try queue.write { database in try endpoint.save(database) }
        }
    }

    /// Forgets a network, which must have no endpoints, and its static stations.
    func delete(_ network: NetworkRecord) throws(StoreError) {
        try attempt("forget network \(network.name)") { queue in
            _ = try queue.write { database in try network.delete(database) }
        }
    }

    /// Forgets an endpoint, and what is published of it.
    func delete(_ endpoint: EndpointRecord) throws(StoreError) {
        try attempt("forget the endpoint of \(endpoint.label)") { queue in
            _ = try queue.write { database in try endpoint.delete(database) }
        }
    }

    /// What is recorded about the daemon itself.
    func identity(_ key: IdentityKey) throws(StoreError) -> String? {
        try attempt("read") { queue in
            try queue.read { database in
                try String.fetchOne(
                    database, sql: "SELECT value FROM identity WHERE key = ?", arguments: [key.rawValue])
            }
        }
    }

    /// Records something about the daemon itself.
    func setIdentity(_ key: IdentityKey, _ value: String) throws(StoreError) {
        try attempt("record the daemon's identity") { queue in
            try queue.write { database in
                try database.execute(
                    sql: "INSERT INTO identity (key, value) VALUES (?, ?)"
                        + " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    arguments: [key.rawValue, value])
            }
        }
    }

    /// The daemon's id, made up at the first start.
    func daemonID() throws(StoreError) -> String {
        if let id = try identity(.daemon) { return id }
        let id = Identifier.make()
        try setIdentity(.daemon, id)
        return id
    }

    /// Ends the use of the file: what is in its log is written to it, and the log is removed. Nothing works afterwards.
    func close() throws(StoreError) {
        try attempt("close the record") { try $0.close() }
    }

    /// Works on the file, with errors that say what was to be done.
    func attempt<Result>(
        _ what: String, _ work: (DatabaseQueue) throws -> Result
    ) throws(StoreError) -> Result {
        do {
            return try work(queue)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError("cannot \(what) in \(queue.path): \(Self.reason(error))")
        }
    }

    private static func refusal(_ error: any Error, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        var text = "cannot open \(path): \(reason(error))"
        if let error = error as? DatabaseError,
            error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
        {
            text += "; the file is damaged: end everything with 'heddled --teardown' and begin anew"
        }
        return StoreError(text)
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
    }
}

/// What is recorded about the daemon itself.
enum IdentityKey: String {
    /// 16 hexadecimal digits: marks what this daemon made.
    case daemon
    /// The kernel's id of the boot in which the recorded indices and namespace numbers were true.
    case boot
    /// Process id and start time of the engine that was started last.
    case engine
}
