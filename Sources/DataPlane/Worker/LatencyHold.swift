import Glibc
import Synchronization

/// Keeps the processors from sleeping deeply while frames flow: a process that holds /dev/cpu_dma_latency open with the
/// value 0 (microseconds) has the idle loop poll, which takes some 30 µs of waking up out of each round trip
/// (kernel: Documentation/power/pm_qos_interface.rst). Shared by the workers of an engine.
package final class LatencyHold: Sendable {
    /// PM_QOS_CPU_LATENCY_DEFAULT_VALUE: no wish.
    private static let noWish: Int32 = 2_000_000_000

    private let descriptor: Int32
    private let holders = Atomic<Int>(0)

    /// Works on a descriptor that stays the caller's.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// One more worker has traffic.
    func hold() {
        guard holders.add(1, ordering: .relaxed).oldValue == 0 else { return }
        set(0)
    }

    /// One worker less has traffic.
    func release() {
        guard holders.subtract(1, ordering: .relaxed).newValue == 0 else { return }
        set(Self.noWish)
    }

    private func set(_ microseconds: Int32) {
        var value = microseconds
        // Where it is refused, waking up takes longer and nothing else happens.
        _ = write(descriptor, &value, 4)
    }
}
