import Addresses
import CLinux
import Glibc
import Logging
import Synchronization

/// The UDP half of the relay: a connected socket for each client, so that the endpoint's answers find their way back, from
/// the address that the client spoke to. One thread; NIO's datagram channels can't choose that address on a socket of
/// both families.
final class DatagramRelay: Sendable {
    /// The descriptor that ends the thread's wait has this token; ports and clients have others.
    private static let wakerToken: UInt64 = 0
    /// Events that are taken at once.
    private static let eventCapacity = 64
    /// The longest wait, so that idle clients are found.
    private static let longestWait = Duration.seconds(5)

    private let epoll: Int32
    private let waker: Int32
    private let idle: Duration
    private let state: Mutex<DatagramState>
    private let thread: RelayThread

    /// Starts the thread.
    init(limits: RelayLimits, log: Logger) throws(RelayError) {
        let epoll = heddle_epoll_create()
        let waker = heddle_eventfd()
        guard epoll >= 0, waker >= 0, heddle_epoll_add(epoll, waker, Self.wakerToken) == 0 else {
            for descriptor in [epoll, waker] where descriptor >= 0 { RelaySystem.close(descriptor) }
            throw RelayError(
                "cannot start the relay of datagrams: no descriptors are left; raise the limit of open files")
        }
        self.epoll = epoll
        self.waker = waker
        idle = limits.clientIdle
        state = Mutex(DatagramState(epoll: epoll, limits: limits, log: log))
        thread = RelayThread()
        guard thread.start(named: "heddle-relay", { [self] in run() }) else {
            RelaySystem.close(epoll)
            RelaySystem.close(waker)
            throw RelayError("cannot start the thread of the relay of datagrams")
        }
    }

    /// Clients that there are.
    var clientCount: Int { state.withLock { $0.clients.count } }

    /// Takes over bound sockets; `target` is the endpoint's port.
    func add(id: UInt32, _ ports: [(descriptor: Int32, target: UInt16)], target: IPAddress) {
        state.withLock { state in
            for port in ports { state.add(id: id, port.descriptor, target, port.target) }
        }
    }

    /// Ends a publish.
    func remove(id: UInt32) {
        state.withLock { $0.remove(id: id) }
    }

    /// Ends all, and the thread.
    func shutDown() {
        var one: UInt64 = 1
        state.withLock { state in
            guard !state.isEnding else { return }
            state.isEnding = true
            state.removeAll()
            _ = write(waker, &one, 8)
        }
        guard thread.join() else { return }
        RelaySystem.close(epoll)
        RelaySystem.close(waker)
    }

    private func run() {
        let wait = min(Self.longestWait, idle / 4)
        let nanoseconds = Int64(wait / .nanoseconds(1))
        let events = UnsafeMutableRawPointer.allocate(
            byteCount: Self.eventCapacity * heddle_epoll_event_size(), alignment: 8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 8)
        defer {
            events.deallocate()
            buffer.deallocate()
        }
        var nextSweep = heddle_monotonic_nanoseconds() + nanoseconds
        while true {
            let count = heddle_epoll_wait(epoll, events, Int32(Self.eventCapacity), nanoseconds)
            let now = heddle_monotonic_nanoseconds()
            let isEnding = state.withLock { state in
                if state.isEnding { return true }
                for index in 0..<max(0, count) { state.serve(heddle_epoll_data(events, index), buffer, now: now) }
                if now >= nextSweep {
                    state.forgetIdle(now: now)
                    nextSweep = now + nanoseconds
                }
                return false
            }
            if isEnding { return }
        }
    }
}
