import CLinux
import Glibc
import Synchronization
package import SystemPackage

/// Between the control thread and one worker: one command at a time, and events. The worker looks inside only after its
/// eventfd woke it, so nothing here is on a frame's path.
package final class Mailbox: Sendable {
    private struct State {
        var command: WorkerCommand?
        var result: Int32?
        var events: [WorkerEvent] = []
    }

    private let state = Mutex(State())
    /// Wakes the worker.
    package let waker: Int32
    /// Wakes the control thread when a command is done.
    private let done: Int32
    /// Becomes readable when there are events; the control thread's.
    let eventSignal: Int32

    /// Makes the mailbox; `eventSignal` is an eventfd that stays the caller's.
    package init(eventSignal: Int32) throws(Errno) {
        let waker = heddle_eventfd()
        guard waker >= 0 else { throw Errno(rawValue: -waker) }
        let done = heddle_eventfd()
        guard done >= 0 else {
            close(waker)
            throw Errno(rawValue: -done)
        }
        self.waker = waker
        self.done = done
        self.eventSignal = eventSignal
    }

    deinit {
        close(waker)
        close(done)
    }

    /// Control thread: has the worker do something and waits until it is done. ETIMEDOUT after 5 s: the worker hangs.
    func perform(_ command: WorkerCommand) -> Int32 {
        state.withLock { state in
            state.command = command
            state.result = nil
        }
        Self.signal(waker)
        var descriptor = pollfd(fd: done, events: Int16(POLLIN), revents: 0)
        while poll(&descriptor, 1, 5_000) < 0, errno == EINTR {}
        var count: UInt64 = 0
        _ = read(done, &count, 8)
        return state.withLock { $0.result } ?? ETIMEDOUT
    }

    /// Worker: the command that waits, once.
    func takeCommand() -> WorkerCommand? {
        state.withLock { state in
            let command = state.command
            state.command = nil
            return command
        }
    }

    /// Worker: the command is done.
    func complete(_ result: Int32) {
        state.withLock { $0.result = result }
        Self.signal(done)
    }

    /// Worker: something happened.
    func post(_ event: WorkerEvent) {
        state.withLock { $0.events.append(event) }
        Self.signal(eventSignal)
    }

    /// Control thread: what happened since the last call.
    func takeEvents() -> [WorkerEvent] {
        state.withLock { state in
            let events = state.events
            state.events = []
            return events
        }
    }

    private static func signal(_ descriptor: Int32) {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }
}
