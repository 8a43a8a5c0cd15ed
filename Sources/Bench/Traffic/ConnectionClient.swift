import CLinux
import Glibc
import SystemPackage

/// Keeps some connections under way, each in a slot that takes the next one when it is through.
struct ConnectionClient {
    /// One connection.
    private struct Slot {
        /// -1: none; the slot is filled again in a moment.
        var descriptor: Int32 = -1
        var hasAsked = false
        var begunAt: UInt64 = 0
    }

    private let load: ConnectionLoad
    private let place: SocketPlace
    private let events: EventQueue
    private var slots: [Slot]
    private var outcome = ConnectionLoad.Outcome()

    /// How often slots are looked through for what is too slow, and filled after a failure: one that fails at once is
    /// not begun again at once.
    private static let sweep: UInt64 = 10_000_000
    private static let patience = UInt64(ConnectionLoad.patienceSeconds) * 1_000_000_000

    init(_ load: ConnectionLoad, to place: SocketPlace) throws {
        self.load = load
        self.place = place
        events = try EventQueue()
        slots = Array(repeating: Slot(), count: load.inFlight)
    }

    /// Goes on until the time is over. In the namespace from which to connect.
    func run() throws -> ConnectionLoad.Outcome {
        var running = self
        return try running.work()
    }

    private mutating func work() throws -> ConnectionLoad.Outcome {
        let start = MachineClock.now
        let deadline = start + MachineClock.nanoseconds(load.seconds)
        defer { for slot in slots where slot.descriptor >= 0 { close(slot.descriptor) } }
        var now = start
        var nextSweep = start
        while now < deadline {
            if now >= nextSweep {
                try sweepSlots(now)
                nextSweep = now + Self.sweep
            }
            for index in 0..<events.wait(milliseconds: 10) {
                try serve(index, now)
            }
            now = MachineClock.now
        }
        outcome.seconds = Double(now - start) / 1e9
        return outcome
    }

    private mutating func sweepSlots(_ now: UInt64) throws {
        for index in slots.indices {
            if slots[index].descriptor < 0 {
                try begin(index, now)
            } else if now - slots[index].begunAt > Self.patience {
                end(index, error: ETIMEDOUT)
            }
        }
    }

    private mutating func begin(_ index: Int, _ now: UInt64) throws {
        do throws(Errno) {
            slots[index].descriptor = try InternetSocket.beginConnecting(to: place)
        } catch {
            outcome.fail(error.rawValue)
            return
        }
        slots[index].hasAsked = false
        slots[index].begunAt = now
        // By edges: one when it can be written to, one when the answer is there.
        try events.add(slots[index].descriptor, EPOLLIN, EPOLLOUT, EPOLLET, key: UInt64(index))
    }

    private mutating func end(_ index: Int, error: Int32) {
        close(slots[index].descriptor)
        slots[index].descriptor = -1
        outcome.fail(error)
    }

    /// What an event means: connected, answered, or over.
    private mutating func serve(_ event: Int, _ now: UInt64) throws {
        let index = Int(events.key(event))
        let descriptor = slots[index].descriptor
        guard descriptor >= 0 else { return }
        var byte: UInt8 = 0x5A
        if !slots[index].hasAsked {
            let error = InternetSocket.pendingError(of: descriptor)
            guard error == 0 else { return end(index, error: error) }
            guard events.has(event, EPOLLOUT) else { return }
            guard send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { return end(index, error: errno) }
            slots[index].hasAsked = true
            return
        }
        let count = recv(descriptor, &byte, 1, 0)
        if count < 0, errno == EAGAIN { return }
        guard count == 1 else { return end(index, error: count == 0 ? ECONNRESET : errno) }
        outcome.completed += 1
        close(descriptor)
        slots[index].descriptor = -1
        try begin(index, now)
    }
}
