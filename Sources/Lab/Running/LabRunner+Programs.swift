import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import SystemPackage

extension LabRunner {
    /// How programs are started in a node, as the record has it.
    func spawn(in node: String) throws(LabError) -> LabSpawn {
        try LabSpawn.make(paths: paths, node: node, namespace: try namespace(of: node), record: folder.record)
    }

    /// Starts a process that goes on.
    func start(_ words: [String], _ name: String, in node: String) throws(LabError) -> [String: String] {
        var spawn = try spawn(in: node)
        spawn.environment.removeAll { $0.hasPrefix("HEDDLE_PROCESS=") || $0.hasPrefix("HEDDLE_COMMAND=") }
        spawn.environment.append("HEDDLE_PROCESS=\(name)")
        let log = try LabLog(paths.log(of: node, name))
        defer { log.close() }
        let before = log.size
        let pid = try spawn.start(words, input: log.null, output: log.file, session: true)
        return try confirm(pid, log, from: before)
    }

    /// What is to be known of a process, which must not have failed at once.
    private func confirm(_ pid: pid_t, _ log: LabLog, from before: Int) throws(LabError) -> [String: String] {
        let start = LabProcessTable.start(of: pid)
        var status: Int32 = 0
        // A program that can't do what it shall says so in its first moments.
        for _ in 0..<20 {
            if waitpid(pid, &status, WNOHANG) == pid {
                if status == 0 { return ["ended": "0"] }
                throw log.failure("the process \(LabRunner.ending(status))", from: before)
            }
            usleep(5_000)
        }
        return ["pid": "\(pid)", "start": start ?? ""]
    }

    /// Starts a host's heddled and waits until it serves.
    func startDaemon(_ host: String, _ arguments: [String]) throws(LabError) -> [String: String] {
        try LabFiles.makeDirectory(paths.host(host))
        let log = try LabLog(paths.daemonLog(of: host))
        defer { log.close() }
        let spawn = LabSpawn(namespace: try namespace(of: host), environment: LabEnvironment.own, directory: "/")
        let before = log.size
        let pid = try spawn.start(
            [daemonProgram] + daemonPlaces(host) + arguments, input: log.null, output: log.file, session: true)
        let start = LabProcessTable.start(of: pid) ?? ""
        let client = DaemonClient(socketPath: paths.socket(ofHost: host), timeout: .seconds(5))
        var status: Int32 = 0
        for _ in 0..<1_500 {
            if (try? client.status()) != nil { return ["pid": "\(pid)", "start": start] }
            if waitpid(pid, &status, WNOHANG) == pid {
                throw log.failure("heddled \(LabRunner.ending(status))", from: before)
            }
            usleep(10_000)
        }
        LabProcessTable.end([pid], groups: false)
        throw LabError("heddled does not serve", hint: "See \(paths.daemonLog(of: host)).")
    }

    /// A teardown of thousands of endpoints takes a few seconds.
    private static let teardownTime: Duration = .seconds(120)

    private func daemonPlaces(_ host: String) -> [String] {
        ["--socket", paths.socket(ofHost: host), "--state-dir", paths.state(ofHost: host)]
    }

    /// Ends a host's daemon and engine, and takes away what they made.
    func stopDaemon(_ host: String, facts: [String: String]) throws(LabError) {
        if LabProcessTable.isAlive(facts), let pid = facts["pid"].flatMap({ pid_t($0) }) {
            LabProcessTable.end([pid], groups: false)
        }
        if LabFiles.exists(paths.host(host)) {
            // One that was started and not written down is among them.
            LabProcessTable.end(LabProcessTable.daemons(at: paths.socket(ofHost: host)), groups: false)
            // An engine, interfaces in nodes and files are there even if the host's namespace is gone: a teardown finds
            // them from any other, in which nothing can be taken for the host's.
            let own = ownNamespace(of: host)
            let namespace = if let own { own } else { try LabNamespaces.makeUnnamed() }
            let log = try LabLog(paths.daemonLog(of: host))
            defer { log.close() }
            let spawn = LabSpawn(namespace: namespace, environment: LabEnvironment.own, directory: "/")
            let before = log.size
            let pid = try spawn.start(
                [daemonProgram] + daemonPlaces(host) + ["--teardown"], input: log.null, output: log.file, session: false
            )
            guard let status = LabRunner.wait(for: pid, within: Self.teardownTime) else {
                LabProcessTable.end([pid], groups: false)
                let time = LabTime.text(Self.teardownTime)
                throw log.failure("heddled --teardown did not end within \(time), and was ended", from: before)
            }
            if status != 0 { throw log.failure("heddled --teardown \(LabRunner.ending(status))", from: before) }
        }
        LabFiles.remove(paths.host(host))
    }
}

extension LabSpawn {
    /// How programs are started in a node, as the record has it.
    static func make(
        paths: LabPaths, node: String, namespace: NetworkNamespace, record: LabRecord
    ) throws(LabError) -> LabSpawn {
        var files: [String] = []
        var variables: [String: String] = [:]
        for entry in record.entries.values where entry.item.thing.node == node {
            switch entry.item.thing {
            case .file(_, let path, _) where path.hasPrefix("/"): files.append(path)
            case .environment(_, let own): variables = own
            default: break
            }
        }
        variables["HEDDLE_LAB"] = paths.lab
        variables["HEDDLE_NODE"] = node
        return LabSpawn(
            namespace: namespace, files: files.sorted(), fileRoot: paths.files(of: node),
            environment: LabEnvironment.with(variables), directory: paths.work(of: node))
    }
}

/// A file that programs write to, and nothing to read from.
struct LabLog {
    let file: FileDescriptor
    let null: FileDescriptor
    private let path: String

    init(_ path: String) throws(LabError) {
        self.path = path
        let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard opened >= 0 else { throw LabError("opening \(path)", Errno(rawValue: errno)) }
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard nothing >= 0 else {
            Glibc.close(opened)
            throw LabError("opening /dev/null", Errno(rawValue: errno))
        }
        file = FileDescriptor(rawValue: opened)
        null = FileDescriptor(rawValue: nothing)
    }

    func close() {
        try? file.close()
        try? null.close()
    }

    func write(_ text: String) {
        _ = try? file.writeAll(text.utf8)
    }

    /// Bytes so far.
    var size: Int {
        var about = stat()
        return fstat(file.rawValue, &about) == 0 ? Int(about.st_size) : 0
    }

    /// What went wrong, with the last of what was written behind that many bytes.
    func failure(_ what: String, from start: Int, hint: String? = nil) -> LabError {
        let text = String(decoding: Array((LabFiles.read(path) ?? "").utf8).dropFirst(start), as: UTF8.self)
        let said = text.split(separator: "\n").suffix(20).map { "  | \($0)" }
        return LabError(([what] + said).joined(separator: "\n"), hint: hint)
    }
}
