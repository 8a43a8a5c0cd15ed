// Offers: whether the real kernel can be used here and why not (`isRoot`, `reason`), the ways of I/O that it has
// (`IOChoice.onThisKernel`), waiting for a condition (`eventually`), and the parent of the suites that need the machine
// for themselves (`RealKernel`).

import CLinux
import DataPlane
import Glibc
import Testing

/// What tests need of the real kernel.
enum KernelLab {
    /// Whether namespaces and devices can be made here.
    static let isRoot = geteuid() == 0
    /// Said where tests are skipped.
    static let reason: Comment = "needs root: makes network namespaces and devices"

    /// Waits until `condition` holds, for at most so many seconds. Looks without a pause at first: most waits are short.
    static func eventually(within seconds: Double = 5, _ condition: () throws -> Bool) rethrows -> Bool {
        let start = heddle_monotonic_nanoseconds()
        while true {
            if try condition() { return true }
            let elapsed = heddle_monotonic_nanoseconds() - start
            if elapsed > Int64(seconds * 1e9) { return false }
            if elapsed < 200_000 { sched_yield() } else { usleep(200) }
        }
    }
}

/// The suites of the data plane on the real kernel, one test after the other: they count frames under full load, and some
/// measure processor time.
@Suite("Data plane on the real kernel", .serialized, .enabled(if: KernelLab.isRoot, KernelLab.reason))
enum RealKernel {}

extension IOChoice {
    /// The ways of I/O that can be had here.
    static let onThisKernel: [IOChoice] = {
        let waker = heddle_eventfd()
        defer { close(waker) }
        let hasRing = (try? RingIO(slotCount: 8, waker: waker)) != nil
        return hasRing ? [.uring, .epoll] : [.epoll]
    }()
}
