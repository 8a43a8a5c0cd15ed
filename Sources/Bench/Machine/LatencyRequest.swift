import Glibc

/// What programs ask of the idle loop by /dev/cpu_dma_latency. A switch that holds the processors awake while it has
/// traffic may do so for a moment longer: the next subject must not profit from that.
struct LatencyRequest: Sendable {
    /// The wish in force before anything was measured, microseconds; nil where there is no such device.
    private let baseline: Int32?

    /// Remembers the wish in force.
    init() {
        baseline = Self.current()
    }

    /// Waits until the wish in force is what it was at first; false if it still isn't after `seconds`.
    func waitUntilLapsed(seconds: Double = 5) -> Bool {
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        while let baseline, let current = Self.current(), current < baseline {
            guard MachineClock.now < deadline else { return false }
            MachineClock.sleep(seconds: 0.02)
        }
        return true
    }

    /// Reading gives the strictest wish of all (kernel: Documentation/power/pm_qos_interface.rst).
    private static func current() -> Int32? {
        let descriptor = open("/dev/cpu_dma_latency", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var value: Int32 = 0
        return read(descriptor, &value, 4) == 4 ? value : nil
    }
}
