import Glibc

/// The clocks, in nanoseconds.
enum MachineTime {
    /// The clock by which the kernel stamps packets.
    static var real: Int64 { read(CLOCK_REALTIME) }
    /// The clock to sleep by.
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    /// Sleeps until a time of the monotonic clock.
    static func sleep(until time: Int64) {
        var wake = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nil) == EINTR {}
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
