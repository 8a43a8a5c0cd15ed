package import Addresses
import FoundationEssentials

/// iperf3, where it is installed.
package enum StreamTool {
    /// What a run showed.
    package struct Outcome: Sendable, Hashable {
        /// Gigabits (10^9) of payload a second, counted at the receiver.
        package var gigabits: Double
        /// Segments that the sender sent again; nil if iperf3 doesn't tell.
        package var retransmits: Int?
        /// Bytes that arrived.
        package var bytes: UInt64
    }

    /// The server's arguments: one client, then it leaves. Port 0: iperf3's own.
    package static func serverArguments(on address: IPv4Address, port: UInt16 = 0) -> [String] {
        ["-s", "-1", "-B", "\(address)", "--forceflush"] + portArguments(port)
    }

    /// What the server prints when a client may come.
    package static let serverReady = "Server listening"

    /// The client's arguments. Reversed, the server sends.
    package static func clientArguments(
        to address: IPv4Address, port: UInt16 = 0, streams: Int, seconds: Double, isReversed: Bool = false
    ) -> [String] {
        ["-c", "\(address)", "-P", "\(streams)", "-t", "\(max(1, Int(seconds.rounded())))", "-J"]
            + ["--connect-timeout", "3000"] + portArguments(port) + (isReversed ? ["-R"] : [])
    }

    private static func portArguments(_ port: UInt16) -> [String] { port == 0 ? [] : ["-p", "\(port)"] }

    /// Reads what `iperf3 -J` prints.
    package static func parse(_ output: String) throws -> Outcome {
        let report: Report
        do {
            report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
        } catch {
            throw BenchError("iperf3 printed something that isn't its JSON: \(output.prefix(200))")
        }
        if let error = report.error { throw BenchError("iperf3: \(error)") }
        guard let end = report.end, let received = end.received else {
            throw BenchError("iperf3 reported no throughput")
        }
        return Outcome(
            gigabits: received.bitsPerSecond / 1e9, retransmits: end.sent?.retransmits, bytes: UInt64(received.bytes))
    }

    private struct Report: Decodable {
        var end: End?
        var error: String?
    }

    private struct End: Decodable {
        var sent: Sum?
        var received: Sum?

        enum CodingKeys: String, CodingKey {
            case sent = "sum_sent"
            case received = "sum_received"
        }
    }

    private struct Sum: Decodable {
        var bytes: Double
        var bitsPerSecond: Double
        var retransmits: Int?

        enum CodingKeys: String, CodingKey {
            case bytes
            case bitsPerSecond = "bits_per_second"
            case retransmits
        }
    }
}
