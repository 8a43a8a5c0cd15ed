import CLinux
import Glibc

/// One process of the engine, known by a pidfd, so that a number given to another process later does no harm. Owns the
/// pidfd.
final class EngineProcess {
    /// Its process id.
    let pid: Int32
    /// Can be read once it has ended.
    let pidfd: Int32
    /// Whether this daemon started it and must take its status.
    private let isChild: Bool

    private init(pid: Int32, pidfd: Int32, isChild: Bool) {
        self.pid = pid
        self.pidfd = pidfd
        self.isChild = isChild
    }

    deinit {
        close(pidfd)
    }

    /// Starts the program; `passed` become its descriptors 3, 4, ….
    static func start(
        program: String, arguments: [String], passing passed: [Int32], errorTo errorDescriptor: Int32
    ) throws(EngineFailure) -> EngineProcess {
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        let pid = heddle_spawn(program, words, passed, Int32(passed.count), errorDescriptor)
        guard pid > 0 else {
            throw .unavailable("cannot start \(program): \(ControlError.reason(-pid)); set HEDDLE_ENGINE to its path")
        }
        let pidfd = heddle_pidfd_open(pid)
        guard pidfd >= 0 else {
            Glibc.kill(pid, SIGKILL)
            throw .unavailable("cannot watch process \(pid): \(ControlError.reason(-pidfd))")
        }
        return EngineProcess(pid: pid, pidfd: pidfd, isChild: true)
    }

    /// Finds a process that an earlier daemon started; nil if it has ended.
    static func find(pid: Int32) -> EngineProcess? {
        let pidfd = heddle_pidfd_open(pid)
        return pidfd < 0 ? nil : EngineProcess(pid: pid, pidfd: pidfd, isChild: false)
    }

    /// Finds a process by its recorded id and start time ("1234 5678"); nil if that one has ended.
    static func find(recorded words: String) -> EngineProcess? {
        let numbers = words.split(separator: " ")
        guard numbers.count == 2, let pid = Int32(numbers[0]), let time = UInt64(numbers[1]),
            let process = find(pid: pid), process.startTime == time
        else { return nil }
        return process
    }

    /// Milliseconds between two looks at a process that is ending.
    private static let look: Int32 = 2

    /// Whether it has ended, waiting at most `milliseconds` for that.
    func hasEnded(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        // In short looks: when a killed engine's last thread goes, poll has been seen to sleep on.
        var left = milliseconds
        while poll(&entry, 1, min(left, Self.look)) <= 0 {
            left -= Self.look
            guard left > 0 else { return false }
        }
        if isChild {
            var status: Int32 = 0
            _ = heddle_reap(pid, &status)
        }
        return true
    }

    /// Ends it at once.
    func kill() {
        _ = heddle_pidfd_signal(pidfd, SIGKILL)
    }

    /// What tells this process from a later one with the same id: clock ticks between boot and its start; nil if it
    /// has ended.
    var startTime: UInt64? { Self.startTime(of: pid) }

    /// See `startTime`.
    static func startTime(of pid: Int32) -> UInt64? {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        // The second field is the program's name, which may hold anything, even a parenthesis: count from its end.
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
