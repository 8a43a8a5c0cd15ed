import Capture
import Glibc

/// A captured frame as a line, or as JSON.
struct CaptureLine: Encodable {
    /// Of the port.
    var port: String
    /// in or out.
    var direction: String
    /// Seconds since 1970, as a text with nine decimals: a number would lose the last ones.
    var time: String
    /// Bytes on the way.
    var length: Int
    /// As tcpdump would say it.
    var summary: String
    /// What became of it.
    var verdict: String

    init(_ packet: PcapngWriter.Packet, port: String) {
        self.port = port
        direction = packet.direction == .out ? "out" : "in"
        time = Self.seconds(packet.time)
        length = Int(packet.length)
        summary = FrameSummary(packet.bytes, length: length).description
        verdict = packet.comment
    }

    /// `12:34:56.123456 eth0@web in  IP …`
    func text(_ packet: PcapngWriter.Packet) -> String {
        let way = direction == "in" ? "in " : "out"
        return Self.clock(packet.time) + " \(port) \(way) \(summary)" + (verdict.isEmpty ? "" : " [\(verdict)]")
    }

    /// Seconds since 1970, with nine decimals.
    static func seconds(_ time: UInt64) -> String {
        "\(time / 1_000_000_000)." + padded(time % 1_000_000_000, 9)
    }

    /// The time of day here, in microseconds.
    static func clock(_ time: UInt64) -> String {
        var seconds = time_t(time / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        let day = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(UInt64(max($0, 0)), 2) }
        return day.joined(separator: ":") + "." + padded(time % 1_000_000_000 / 1_000, 6)
    }

    private static func padded(_ number: UInt64, _ digits: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}
