import CLinux
import Glibc
import Synchronization
package import SystemPackage

/// Between the control thread and one worker: one command at a time, and events. The worker looks inside only after its
/// eventfd woke it, so nothing here is on a frame's path.
package final class Mailbox: Sendable {
    private struct State {
        var command: WorkerCommand?
        /// Counts commands: an answer that comes after its time is over is for nobody.
        var ticket: UInt64 = 0
        var result: Int32?
        var events: [WorkerEvent] = []
    }

    private let state = Mutex(State())
    /// Wakes the worker.
    package let waker: Int32
    /// Wakes the control thread when a command is done.
    private let done: Int32
    /// Becomes readable when there are events; the control thread's.
    private let eventSignal: Int32

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
    package func perform(_ command: WorkerCommand) -> Int32 {
        submit(command)
        var descriptor = pollfd(fd: done, events: Int16(POLLIN), revents: 0)
        while poll(&descriptor, 1, 5_000) < 0, errno == EINTR {}
        return takeResult() ?? ETIMEDOUT
    }

    /// Control thread: has the worker do something. One command at a time: the next one only after `takeResult`.
    package func submit(_ command: WorkerCommand) {
        state.withLock { state in
            state.command = command
            state.ticket &+= 1
            state.result = nil
            Self.drain(done)
        }
        Self.signal(waker)
    }

    /// Control thread: what came of the last command, once; nil: it isn't done.
    package func takeResult() -> Int32? {
        state.withLock { state in
            let result = state.result
            state.result = nil
            return result
        }
    }

    /// Worker: the command that waits, once, and what to answer it by.
    func takeCommand() -> (command: WorkerCommand, ticket: UInt64)? {
        state.withLock { state in
            guard let command = state.command else { return nil }
            state.command = nil
            return (command, state.ticket)
        }
    }

    /// Worker: the command is done.
    func complete(_ ticket: UInt64, _ result: Int32) {
        state.withLock { state in
            guard state.ticket == ticket else { return }
            state.result = result
            Self.signal(done)
        }
    }

    /// Worker: something happened.
    func post(_ event: WorkerEvent) {
        state.withLock { $0.events.append(event) }
        Self.signal(eventSignal)
    }

    /// Control thread: what happened since the last call.
    package func takeEvents() -> [WorkerEvent] {
        state.withLock { state in
            let events = state.events
            state.events = []
            return events
        }
    }

    /// Control thread: a port was removed; what was said of it must not be taken for its successor's.
    package func discardEvents(port: UInt16) {
        state.withLock { state in
            state.events.removeAll { event in
                if case .portGone(port, _) = event { return true }
                return false
            }
        }
    }

    private static func drain(_ descriptor: Int32) {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    private static func signal(_ descriptor: Int32) {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }
}
