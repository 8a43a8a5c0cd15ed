import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A program that the bench runs: iperf3, ping, a daemon, a relay. It inherits the network namespace of the thread that
/// starts it, nothing of the bench's signal mask, and no descriptor but those named.
package final class ChildProcess: Sendable {
    /// Where a child's standard output and error go.
    package enum Output: Sendable {
        /// Nowhere.
        case discarded
        /// Standard output into a pipe that `readOutput` empties; standard error nowhere.
        case piped
        /// Both to the end of a file.
        case file(String)
    }

    /// How a child ended.
    package enum End: Sendable, Hashable {
        /// It left by itself.
        case exited(Int32)
        /// A signal ended it.
        case killed(Int32)
    }

    /// The process id.
    package let identifier: Int32
    /// The program's name, for messages.
    package let name: String
    private let output: Int32?
    private let end = Mutex<End?>(nil)

    /// Starts a program. `passing`: descriptors that become 3, 4, … in the child. The child is the leader of a process
    /// group of its own, so that a terminal's Ctrl-C meets the bench only, which then ends its children in order.
    package init(
        _ executable: String, _ arguments: [String], output: Output = .discarded, passing descriptors: [Int32] = []
    ) throws {
        name = executable.split(separator: "/").last.map(String.init) ?? executable
        var pipeEnds: [Int32] = [-1, -1]
        if case .piped = output {
            let result = heddle_bench_pipe(&pipeEnds)
            guard result == 0 else {
                throw BenchError("cannot start \(executable): no pipe: \(Errno(rawValue: -result))")
            }
        }
        defer { if pipeEnds[1] >= 0 { close(pipeEnds[1]) } }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        switch output {
        case .discarded:
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        case .piped:
            posix_spawn_file_actions_adddup2(&actions, pipeEnds[1], 1)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        case .file(let path):
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        // By way of high numbers, so that no descriptor is overwritten before it has been moved.
        for (index, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(100 + index))
        }
        for index in descriptors.indices {
            posix_spawn_file_actions_adddup2(&actions, Int32(100 + index), Int32(3 + index))
            posix_spawn_file_actions_addclose(&actions, Int32(100 + index))
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var child: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let error = posix_spawn(&child, executable, &actions, &attributes, words, environ)
        guard error == 0 else {
            if pipeEnds[0] >= 0 { close(pipeEnds[0]) }
            throw BenchError("cannot start \(executable): \(Errno(rawValue: error))")
        }
        identifier = child
        self.output = pipeEnds[0] >= 0 ? pipeEnds[0] : nil
    }

    deinit {
        if let output { close(output) }
    }

    /// What the child writes to its standard output until it closes it. A child that isn't through after so many
    /// seconds is killed.
    package func readOutput(seconds: Double) throws -> String {
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        var text: [UInt8] = []
        while let chunk = readChunk(until: deadline) { text += chunk }
        guard MachineClock.now < deadline else {
            stop(patience: 0)
            throw BenchError("\(name) did not end within \(Int(seconds)) s")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads standard output until it contains `text`; false if the child closes it before, or `seconds` go by.
    package func waitForOutput(containing text: String, seconds: Double) -> Bool {
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        var seen: [UInt8] = []
        while let chunk = readChunk(until: deadline) {
            seen += chunk
            if String(decoding: seen, as: UTF8.self).contains(text) { return true }
        }
        return false
    }

    /// What the child wrote since; nil when it has closed its output or the time is over.
    private func readChunk(until deadline: UInt64) -> ArraySlice<UInt8>? {
        guard let output else { return nil }
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while MachineClock.now < deadline {
            var poller = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poller, 1, 20) > 0 else { continue }
            let count = read(output, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? chunk[..<count] : nil
        }
        return nil
    }

    /// How the child ended; nil while it runs.
    package func poll() -> End? {
        end.withLock { end in
            if end == nil {
                var status: Int32 = 0
                if waitpid(identifier, &status, WNOHANG) == identifier {
                    let signal = status & 0x7F
                    end = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
                }
            }
            return end
        }
    }

    /// Waits for the child's end; nil if it is still there after so many seconds.
    package func wait(seconds: Double) -> End? {
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        while true {
            if let end = poll() { return end }
            if MachineClock.now >= deadline { return nil }
            MachineClock.sleep(seconds: 0.002)
        }
    }

    /// Ends the child: SIGTERM, and SIGKILL if it has not gone after `patience` seconds. Returns when it is gone.
    package func stop(patience: Double = 2) {
        signal(SIGTERM)
        if wait(seconds: patience) == nil {
            signal(SIGKILL)
            _ = wait(seconds: 5)
        }
    }

    private func signal(_ signal: Int32) {
        // Only while it has not been waited for: its number may belong to another process afterwards.
        if poll() == nil { kill(identifier, signal) }
    }
}
