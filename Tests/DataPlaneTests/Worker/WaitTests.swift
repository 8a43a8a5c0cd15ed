import CLinux
import Glibc
import Testing

@testable import DataPlane

@Suite("Waiting")
struct WaitTests {
    private static let millisecond: Int64 = 1_000_000

    @Test("what is looked for before the thread sleeps is part of the timeout", arguments: IOChoice.available)
    func spin(io: IOChoice) throws {
        let signal = heddle_eventfd()
        let mailbox = try Mailbox(eventSignal: signal)
        defer { close(signal) }
        var shortest = Int64.max
        // The shortest of a few: the machine may be busy.
        for _ in 0..<5 {
            let took: Int64
            if io == .epoll {
                var epoll = try EpollIO(slotCount: 8, waker: mailbox.waker)
                let begin = monotonicNanoseconds()
                epoll.wait(timeout: 60 * Self.millisecond, spin: 40 * Self.millisecond)
                took = monotonicNanoseconds() - begin
            } else {
                var ring = try RingIO(slotCount: 8, waker: mailbox.waker)
                let begin = monotonicNanoseconds()
                ring.wait(timeout: 60 * Self.millisecond, spin: 40 * Self.millisecond)
                took = monotonicNanoseconds() - begin
            }
            #expect(took >= 39 * Self.millisecond)
            shortest = min(shortest, took)
        }
        #expect(shortest < 90 * Self.millisecond, "\(shortest) ns")
    }

    @Test("what is left of a timeout")
    func rest() {
        #expect(remaining(of: -1, after: 5) == -1)
        #expect(remaining(of: 0, after: 5) == 0 && remaining(of: 5, after: 5) == 0)
        #expect(remaining(of: 7, after: 5) == 2)
    }
}
