import CLinux
import Glibc

/// The locks that keep a second daemon off the same socket and the same state. Held until the process ends.
///
/// Each lock's file says who holds it or held it last, and what the other path was: a socket's engine and namespace
/// belong to one state directory, and a daemon with another one would take them for leftovers.
final class DaemonLocks: Sendable {
    /// What a lock's file says.
    struct Note: Hashable, Sendable {
        /// The process that wrote it.
        var pid: Int32
        /// The state directory, or the socket, that it was used with.
        var partner: String
    }

    private let descriptors: [Int32]

    /// How long a lock that is held is asked for again: a daemon that was killed just now may still be dying.
    private static let patience: Duration = .milliseconds(500)

    /// Takes both locks.
    init(paths: RuntimePaths) throws(ControlError) {
        descriptors = try Self.acquire(paths)
        Self.write(Note(pid: getpid(), partner: paths.stateDirectory), to: descriptors[0])
        Self.write(Note(pid: getpid(), partner: paths.socket), to: descriptors[1])
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func acquire(_ paths: RuntimePaths) throws(ControlError) -> [Int32] {
        var taken: [Int32] = []
        do throws(ControlError) {
            taken.append(try lock(paths.socketLock, what: "socket \(paths.socket)", option: "--socket"))
            let what = "state directory \(paths.stateDirectory)"
            taken.append(try lock(paths.stateLock, what: what, option: "--state-dir"))
            try checkPartners(paths)
            return taken
        } catch {
            for descriptor in taken { close(descriptor) }
            throw error
        }
    }

    /// Refuses a pair of which one still belongs to another partner: its engine may run, and its interfaces be there.
    private static func checkPartners(_ paths: RuntimePaths) throws(ControlError) {
        if let note = note(in: paths.socketLock), note.partner != paths.stateDirectory, isAlive(socket: paths.socket) {
            throw ControlError(
                "the socket \(paths.socket) belongs to the state directory \(note.partner): start heddled with that"
                    + " --state-dir, or end what it made with 'heddled --teardown --socket \(paths.socket) --state-dir"
                    + " \(note.partner)'")
        }
        if let note = note(in: paths.stateLock), note.partner != paths.socket, isAlive(socket: note.partner) {
            throw ControlError(
                "the state directory \(paths.stateDirectory) belongs to the socket \(note.partner): start heddled with"
                    + " that --socket, or end what it made with 'heddled --teardown --socket \(note.partner) --state-dir"
                    + " \(paths.stateDirectory)'")
        }
    }

    /// Whether a daemon with this socket left something that goes on without it.
    private static func isAlive(socket: String) -> Bool {
        access(socket + ".ns", F_OK) == 0 || access(socket + ".engine", F_OK) == 0
    }

    /// Takes one lock, or says who holds it.
    static func lock(_ path: String, what: String, option: String) throws(ControlError) -> Int32 {
        let deadline = ContinuousClock.now + patience
        while true {
            let descriptor = heddle_lock_file(path)
            if descriptor >= 0 { return descriptor }
            guard -descriptor == EWOULDBLOCK else {
                throw ControlError("cannot lock \(path): \(ControlError.reason(-descriptor))")
            }
            if ContinuousClock.now >= deadline {
                let holder = note(in: path).map { "the heddled with pid \($0.pid)" } ?? "another heddled"
                throw ControlError("the \(what) is in use by \(holder): end that one, or choose another \(option)")
            }
            usleep(20_000)
        }
    }

    /// Says in a lock's file who holds it.
    static func write(_ note: Note, to descriptor: Int32) {
        let text = Array("\(note.pid)\n\(note.partner)\n".utf8)
        // Only for error messages: a note that can't be written is no reason not to start.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    }

    private static func note(in path: String) -> Note? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Note(text: String(decoding: bytes[..<count], as: UTF8.self))
    }
}

extension DaemonLocks.Note {
    /// Reads two lines; nil for anything else.
    init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, let pid = Int32(lines[0]) else { return nil }
        self.init(pid: pid, partner: String(lines[1]))
    }
}
