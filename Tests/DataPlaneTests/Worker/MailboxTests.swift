import CLinux
import DataPlane
import Glibc
import Synchronization
import Testing

@Suite("Between control thread and worker")
struct MailboxTests {
    /// Goes its rounds on a thread until it is told to stop.
    private final class Runner: @unchecked Sendable {
        // Sendable: after the start the worker is its thread's alone.
        let rig: ScriptedWorker
        private var thread = pthread_t()

        init(_ rig: ScriptedWorker) throws {
            self.rig = rig
            let context = Unmanaged.passRetained(self)
            let failure = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Runner>.fromOpaque(argument).takeRetainedValue().rig.run()
                    return nil
                }, context.toOpaque())
            try #require(failure == 0)
        }

        func join() {
            pthread_join(thread, nil)
        }
    }

    @Test("a command is answered by the running worker; the last one when all is let go of")
    func running() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        let rig = try ScriptedWorker(ports: [1, 2], latency: ends[1])
        // With traffic a moment ago it holds the latency.
        rig.clock = heddle_monotonic_nanoseconds()
        _ = rig.put(TestFrames.plain(), into: 1)
        let runner = try Runner(rig)
        #expect(rig.mailbox.perform(.setDomain(DomainConfiguration(id: 9))) == 0)
        #expect(rig.mailbox.perform(.removePort(77)) == ENOENT)
        #expect(rig.mailbox.perform(.inject(port: 2, frame: TestFrames.plain())) == 0)
        #expect(rig.mailbox.perform(.stop) == 0)
        runner.join()
        // When the answer was there, what it held had been let go.
        var wishes: [Int32] = [-1, -1, -1, -1]
        let count = read(ends[0], &wishes, 16)
        #expect(count >= 8 && count % 8 == 0)
        #expect(wishes[count / 4 - 1] == 2_000_000_000)
    }

    @Test("what was said of a port that has been removed is not taken for its successor's")
    func discarded() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        rig.device.deliver(.ended(port: 1, error: EBADFD), .ended(port: 2, error: EBADFD))
        rig.step()
        #expect(rig.perform(.removePort(1)) == 0)
        rig.mailbox.discardEvents(port: 1)
        try rig.addPort(1)
        #expect(rig.mailbox.takeEvents() == [WorkerEvent.portGone(port: 2, error: EBADFD)])
        rig.expectSound()
    }

    @Test("an answer is given once, and belongs to its command")
    func once() throws {
        let rig = try ScriptedWorker(ports: [1])
        #expect(rig.perform(.removePort(5)) == ENOENT)
        #expect(rig.mailbox.takeResult() == nil)
        // Nobody took the first one's answer.
        rig.mailbox.submit(.removePort(5))
        rig.step()
        rig.mailbox.submit(.setDomain(DomainConfiguration(id: 2)))
        #expect(rig.mailbox.takeResult() == nil)
        rig.step()
        #expect(rig.mailbox.takeResult() == 0)
    }
}
