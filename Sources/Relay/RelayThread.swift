import CLinux
import Glibc
import Synchronization

/// A thread that is joined once.
final class RelayThread: Sendable {
    private let thread = Mutex<pthread_t?>(nil)

    /// What a thread is given.
    private final class Job: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts it, with at most 15 bytes of a name; false if there can be no more threads.
    func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let job = Unmanaged.passRetained(
            Job {
                heddle_name_thread(name)
                body()
            })
        var started = pthread_t()
        let failure = pthread_create(
            &started, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, job.toOpaque())
        guard failure == 0 else {
            job.release()
            return false
        }
        let made = started
        thread.withLock { $0 = made }
        return true
    }

    /// Waits for its end; false if somebody else has done so.
    func join() -> Bool {
        let joined = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let joined else { return false }
        pthread_join(joined, nil)
        return true
    }
}
