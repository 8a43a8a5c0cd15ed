import Glibc
import Synchronization

/// Makes Ctrl-C and SIGTERM undo what a run has made before the process ends. The signals are blocked in the calling
/// thread and in all threads that it starts from then on; one thread waits for them.
final class Interruption: Sendable {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private let before: Mutex<sigset_t>

    /// Runs `cleanUp` on another thread when a signal comes, and ends the process as that signal would.
    init(cleanUp: @escaping @Sendable () -> Void) throws {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in Self.signals { sigaddset(&set, signal) }
        var previous = sigset_t()
        pthread_sigmask(SIG_BLOCK, &set, &previous)
        before = Mutex(previous)
        let waited = Mutex(set)
        _ = try BenchThread<Void>.start {
            var set = waited.withLock { $0 }
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { return }
            cleanUp()
            // What shells expect of a program that a signal ended.
            _exit(128 + signal)
        }
    }

    /// Lets signals through to the calling thread again.
    func end() {
        before.withLock { previous in
            _ = pthread_sigmask(SIG_SETMASK, &previous, nil)
        }
    }
}
