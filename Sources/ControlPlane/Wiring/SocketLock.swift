import Glibc

/// Keeps a second daemon off a socket at which others look for this one, such as Docker's plug-in socket: without it, the
/// one that starts last would silently take the other's place. Held until the process ends; beside the socket lies a file
/// that says who holds it.
public final class SocketLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock. `option` names the daemon's option for the socket, for errors.
    public init(path: String, option: String) throws(ControlError) {
        descriptor = try DaemonLocks.lock(path + ".lock", what: "socket \(path)", option: option)
        DaemonLocks.write(DaemonLocks.Note(pid: getpid(), partner: path), to: descriptor)
    }

    /// Removes a socket that nobody serves any more, and its lock; fine if there is neither. Throws while a daemon has it.
    public static func remove(path: String, option: String) throws(ControlError) {
        guard access(path + ".lock", F_OK) == 0 else { return }
        let lock = try SocketLock(path: path, option: option)
        unlink(path)
        unlink(path + ".lock")
        withExtendedLifetime(lock) {}
    }

    deinit {
        close(descriptor)
    }
}
