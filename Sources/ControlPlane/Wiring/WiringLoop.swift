import CLinux
import Glibc
import Synchronization

/// The one thread on which the control plane works: an executor for the switchboard, so that blocking calls and setns
/// happen nowhere else, and a poll loop for what the kernel and the engine report.
///
/// `watch`, `unwatch` and `after` are for the loop's own thread; `enqueue` for any.
final class WiringLoop: SerialExecutor, @unchecked Sendable {
    // Sendable: `jobs` is locked, `wake` never changes, all else is touched by the loop's thread only.

    private struct Timer {
        var deadline: ContinuousClock.Instant
        var number: UInt64
        var action: () -> Void
    }

    private let wake: Int32
    /// What waits to be run. What only looks (tasks of high priority) overtakes what changes things and may take its time,
    /// but in turns: neither keeps the other waiting for ever.
    private struct Jobs {
        var looks: [UnownedJob] = []
        var others: [UnownedJob] = []
        var isStopped = false

        mutating func next() -> [UnownedJob] {
            var next: [UnownedJob] = []
            if !looks.isEmpty { next.append(looks.removeFirst()) }
            if !others.isEmpty { next.append(others.removeFirst()) }
            return next
        }
    }

    private let jobs = Mutex(Jobs())
    private let thread = Mutex<pthread_t?>(nil)
    private var handlers: [Int32: () -> Void] = [:]
    private var timers: [Timer] = []
    private var nextTimer: UInt64 = 1

    /// Makes the loop; its thread begins with `start`, and until then `watch` and `after` are the caller's.
    init() throws(ControlError) {
        wake = heddle_eventfd()
        guard wake >= 0 else { throw ControlError("cannot make an eventfd: \(ControlError.reason(-wake))") }
    }

    /// Starts the thread.
    func start() throws(ControlError) {
        var handle = pthread_t()
        // The thread owns a reference, which it gives back when it ends.
        let reference = Unmanaged.passRetained(self)
        let result = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let loop = Unmanaged<WiringLoop>.fromOpaque(argument).takeRetainedValue()
                loop.thread.withLock { $0 = pthread_self() }
                loop.run()
                return nil
            }, reference.toOpaque())
        guard result == 0 else {
            reference.release()
            throw ControlError("cannot start the wiring thread: \(ControlError.reason(result))")
        }
        pthread_detach(handle)
    }

    deinit {
        close(wake)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let isLook = job.priority.rawValue >= TaskPriority.high.rawValue
        let job = UnownedJob(job)
        jobs.withLock { jobs in
            if isLook {
                jobs.looks.append(job)
            } else {
                jobs.others.append(job)
            }
        }
        signal()
    }

    /// The runtime asks this where code says that it runs here without being a job: the handlers do.
    func checkIsolated() {
        precondition(isCurrent, "not on the wiring thread")
    }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }

    private var isCurrent: Bool {
        thread.withLock { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    /// Ends the thread after what is queued; for tests and a clean end.
    func stop() {
        jobs.withLock { $0.isStopped = true }
        signal()
    }

    /// Calls `handler` when `descriptor` can be read, or is broken, until `unwatch`.
    func watch(_ descriptor: Int32, _ handler: @escaping () -> Void) {
        handlers[descriptor] = handler
    }

    /// Ends `watch`; before the descriptor is closed.
    func unwatch(_ descriptor: Int32) {
        handlers[descriptor] = nil
    }

    /// Calls `action` once, after `delay`.
    @discardableResult
    func after(_ delay: Duration, _ action: @escaping () -> Void) -> UInt64 {
        let number = nextTimer
        nextTimer += 1
        timers.append(Timer(deadline: .now + delay, number: number, action: action))
        return number
    }

    /// Forgets a timer.
    func cancel(timer number: UInt64) {
        timers.removeAll { $0.number == number }
    }

    private func signal() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func run() {
        heddle_name_thread("heddle-wiring")
        while true {
            runJobs()
            if jobs.withLock({ $0.isStopped && $0.looks.isEmpty && $0.others.isEmpty }) { return }
            runTimers()
            wait()
        }
    }

    private func runJobs() {
        while true {
            let next = jobs.withLock { $0.next() }
            if next.isEmpty { return }
            for job in next { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    private func runTimers() {
        let now = ContinuousClock.now
        let due = timers.filter { $0.deadline <= now }.sorted { $0.deadline < $1.deadline }
        if due.isEmpty { return }
        timers.removeAll { $0.deadline <= now }
        for timer in due { timer.action() }
    }

    private func wait() {
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        descriptors += handlers.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var timeout: Int32 = -1
        if let next = timers.map(\.deadline).min() {
            // Rounded up, or the loop would spin through the last millisecond.
            let left = max(.zero, next - .now) / .milliseconds(1)
            timeout = Int32(min(left.rounded(.up), 60_000))
        }
        guard poll(&descriptors, nfds_t(descriptors.count), timeout) > 0 else { return }
        for entry in descriptors where entry.revents != 0 {
            if entry.fd == wake {
                var count: UInt64 = 0
                _ = read(wake, &count, 8)
            } else {
                // An earlier handler may have ended this watch.
                handlers[entry.fd]?()
            }
        }
    }
}
