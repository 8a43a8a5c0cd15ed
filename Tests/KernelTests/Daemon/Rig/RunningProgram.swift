import CLinux
import Foundation
import Netlink

/// A child process. Its standard output is read through a pipe, its standard error goes to a file or with the output.
final class RunningProgram: @unchecked Sendable {
    // Sendable: used by one thread at a time.

    /// How a process ended.
    enum End: Hashable, CustomStringConvertible {
        /// With this status.
        case exited(Int32)
        /// By this signal.
        case killed(Int32)

        var description: String {
            switch self {
            case .exited(let status): "exit status \(status)"
            case .killed(let signal): "signal \(signal)"
            }
        }
    }

    let pid: pid_t
    private let pidfd: Int32
    private var output: Int32
    private var seen: [UInt8] = []
    private(set) var end: End?

    /// Starts `path` in a network namespace (nil: this one). `errors` nil: they go into the output.
    init(
        _ path: String, _ words: [String], in namespace: NetworkNamespace? = nil, environment: [String: String] = [:],
        errors: String? = nil
    ) throws {
        var ends: [Int32] = [-1, -1]
        guard heddle_bench_pipe(&ends) == 0 else { throw LabError("there is no pipe") }
        defer { close(ends[1]) }
        output = ends[0]
        do {
            pid = try Self.spawn(path, words, in: namespace, environment, output: ends[1], errors: errors)
        } catch {
            close(ends[0])
            throw error
        }
        pidfd = heddle_pidfd_open(pid)
        guard pidfd >= 0 else { throw LabError("no pidfd for \(path)") }
    }

    deinit {
        kill()
        close(output)
        close(pidfd)
    }

    private static func spawn(
        _ path: String, _ words: [String], in namespace: NetworkNamespace?, _ environment: [String: String],
        output: Int32, errors: String?
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        } else {
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
        // What other tests have open must not live on in a daemon.
        for descriptor in Self.inherited() { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = ([path] + words).map { strdup($0) } + [nil]
        var variables = Self.variables(environment).map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        func start() -> Int32 { posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables) }
        let result = try namespace.map { try $0.run { start() } } ?? start()
        errno = result
        guard result == 0 else { throw LabError.system("start \(path)") }
        return pid
    }

    /// Open descriptors that a child would get.
    private static func inherited() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { $0 > 2 && fcntl($0, F_GETFD) & FD_CLOEXEC == 0 }
    }

    /// This process's environment without what is meant for Heddle, and what a test adds.
    private static func variables(_ added: [String: String]) -> [String] {
        var kept: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if !variable.hasPrefix("HEDDLE_") { kept.append(variable) }
            entry += 1
        }
        return kept + added.map { "\($0)=\($1)" }
    }

    /// All of the output, once the program has closed it.
    func readAll(within limit: Duration = .seconds(20)) throws -> String {
        let deadline = ContinuousClock.now + limit
        while try readMore(until: deadline) {}
        guard ContinuousClock.now < deadline else { throw LabError("no end of output within \(limit)") }
        return String(decoding: seen, as: UTF8.self)
    }

    /// Reads until there is this line; false if the output ends before.
    func waitForLine(_ line: String, within limit: Duration) throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if String(decoding: seen, as: UTF8.self).split(separator: "\n").contains(Substring(line)) { return true }
            if try !readMore(until: deadline) { return false }
        }
    }

    /// What was read so far.
    var outputSoFar: String { String(decoding: seen, as: UTF8.self) }

    private func readMore(until deadline: ContinuousClock.Instant) throws -> Bool {
        let left = max(.zero, deadline - .now)
        var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(left.milliseconds.rounded(.up))) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(output, &buffer, buffer.count)
        guard count > 0 else { return false }
        seen += buffer[..<count]
        return true
    }

    /// Waits for the end; nil if it does not come in time.
    @discardableResult
    func wait(within limit: Duration) -> End? {
        if let end { return end }
        let deadline = ContinuousClock.now + limit
        var status: Int32 = 0
        // In short waits: a poll of a process's descriptor has been seen to sleep on after the process had ended.
        while true {
            let left = max(.zero, deadline - .now)
            var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, Int32(min(left.milliseconds.rounded(.up), 50)))
            if waitpid(pid, &status, WNOHANG) == pid { break }
            if left == .zero { return nil }
        }
        let signal = status & 0x7F
        end = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
        return end
    }

    /// Sends a signal, unless it has ended.
    func signal(_ number: Int32) {
        if end == nil { _ = heddle_pidfd_signal(pidfd, number) }
    }

    /// Ends it at once and waits for that.
    func kill() {
        signal(SIGKILL)
        wait(within: .seconds(5))
    }
}
