import Glibc
import Synchronization

/// Tells whoever started the daemon that all of its servers listen.
final class ReadyLine: Sendable {
    private let missing: Mutex<Int>

    init(servers: Int) {
        missing = Mutex(servers)
    }

    /// One more listens.
    func serverListens() {
        let left = missing.withLock { count in
            count -= 1
            return count
        }
        guard left == 0 else { return }
        let line = Array("heddled: ready\n".utf8)
        _ = write(STDOUT_FILENO, line, line.count)
    }
}
