import CLinux
import Glibc

/// The kernel's clocks in nanoseconds, and sleeping by them.
package enum MachineClock {
    /// CLOCK_MONOTONIC: what probe frames carry and all durations are taken from.
    @inline(__always)
    package static var now: UInt64 {
        read(CLOCK_MONOTONIC)
    }

    /// CLOCK_REALTIME: what the kernel stamps arrivals with.
    @inline(__always)
    package static var realtime: UInt64 {
        read(CLOCK_REALTIME)
    }

    /// CLOCK_THREAD_CPUTIME_ID: how long the calling thread has run.
    package static var thread: UInt64 {
        read(CLOCK_THREAD_CPUTIME_ID)
    }

    /// Sleeps until CLOCK_MONOTONIC shows `deadline`; returns at once if it has passed.
    package static func sleep(until deadline: UInt64) {
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }

    /// Sleeps for some seconds.
    package static func sleep(seconds: Double) {
        sleep(until: now + nanoseconds(seconds))
    }

    /// Seconds as whole nanoseconds; what is negative is 0.
    package static func nanoseconds(_ seconds: Double) -> UInt64 {
        UInt64(max(0, seconds) * 1e9)
    }

    /// Lets the calling thread's sleeps end on time instead of up to 50 µs late.
    package static func wakeOnTime() {
        heddle_bench_wake_on_time()
    }

    @inline(__always)
    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
