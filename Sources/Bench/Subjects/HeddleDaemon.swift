import Glibc
import HeddleAPI
import HeddleClient
import SystemPackage

/// A `heddled` that the bench started, in a namespace of its own that is "the host" for it.
final class HeddleDaemon: Sendable {
    /// Speaks to it.
    let client: DaemonClient
    /// The daemon's process.
    let program: ChildProcess
    /// The namespace that it is in.
    let host: Sandbox
    /// The engine's process id as the daemon tells it; nil if it doesn't.
    let engineProcess: Int32?

    private init(client: DaemonClient, program: ChildProcess, host: Sandbox, engineProcess: Int32?) {
        self.client = client
        self.program = program
        self.host = host
        self.engineProcess = engineProcess
    }

    /// How long a daemon may take to be ready.
    private static let patience: Double = 15

    /// Starts a daemon in a namespace that is made for it, and waits until it serves.
    static func start(_ executable: String, label: String, workspace: Workspace) throws -> HeddleDaemon {
        try start(executable, in: workspace.makeSandbox(label), workspace: workspace)
    }

    /// Starts a daemon in a namespace that has no other, and waits until it serves.
    static func start(_ executable: String, in host: Sandbox, workspace: Workspace) throws -> HeddleDaemon {
        let folder = try workspace.folder() + "/\(host.name.dropFirst(workspace.prefix.count))"
        let state = folder + "/state"
        guard mkdir(folder, 0o700) == 0, mkdir(state, 0o700) == 0 else {
            throw BenchError("cannot make the directory \(folder): \(Errno(rawValue: errno))")
        }
        let socket = folder + "/heddle.sock"
        let log = folder + "/log"
        let places = ["--socket", socket, "--state-dir", state]
        let program = try host.start(executable, places, output: .file(log))
        try workspace.adopt(program)
        // The engine outlives its daemon; what both made is taken away by them, in order.
        try workspace.beforeRemoval {
            program.stop()
            let teardown = try? host.start(executable, places + ["--teardown"])
            if teardown?.wait(seconds: 5) == nil { teardown?.stop() }
        }
        let client = DaemonClient(socketPath: socket)
        let deadline = MachineClock.now + MachineClock.nanoseconds(patience)
        while true {
            if let status = try? client.status(), let engine = status.engine {
                return HeddleDaemon(
                    client: client, program: program, host: host, engineProcess: Int32(exactly: engine.pid))
            }
            if let end = program.poll() {
                throw BenchError("heddled ended at once (\(end)): \(tail(of: log))")
            }
            guard MachineClock.now < deadline else {
                throw BenchError("heddled was not ready within \(Int(patience)) s: \(tail(of: log))")
            }
            MachineClock.sleep(seconds: 0.02)
        }
    }

    private static func tail(of log: String) -> String {
        let lines = ((try? TextFile.read(log)) ?? "").split(separator: "\n").suffix(3)
        return lines.isEmpty ? "it printed nothing" : lines.joined(separator: " / ")
    }
}
