import Glibc

/// Runs something on a thread of its own that ends with it: for what must not happen to the caller's thread.
package enum HelperThread {
    private final class Work {
        let body: () -> CInt
        var result: CInt = -EAGAIN

        init(_ body: @escaping () -> CInt) {
            self.body = body
        }
    }

    /// Runs `body` on a fresh thread, with signals blocked so that no handler runs in a foreign namespace, and waits
    /// for its end. Returns what `body` returns, or -errno if there is no thread to be had.
    package static func run(_ body: () -> CInt) -> CInt {
        withoutActuallyEscaping(body) { body in
            let work = Work(body)
            var everything = sigset_t()
            var before = sigset_t()
            sigfillset(&everything)
            pthread_sigmask(SIG_SETMASK, &everything, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            var thread = pthread_t()
            // The thread holds a reference of its own, which it gives back; the join below orders the two uses.
            let context = Unmanaged.passRetained(work)
            let failure = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                    work.result = work.body()
                    return nil
                }, context.toOpaque())
            guard failure == 0 else {
                context.release()
                return -failure
            }
            pthread_join(thread, nil)
            return work.result
        }
    }
}
