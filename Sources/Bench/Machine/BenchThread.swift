import Glibc
import Synchronization
import SystemPackage

/// A thread of its own for work that blocks or that changes the thread's network namespace (which never comes back to
/// another user, unlike a pool's thread). Made with pthreads, since the bench links no Foundation threads.
package final class BenchThread<Value: Sendable>: Sendable {
    private typealias Work = @Sendable () throws -> Value

    private let work: Work
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let handle = Mutex<pthread_t?>(nil)

    private init(work: @escaping Work) {
        self.work = work
    }

    /// Starts a thread that does `work`.
    package static func start(_ work: @escaping @Sendable () throws -> Value) throws -> BenchThread {
        let thread = BenchThread(work: work)
        var handle = pthread_t()
        let passed = Unmanaged.passRetained(AnyThreadWork { thread.run() })
        let error = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                // The pointer is the reference retained above for just this thread.
                Unmanaged<AnyThreadWork>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, passed.toOpaque())
        if error != 0 { passed.release() }
        guard error == 0 else { throw BenchError("cannot start a thread: \(Errno(rawValue: error))") }
        thread.handle.withLock { $0 = handle }
        return thread
    }

    /// Waits for the thread's end and returns or throws what its work did. At most once.
    package func join() throws -> Value {
        if let handle = handle.withLock({ $0.take() }) { pthread_join(handle, nil) }
        guard let result = result.withLock({ $0 }) else { throw BenchError("a thread ended without a result") }
        return try result.get()
    }

    private func run() {
        let outcome = Result { try work() }
        result.withLock { $0 = outcome }
    }
}

/// What a new thread is handed through the C call: not generic, so that the C function pointer needs no context.
private final class AnyThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
