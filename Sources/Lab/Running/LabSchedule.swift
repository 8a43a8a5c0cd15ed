import Glibc

/// Runs jobs on threads, each after those that it needs, as many at once as there are threads. Jobs may block.
final class LabSchedule: @unchecked Sendable {
    /// Something to do.
    struct Job {
        var key: String
        /// Keys of jobs before it; those that are no jobs don't matter.
        var needs: [String]
    }

    /// What became of the jobs.
    struct Outcome {
        var failed: Set<String> = []
        /// Needed one that failed.
        var skipped: Set<String> = []
    }

    // Everything below is used with `mutex` held, but for `body`, which does not change.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [String: Int] = [:]
    private var followers: [String: [String]] = [:]
    private var ready: [String] = []
    private var unfinished: Int
    private var running = 0
    private var outcome = Outcome()
    private let body: (String) -> Bool

    private init(_ jobs: [Job], body: @escaping (String) -> Bool) {
        self.body = body
        unfinished = jobs.count
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        let keys = Set(jobs.map(\.key))
        for job in jobs {
            let needs = Set(job.needs).intersection(keys).subtracting([job.key])
            for need in needs { followers[need, default: []].append(job.key) }
            if needs.isEmpty { ready.append(job.key) } else { waiting[job.key] = needs.count }
        }
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    /// Runs all jobs; `body` says whether one succeeded. Needs that go in a circle, as those of a record that has seen
    /// commands change places, hold nobody up for ever: one of the circle begins.
    static func run(_ jobs: [Job], threads count: Int, body: @escaping (String) -> Bool) -> Outcome {
        guard !jobs.isEmpty else { return Outcome() }
        let schedule = LabSchedule(jobs, body: body)
        var threads: [pthread_t] = []
        for _ in 0..<min(count, jobs.count) {
            var thread = pthread_t()
            // The thread holds a reference of its own, which it gives back.
            let context = Unmanaged.passRetained(schedule)
            let failure = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<LabSchedule>.fromOpaque(argument).takeRetainedValue().work()
                    return nil
                }, context.toOpaque())
            if failure == 0 { threads.append(thread) } else { context.release() }
        }
        // Without any other thread this one does it.
        if threads.isEmpty { schedule.work() }
        for thread in threads { pthread_join(thread, nil) }
        return schedule.outcome
    }

    private func work() {
        pthread_mutex_lock(mutex)
        while unfinished > 0 {
            if ready.isEmpty, running == 0, let first = waiting.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
                waiting[first.key] = nil
                ready.append(first.key)
            }
            guard !ready.isEmpty else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            let key = ready.removeFirst()
            running += 1
            let isSkipped = outcome.skipped.contains(key)
            pthread_mutex_unlock(mutex)
            let isDone = isSkipped ? false : body(key)
            pthread_mutex_lock(mutex)
            if !isDone, !isSkipped { outcome.failed.insert(key) }
            for follower in followers[key] ?? [] {
                if !isDone { outcome.skipped.insert(follower) }
                guard let count = waiting[follower] else { continue }
                waiting[follower] = count > 1 ? count - 1 : nil
                if count == 1 { ready.append(follower) }
            }
            unfinished -= 1
            running -= 1
            pthread_cond_broadcast(condition)
        }
        pthread_mutex_unlock(mutex)
    }
}
