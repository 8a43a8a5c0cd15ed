import Glibc
import Synchronization

/// The signals that a command reacts to which goes on until it is ended: noted when they come, and looked at between two
/// pictures or frames, so that the terminal and files are left whole.
struct TopSignals {
    /// A bit for each signal that has come.
    private static let arrived = Atomic<UInt32>(0)
    /// Where a handler writes, so that a wait ends.
    private static let alarm = Atomic<Int32>(-1)

    /// The other end of `alarm`; negative if there is no pipe to be had, and a signal is seen at the wait's end.
    private let bell: Int32

    /// From here on, for the whole process. `interruptsCalls`: a call that waits ends with EINTR; else it goes on.
    init(_ signals: [Int32] = [SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH], interruptsCalls: Bool = false) {
        var ends: [Int32] = [-1, -1]
        let status = pipe(&ends)
        bell = status == 0 ? ends[0] : -1
        if status == 0 {
            // A full pipe has woken the wait already.
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            TopSignals.alarm.store(ends[1], ordering: .relaxed)
        }
        TopSignals.arrived.store(0, ordering: .relaxed)
        var watched = sigset_t()
        sigemptyset(&watched)
        for signal in signals {
            sigaddset(&watched, signal)
            var action = sigaction()
            // Where calls go on, only a wait ends.
            action.sa_flags = interruptsCalls ? 0 : SA_RESTART
            action.__sigaction_handler.sa_handler = { number in
                let before = errno
                TopSignals.arrived.bitwiseOr(1 << UInt32(number), ordering: .relaxed)
                var byte: UInt8 = 0
                _ = write(TopSignals.alarm.load(ordering: .relaxed), &byte, 1)
                errno = before
            }
            sigaction(signal, &action, nil)
        }
        // A mask is inherited: who started this may have held them back.
        pthread_sigmask(SIG_UNBLOCK, &watched, nil)
    }

    /// Waits until there is something to read, a signal comes, or `instant` is there. True if there is something to read
    /// (or the other side has gone, which a read then tells). A negative `descriptor` is not waited for.
    func wait(for descriptor: Int32, until instant: ContinuousClock.Instant) -> Bool {
        let left = max(.zero, ContinuousClock.now.duration(to: instant))
        var places = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
        ]
        // Rounded up, so that the instant is there when it ends.
        guard poll(&places, 2, Int32(min(left / .milliseconds(1) + 1, 3_600_000))) > 0 else { return false }
        if places[1].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(bell, &bytes, bytes.count) > 0 {}
        }
        return places[0].revents != 0
    }

    /// Whether one of these has come and wasn't taken.
    static func hasArrived(_ signals: Int32...) -> Bool {
        let bits = signals.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        return TopSignals.arrived.load(ordering: .relaxed) & bits != 0
    }

    /// Whether one of these has come since it was last asked for.
    func take(_ signals: Int32...) -> Bool {
        let bits = signals.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        return TopSignals.arrived.bitwiseAnd(~bits, ordering: .relaxed).oldValue & bits != 0
    }
}
