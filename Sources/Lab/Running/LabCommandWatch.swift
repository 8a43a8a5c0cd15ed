import Glibc
import Netlink
import Synchronization

/// The variables by which what a command has started is found: no other command of any lab has them all.
struct LabCommandMark: Hashable, Sendable {
    /// NAME=VALUE, for the command's environment.
    let variable: String
    private let others: [String]

    /// The mark of a lab's command by its key. It is the same each time the command is run.
    init(lab: String, node: String, key: String) {
        // FNV-1a.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        variable = "HEDDLE_COMMAND=\(hash)"
        others = ["HEDDLE_LAB=\(lab)", "HEDDLE_NODE=\(node)"]
    }

    /// What is there of it in a network namespace. O(processes of the machine).
    func processes(inode: String) -> [pid_t] {
        LabProcessTable.inside(inode: inode).filter { LabProcessTable.process($0, has: others + [variable]) }
    }
}

/// The commands that this process runs, so that they can be ended with it.
enum LabCommandWatch {
    private struct Command {
        var mark: LabCommandMark
        var inode: String
    }

    private struct State {
        var running: [pid_t: Command] = [:]
        /// Commands that are on their way to `running`.
        var starting = 0
        var isEnding = false
    }

    private static let state = Mutex(State())

    /// Starts a command and keeps watch of it. Never returns if this process is ending.
    static func start(
        _ mark: LabCommandMark, inode: String, _ body: () throws(LabError) -> pid_t
    ) throws(LabError) -> pid_t {
        let isEnding = state.withLock { state in
            if !state.isEnding { state.starting += 1 }
            return state.isEnding
        }
        if isEnding { park() }
        let result: Result<pid_t, LabError>
        do throws(LabError) {
            result = .success(try body())
        } catch {
            result = .failure(error)
        }
        state.withLock { state in
            state.starting -= 1
            if case .success(let pid) = result { state.running[pid] = Command(mark: mark, inode: inode) }
        }
        return try result.get()
    }

    /// Forgets a command that has been reaped. Never returns if this process is ending: how the command ended says
    /// nothing then.
    static func ended(_ pid: pid_t) {
        let isEnding = state.withLock { state in
            if !state.isEnding { state.running[pid] = nil }
            return state.isEnding
        }
        if isEnding { park() }
    }

    /// Ends all commands, with what they have started, and lets none begin any more. The process must end then.
    static func endAll() {
        state.withLock { $0.isEnding = true }
        // Of one that is being started, the process is known in a moment.
        for _ in 0..<400 where state.withLock({ $0.starting }) > 0 { usleep(5_000) }
        let running = state.withLock { $0.running }
        let all = running.flatMap { [$0.key] + $0.value.mark.processes(inode: $0.value.inode) }
        LabProcessTable.end(Array(Set(all)), groups: false)
    }

    private static func park() -> Never {
        while true { sleep(3_600) }
    }
}
