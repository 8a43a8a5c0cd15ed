import Foundation
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// How the engine reads and writes; tests run for both.
enum InputOutput: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case uring
    case epoll

    var testDescription: String { "--io \(rawValue)" }
}

/// A Heddle of its own for one test: a namespace that is its host, a directory for its socket and state, sandboxes, and
/// the daemon. `run` makes it and takes all of it away again, whatever happens, and looks whether anything is left.
final class HeddleUnderTest {
    /// Told apart from every other lab on the machine.
    let tag: String
    /// Everything of this lab lies here.
    let directory: String
    /// The network namespace in which the daemon runs.
    let host: TestSandbox
    /// What its next daemon is told; nil: nothing.
    var io: InputOutput?
    /// Knows which namespaces have died.
    let observer: NamespaceObserver
    /// The daemon that was started last.
    var daemon: RunningProgram?
    /// Those that were made, by their short names.
    private(set) var sandboxes: [String: TestSandbox] = [:]
    /// Interfaces that a test itself made in the host's namespace.
    var ownInterfaces: Set<String> = ["lo"]
    /// What a test's own interface in a sandbox is called.
    static let ownInterface = "own0"

    /// Where its daemons speak to Docker, if they do.
    private(set) var dockerWords: [String] = []

    /// Where its programs run; nil: in this process's mount namespace.
    var place: MountPlace?

    /// Makes a lab without a daemon, which `end` takes away.
    init(io: InputOutput = .uring) throws {
        tag = "hdt-" + String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
        directory = "/tmp/\(tag)"
        self.io = io
        observer = try NamespaceObserver()
        guard mkdir(directory, 0o755) == 0 else { throw LabError.system("make \(directory)") }
        host = try TestSandbox(name: tag, ipv6: true)
    }

    /// Runs a test in a lab that has a running daemon, unless told otherwise.
    static func run(
        io: InputOutput = .uring, starting: Bool = true, at location: SourceLocation = #_sourceLocation,
        _ body: (HeddleUnderTest) throws -> Void
    ) throws {
        let lab = try HeddleUnderTest(io: io)
        defer { lab.end(at: location) }
        do {
            try lab.observer.watch(lab.host, as: "host")
            if starting { try lab.start() }
            try body(lab)
        } catch {
            Issue.record("\(error)\n\(lab.logTail)", sourceLocation: location)
        }
    }

    var socket: String { directory + "/s" }
    /// The file that pins the daemon's private namespace.
    var pin: String { (place?.root ?? "") + socket + ".ns" }
    var stateDirectory: String { directory + "/state" }
    private var log: String { directory + "/log" }

    /// Speaks to the daemon without a process in between.
    var client: DaemonClient { DaemonClient(socketPath: socket, timeout: .seconds(15)) }

    /// The last of what the daemons of this lab said.
    var logTail: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(16).map { "  | \($0)" }.joined(separator: "\n")
    }

    /// All that the daemons of this lab said.
    var logText: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}

extension HeddleUnderTest {
    /// Words that every heddled of this lab gets.
    var places: [String] { ["--socket", socket, "--state-dir", stateDirectory] }

    /// Starts a daemon and waits until it serves.
    func start(_ more: [String] = [], environment: [String: String] = [:]) throws {
        daemon = try startUnready(more, environment: environment)
        try awaitReady()
    }

    /// Starts a daemon that may never be ready.
    func startUnready(_ more: [String] = [], environment: [String: String] = [:]) throws -> RunningProgram {
        if more.first == "--docker-socket" { dockerWords = more }
        var variables = ["HEDDLE_LOG": "debug"]
        variables.merge(environment) { $1 }
        let all = places + (io.map { ["--io", $0.rawValue] } ?? []) + more
        let (path, words) = try place?.words(Programs.daemon, all) ?? (Programs.daemon, all)
        return try RunningProgram(path, words, in: try host.open(), environment: variables, errors: log)
    }

    /// Waits until the daemon says that it serves.
    func awaitReady() throws {
        guard let daemon else { throw LabError("no daemon was started") }
        guard try daemon.waitForLine("heddled: ready", within: .seconds(10)) else {
            throw LabError("heddled is not ready (\(daemon.end.map { "\($0)" } ?? "it runs"))")
        }
        if (try? observer.isWatching("private")) != true, let place = try? NetworkNamespace.open(path: pin) {
            try observer.watch(place, as: "private")
        }
    }

    /// Ends the daemon as kill -9 does.
    func killDaemon() throws {
        guard let daemon else { return }
        daemon.kill()
        if daemon.end == nil { throw LabError("heddled outlives a kill -9: \(ProcessState.words(of: daemon.pid))") }
    }

    /// Kills the daemon and starts the next.
    func replaceDaemon(environment: [String: String] = [:]) throws {
        try killDaemon()
        try start(environment: environment)
    }

    /// The engine that the daemon knows of.
    func enginePID() throws -> pid_t {
        guard let engine = try client.status().engine else { throw LabError("there is no engine") }
        return pid_t(engine.pid)
    }

    /// Ends the engine as kill -9 does. Returns its number.
    @discardableResult
    func killEngine() throws -> pid_t {
        let pid = try enginePID()
        guard kill(pid, SIGKILL) == 0 else { throw LabError.system("kill \(pid)") }
        return pid
    }

    /// Makes a sandbox; its full name is what attach is told.
    func makeSandbox(_ short: String, ipv6: Bool = false) throws -> TestSandbox {
        let sandbox = try TestSandbox(name: "\(tag)-\(short)", ipv6: ipv6)
        sandboxes[short] = sandbox
        try observer.watch(sandbox, as: sandbox.name)
        return sandbox
    }

    /// Joins a sandbox to a network; a short way for tests that are not about attaching.
    @discardableResult
    func attach(
        _ sandbox: TestSandbox, to network: String, via: String = "tap", ip: String? = nil, ifname: String? = nil
    ) throws -> Endpoint {
        let addresses = ip.map { [$0] }
        return try client.attach(
            AttachRequest(network: network, sandbox: sandbox.name, via: via, ifname: ifname, ip: addresses))
    }

    /// Makes a network; a short way for tests that are not about that.
    @discardableResult
    func makeNetwork(_ name: String, _ subnets: String..., isolated: Bool = false) throws -> Network {
        try client.createNetwork(
            NetworkRequest(name: name, subnets: subnets.isEmpty ? nil : subnets, isolated: isolated ? true : nil))
    }
}
