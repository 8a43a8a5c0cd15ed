import CLinux
import DataPlane
import Glibc
import SystemPackage

/// The process of `RelaySubject`: two TAPs at descriptors 3 and 4, one ring, no lookup.
public enum Relay {
    /// The subcommand by which the bench starts it; users need not know it.
    public static let command = "bench-relay"

    private static let firstTap: Int32 = 3
    private static let secondTap: Int32 = 4

    /// Carries frames until SIGTERM; returns only if it cannot begin.
    public static func run() throws {
        // Where it is refused, waking up takes longer and nothing else happens.
        let latency = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC)
        defer { if latency >= 0 { close(latency) } }
        let waker = heddle_eventfd()
        guard waker >= 0 else { throw BenchError("cannot start the relay: \(Errno(rawValue: -waker))") }
        defer { close(waker) }
        do {
            var relay = try BareRelay(
                first: firstTap, second: secondTap, kind: .tap, waker: waker, latency: latency >= 0 ? latency : nil)
            relay.run()
        } catch {
            throw BenchError("cannot start the relay: \(error)", hint: "it needs Linux 6.7 or newer with io_uring on")
        }
    }
}
