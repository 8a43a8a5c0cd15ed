package import Addresses

/// `ping -f`, where it is installed.
package enum FloodPing {
    /// What ping's last line says, microseconds.
    package struct Outcome: Sendable, Hashable {
        /// The shortest round trip.
        package var minimum: Double
        /// The arithmetic mean.
        package var average: Double
        /// The longest.
        package var maximum: Double
    }

    /// The arguments for a flood of `count` questions that lasts at most `seconds`.
    package static func arguments(to address: IPv4Address, count: Int, seconds: Double) -> [String] {
        ["-f", "-q", "-n", "-c", "\(count)", "-w", "\(max(1, Int(seconds.rounded(.up))))", "\(address)"]
    }

    /// Reads "rtt min/avg/max/mdev = 0.005/0.007/0.123/0.002 ms" (iputils) or "round-trip min/avg/max = …" (busybox).
    package static func parse(_ output: String) -> Outcome? {
        for line in output.split(separator: "\n") where line.contains("min/avg/max") {
            guard let figures = line.split(separator: "=").last?.split(separator: " ").first else { continue }
            let milliseconds = figures.split(separator: "/").compactMap { Double($0) }
            guard milliseconds.count >= 3 else { continue }
            return Outcome(
                minimum: milliseconds[0] * 1_000, average: milliseconds[1] * 1_000, maximum: milliseconds[2] * 1_000)
        }
        return nil
    }
}
