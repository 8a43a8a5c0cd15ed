import CLinux
import Glibc

/// The locks that keep a second daemon off the same socket and the same state. Held until the process ends.
final class DaemonLocks: Sendable {
    private let descriptors: [Int32]

    /// How long a lock that is held is asked for again: a daemon that was killed just now may still be dying.
    private static let patience: Duration = .milliseconds(500)

    /// Takes both locks.
    init(paths: RuntimePaths) throws(ControlError) {
        let socket = try Self.lock(paths.socketLock, what: "socket \(paths.socket)", option: "--socket")
        do throws(ControlError) {
            let what = "state directory \(paths.stateDirectory)"
            descriptors = [socket, try Self.lock(paths.stateLock, what: what, option: "--state-dir")]
        } catch {
            close(socket)
            throw error
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func lock(_ path: String, what: String, option: String) throws(ControlError) -> Int32 {
        let deadline = ContinuousClock.now + patience
        while true {
            let descriptor = heddle_lock_file(path)
            if descriptor >= 0 {
                write(pid: getpid(), to: descriptor)
                return descriptor
            }
            guard -descriptor == EWOULDBLOCK else {
                throw ControlError("cannot lock \(path): \(ControlError.reason(-descriptor))")
            }
            if ContinuousClock.now >= deadline {
                let holder = holder(of: path).map { "the heddled with pid \($0)" } ?? "another heddled"
                throw ControlError("the \(what) is in use by \(holder): end that one, or choose another \(option)")
            }
            usleep(20_000)
        }
    }

    private static func write(pid: pid_t, to descriptor: Int32) {
        let text = Array("\(pid)\n".utf8)
        // Only for the error message of a second daemon: nothing depends on it.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    }

    private static func holder(of path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count], as: UTF8.self).prefix { $0 != "\n" })
    }
}
