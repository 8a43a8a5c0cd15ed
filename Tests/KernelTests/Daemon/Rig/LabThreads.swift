import Foundation

/// Threads that tests may block: a test of the daemon waits most of the time, and on Swift's own threads, of which there
/// is one for each processor, it would hold up every other test.
final class LabThreads: TaskExecutor, @unchecked Sendable {
    // Sendable: `jobs` is touched under the condition's lock only.
    static let shared = LabThreads(count: LabGate.slots * 2)

    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []

    private init(count: Int) {
        for _ in 0..<count { Thread.detachNewThread { [self] in run() } }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    private func run() {
        while true {
            let job = condition.withLock {
                while jobs.isEmpty { condition.wait() }
                return jobs.removeFirst()
            }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// A thread that works for a test until it is joined.
final class LabThread: Sendable {
    private let ended = DispatchSemaphore(value: 0)

    /// Starts it.
    init(_ body: @escaping @Sendable () -> Void) {
        let ended = ended
        Thread.detachNewThread {
            body()
            ended.signal()
        }
    }

    /// Waits for its end. Once.
    func join() {
        ended.wait()
    }
}
