import Glibc
import Testing

@testable import ControlPlane

/// Which of the control plane's jobs comes first.
struct WiringTurnTests {
    /// Does slow things on a loop's thread, and says how many are done.
    private actor Worker {
        nonisolated let loop: WiringLoop
        private var done = 0

        init(loop: WiringLoop) {
            self.loop = loop
        }

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func work() {
            usleep(20_000)
            done += 1
        }

        func look() -> Int { done }
    }

    @Test(
        "A look overtakes what waits, and looks without end don't keep others waiting",
        arguments: [(TaskPriority.medium, TaskPriority.high), (.high, .medium)])
    func turns(many: TaskPriority, one: TaskPriority) async throws {
        let loop = try WiringLoop()
        try loop.start()
        defer { loop.stop() }
        let worker = Worker(loop: loop)
        let tasks = (0..<50).map { _ in Task(priority: many) { await worker.work() } }
        usleep(100_000)
        let done = await Task(priority: one) { await worker.look() }.value
        // A second of work is queued; a tenth of it may have been done before.
        #expect(done <= 25, "\(done) of 50 came first")
        for task in tasks { await task.value }
        #expect(await worker.look() == 50)
    }
}
