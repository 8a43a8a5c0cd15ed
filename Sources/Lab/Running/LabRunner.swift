import HeddleAPI
import HeddleClient
import Netlink
import Synchronization
import SystemPackage

/// Makes a lab's things and takes them away. Its methods are called by many threads at once, for different things.
final class LabRunner: Sendable {
    let folder: LabFolder
    /// The daemon that runs; nil in a lab with hosts.
    let socket: String?
    /// Where the lab's own daemons come from.
    let daemonProgram: String
    /// What could not be taken away doesn't keep the rest from going.
    let isForced: Bool
    /// Whether the daemon that runs does not run any more.
    let isDaemonGone: Bool
    /// Is told what goes wrong, as it happens, and what begins.
    let report: @Sendable (LabNews) -> Void
    private let failures = Mutex<[LabFailure]>([])

    /// How many things are made at once.
    private static let threads = 16

    init(
        folder: LabFolder, socket: String?, daemonProgram: String, isForced: Bool = false, isDaemonGone: Bool = false,
        report: @escaping @Sendable (LabNews) -> Void
    ) {
        self.folder = folder
        self.socket = socket
        self.daemonProgram = daemonProgram
        self.isForced = isForced
        self.isDaemonGone = isDaemonGone
        self.report = report
    }

    var paths: LabPaths { folder.paths }

    /// All that went wrong, in the order in which it did.
    var allFailures: [LabFailure] { failures.withLock { $0 } }

    /// A daemon: a host's, or the one that runs.
    func client(_ host: String?) throws(LabError) -> DaemonClient {
        if let host { return DaemonClient(socketPath: paths.socket(ofHost: host)) }
        guard let socket else {
            throw LabError(
                "the lab's record doesn't tell its daemon any more",
                hint: "There: 'heddle network ls', 'heddle endpoint ls' and 'heddle detach'.")
        }
        return DaemonClient(socketPath: socket)
    }

    /// Does what a difference says. What needs something that failed is left out; all else is done. Returns what was.
    func perform(_ difference: LabDifference) -> (removed: [LabItem], made: [LabItem]) {
        report(.planned(difference.removals.count + difference.makings.count))
        return (remove(difference.removals), make(difference.makings))
    }

    private func remove(_ items: [LabItem]) -> [LabItem] {
        let byKey = Dictionary(items.map { ($0.key, $0) }) { first, _ in first }
        let leaving = LabLeaving(items, isDaemonGone: isDaemonGone)
        // What stands on a thing goes before it.
        var needs: [String: [String]] = [:]
        for item in items {
            for other in item.foundations + item.predecessors { needs[other, default: []].append(item.key) }
        }
        // What goes with something else is there as long as that is, and known for as long.
        let carried = Dictionary(grouping: items) { leaving.carrier(of: $0) }
        let jobs = items.map { LabSchedule.Job(key: $0.key, needs: needs[$0.key] ?? []) }
        let outcome = LabSchedule.run(jobs, threads: Self.threads) { key in
            guard let item = byKey[key] else { return true }
            let isGone = self.attempt(item.thing, "taking away") { () throws(LabError) in
                try self.takeAway(item, leaving)
                guard leaving.carrier(of: item) == nil else { return }
                for other in carried[key] ?? [] { try self.noteGone(other) }
                try self.noteGone(item)
            }
            return isGone || self.isForced
        }
        let record = folder.record
        return done(items, outcome).filter { record.entries[$0.key] == nil }
    }

    private func noteGone(_ item: LabItem) throws(LabError) {
        var event = LabRecord.Event(key: item.key)
        event.gone = true
        try folder.note(event)
    }

    private func make(_ items: [LabItem]) -> [LabItem] {
        let byKey = Dictionary(items.map { ($0.key, $0) }) { first, _ in first }
        let jobs = items.map { LabSchedule.Job(key: $0.key, needs: $0.foundations + $0.predecessors) }
        let outcome = LabSchedule.run(jobs, threads: Self.threads) { key in
            guard let item = byKey[key] else { return true }
            return self.attempt(item.thing, "making") { () throws(LabError) in
                // Still there: it could not be taken away.
                if let old = self.folder.record.entries[key], !item.thing.isReplacedByMaking {
                    throw LabError("\(old.item.thing) could not be taken away before")
                }
                var event = LabRecord.Event(key: key)
                event.making = item
                do throws(LabError) {
                    try self.checkFree(item.thing)
                } catch {
                    event.refused = true
                    try self.folder.note(event)
                    throw error
                }
                try self.folder.note(event)
                try self.buildAndNote(item)
            }
        }
        return done(items, outcome)
    }

    /// Tells what was left out; returns what was not.
    private func done(_ items: [LabItem], _ outcome: LabSchedule.Outcome) -> [LabItem] {
        let skipped = items.filter { outcome.skipped.contains($0.key) }
        if !skipped.isEmpty { report(.skipped(skipped.map(\.thing.description))) }
        return items.filter { !outcome.skipped.contains($0.key) && !outcome.failed.contains($0.key) }
    }

    private func buildAndNote(_ item: LabItem) throws(LabError) {
        var after = LabRecord.Event(key: item.key)
        do throws(LabError) {
            after.made = try build(item)
        } catch {
            // What was refused must not be taken away later: it may be somebody else's.
            if item.thing.isWholeOrNot {
                after.refused = true
                try folder.note(after)
            }
            throw error
        }
        try folder.note(after)
    }

    /// Does something, and tells how that goes. Returns whether it was done.
    @discardableResult
    func attempt(_ thing: LabThing, _ doing: String, _ body: () throws(LabError) -> Void) -> Bool {
        report(.began(thing))
        defer { report(.ended(thing)) }
        do throws(LabError) {
            try body()
            return true
        } catch {
            let failure = LabFailure(thing: thing, doing: doing, error: error)
            failures.withLock { $0.append(failure) }
            report(.failed(failure))
            return false
        }
    }
}

/// Something that could not be done.
public struct LabFailure: Sendable {
    /// The thing.
    public var thing: LabThing
    /// "making" or "taking away".
    public var doing: String
    /// Why.
    public var error: LabError
}

/// What is told while a lab is built or taken down, by many threads.
public enum LabNews: Sendable {
    /// So many things are to be done.
    case planned(Int)
    /// One of them begins.
    case began(LabThing)
    /// It is done, or has failed.
    case ended(LabThing)
    /// Something could not be done.
    case failed(LabFailure)
    /// So these were not.
    case skipped([String])
}

/// What goes, when it goes together: with a namespace goes what is in it, with a daemon what it made.
struct LabLeaving: Sendable {
    /// Nodes whose namespaces go.
    private(set) var nodes: Set<String> = []
    /// Hosts whose daemons go.
    private(set) var daemons: Set<String> = []
    /// Whether the daemon of a lab without hosts can't be asked any more.
    let isDaemonGone: Bool
    /// Networks that go from the daemon that runs.
    private var networks: Set<String> = []

    init(_ items: [LabItem], isDaemonGone: Bool) {
        self.isDaemonGone = isDaemonGone
        for item in items {
            switch item.thing {
            case .sandbox(let sandbox) where sandbox.existing == nil: nodes.insert(sandbox.node)
            case .daemon(let host, _): daemons.insert(host)
            case .network(nil, let request): networks.insert(request.name)
            default: break
            }
        }
    }

    /// The key of what a thing goes with, which is to be taken away too, so that nothing need be done for it alone.
    func carrier(of item: LabItem) -> String? {
        if let host = item.thing.host, daemons.contains(host) { return "daemon:\(host)" }
        guard let node = item.thing.node, nodes.contains(node) else { return nil }
        switch item.thing {
        case .address, .route, .sysctl, .command: return "sandbox:\(node)"
        // Their endpoint.
        case .impairment, .publish: return item.foundations.first
        default: return nil
        }
    }

    /// Whether a thing stays in the records of a daemon that can't be asked; an endpoint is there by its network.
    func staysInDaemon(_ thing: LabThing) -> Bool {
        guard isDaemonGone, thing.host == nil else { return false }
        switch thing {
        case .network: return true
        case .endpoint(let endpoint): return !networks.contains(endpoint.name.network)
        default: return false
        }
    }
}
