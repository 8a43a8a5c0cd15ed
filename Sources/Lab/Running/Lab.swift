import Glibc
import HeddleAPI
import HeddleClient
import Netlink

/// A lab by its name: what the command line does with it.
public struct Lab: Sendable {
    /// What became of building or taking down.
    public struct Outcome: Sendable {
        /// The lab's name.
        public var name: String
        /// What was made, or made anew.
        public var made: [String]
        /// What was taken away for good.
        public var removed: [String]
        /// How many things stayed as they were.
        public var kept: Int
        /// What could not be done.
        public var failures: [LabFailure]
    }

    /// Its name.
    public let name: String
    private let paths: LabPaths

    /// A lab, which may not be there.
    public init(name: String) {
        self.name = name
        paths = LabPaths(lab: name)
    }

    /// The names of all labs that are there.
    public static var all: [String] { LabFolder.names() }

    /// Whether it is there.
    public var exists: Bool { Lab.all.contains(name) }

    /// Throws if it isn't there, and says which are.
    public func checkExists() throws(LabError) {
        if !exists { throw Lab.unknown(name) }
    }

    /// The file that it was built from, absolute; nil: unknown. It may be gone.
    public var file: String? { LabFolder.read(paths).origin?.file }

    /// Makes a lab what its file says: builds it, or changes what differs.
    public static func up(
        _ description: LabDescription, file: String, socket: String, daemonProgram: String,
        report: @escaping @Sendable (LabNews) -> Void
    ) throws(LabError) -> Outcome {
        let paths = LabPaths(lab: description.name)
        let own = description.hosts.isEmpty ? socket : nil
        if let own { try checkServes(own) }
        let folder = try LabFolder(paths)
        let record = folder.record
        if let known = record.origin, known.socket != own, !record.isEmpty {
            throw LabError(
                "the lab \(description.name) was built \(known.socket.map { "on the daemon \($0)" } ?? "with hosts")",
                hint: "Take it down first: heddle lab down \(description.name)")
        }
        var event = LabRecord.Event()
        event.origin = LabOrigin(file: file, socket: own)
        try folder.note(event)
        let missing = try LabSight.missing(in: record, paths: paths, socket: own)
        let plan = LabPlan(description, recorded: record)
        let difference = LabDifference(recorded: record, wanted: plan.items, missing: missing)
        let runner = LabRunner(folder: folder, socket: own, daemonProgram: daemonProgram, report: report)
        let outcome = perform(difference, runner)
        if folder.record.isEmpty { folder.removeAll() }
        return outcome
    }

    /// Ends the commands that this process runs in nodes, with what they have started: before it ends itself, as by a
    /// signal. What is being built stops where it is. Any thread; takes up to four seconds.
    public static func endCommands() { LabCommandWatch.endAll() }

    /// Takes the lab away, also what is left of one that was never finished. With `isForced` all that can be taken away
    /// is, and it is forgotten, unless a host could not be torn down. What stays, as in the records of a daemon that does
    /// not serve, is among the failures.
    public func down(
        daemonProgram: String, isForced: Bool, report: @escaping @Sendable (LabNews) -> Void
    ) throws(LabError) -> Outcome {
        try checkExists()
        let folder = try LabFolder(paths, acceptsDamage: isForced)
        let record = folder.record
        var isDaemonGone = false
        if let socket = record.origin?.socket, record.entries.values.contains(where: \.isInDaemon) {
            do throws(LabError) {
                try Lab.checkServes(socket)
            } catch {
                if !isForced { throw error }
                isDaemonGone = true
            }
        }
        let runner = LabRunner(
            folder: folder, socket: record.origin?.socket, daemonProgram: daemonProgram, isForced: isForced,
            isDaemonGone: isDaemonGone, report: report)
        let difference = LabDifference(recorded: record, wanted: [])
        let outcome = Lab.perform(difference, runner, isWhole: true)
        // A host whose daemon could not be torn down can be as long as its directory is there.
        let isTornDown = LabFiles.names(in: paths.hosts).isEmpty
        if isTornDown, folder.record.isEmpty || isForced { folder.removeAll() }
        return outcome
    }

    private static func perform(
        _ difference: LabDifference, _ runner: LabRunner, isWhole: Bool = false
    ) -> Outcome {
        let folder = runner.folder
        let before = folder.record
        let done = runner.perform(difference)
        if isWhole, runner.hasUnrecorded(beside: before) { runner.takeAwayUnrecorded(beside: before) }
        let wanted = Set(difference.makings.map(\.key))
        let removed = done.removed.filter { !wanted.contains($0.key) && before.entries[$0.key]?.state != .refused }
        return Outcome(
            name: folder.paths.lab, made: done.made.map { "\($0.thing)" },
            removed: removed.map { "\($0.thing)" },
            kept: difference.kept.count, failures: runner.allFailures)
    }

    private static func checkServes(_ socket: String) throws(LabError) {
        do throws(APIError) {
            _ = try DaemonClient(socketPath: socket, timeout: .seconds(10)).status()
        } catch {
            throw LabError(error.message, hint: error.hint)
        }
    }

    static func unknown(_ name: String) -> LabError {
        let names = all
        let hint =
            names.isEmpty
            ? "No lab is there." : "There \(names.count == 1 ? "is" : "are") \(names.joined(separator: ", "))."
        return LabError("there is no lab \(name.debugDescription)", hint: hint)
    }

    /// What is there of it now.
    public func view() throws(LabError) -> LabView {
        try checkExists()
        return LabView(LabFolder.read(paths), paths: paths)
    }

    /// Nodes and hosts, as they are recorded.
    public var nodes: [String] {
        LabFolder.read(paths).ordered.compactMap { entry in
            if case .sandbox(let sandbox) = entry.item.thing { sandbox.node } else { nil }
        }.sorted()
    }

    /// Becomes a program in a node; returns only if that fails.
    public func exec(_ words: [String], in node: String, directory: String?) throws(LabError) {
        let record = LabFolder.read(paths)
        guard let entry = record.entries["sandbox:\(node)"], let sandbox = entry.facts["sandbox"] else {
            throw LabError(
                "the lab \(name) has no node \(node.debugDescription)", hint: "It has \(nodes.joined(separator: ", "))."
            )
        }
        var spawn = try LabSpawn.make(
            paths: paths, node: node, namespace: try LabNamespaces.open(sandbox), record: record)
        if let directory { spawn.directory = directory }
        try spawn.become(words)
    }

    /// Files with what a node's commands and processes said: name and path. Without a node, those of all.
    public func logs(of node: String?) -> [(name: String, path: String)] {
        LabFiles.names(in: paths.logs).filter { $0.hasSuffix(".log") }.map { file in
            (name: String(file.dropLast(4)), path: "\(paths.logs)/\(file)")
        }.filter { log in node == nil || log.name == node || log.name.hasPrefix("\(node ?? "").") }
    }
}

extension LabRecord.Entry {
    /// Whether the daemon that runs has to be asked to take it away.
    fileprivate var isInDaemon: Bool {
        switch item.thing {
        case .network, .endpoint: state != .refused
        default: false
        }
    }
}
