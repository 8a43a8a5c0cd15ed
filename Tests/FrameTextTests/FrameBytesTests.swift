import Addresses
import Capture
import Foundation
import Testing

@testable import FrameText

/// Frames that are made, held against tshark, which computes every checksum itself.
struct FrameBytesTests {
    private static let source = MACAddress(value: 0x0200_0A00_0001)
    private static let destination = MACAddress(value: 0x0200_0A00_0002)

    private static func frame(_ text: String) throws -> [UInt8] {
        guard case .description(let description) = try FrameText(parsing: text) else { return [] }
        let address = description.family.map {
            $0 == .v4 ? IPAddress.v4(IPv4Address(10, 0, 0, 1)) : .v6(IPv6Address(high: 0xFD00 << 48, low: 1))
        }
        return description.frame(
            sourceMAC: source, destinationMAC: description.groupMAC() ?? destination, source: address)
    }

    @Test func bytesOfAQuestion() throws {
        // RFC 826, byte for byte.
        #expect(
            try Self.frame("arp 10.0.0.2") == [
                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 10, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 10, 0, 0, 1,
                10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
            ])
        #expect(
            try Self.frame("ether > 02:00:0a:00:00:02 length 3 vlan 7").suffix(9) == [
                0x81, 0, 0, 7, 0x88, 0xB5, 0, 0, 0,
            ])
    }

    /// What is said, tshark's line of it, and lengths.
    private static let cases: [(text: String, info: String, length: Int)] = [
        ("tcp > 10.0.0.2:80", "49152 → 80 [SYN] Seq=0 Win=64240 Len=0", 54),
        (
            "tcp 10.0.0.9:1007 > 10.0.0.2:8999 flags F. length 9", "1007 → 8999 [FIN, ACK] Seq=1 Ack=1 Win=64240 Len=9",
            63
        ),
        ("udp > 10.0.0.2:9999 length 11 vlan 5", "49152 → 9999 Len=11", 57),
        ("icmp > 10.0.0.2 length 56 df", "Echo (ping) request  id=0x0001, seq=1/256, ttl=64", 98),
        ("icmp > 10.0.0.2 reply id 3", "Echo (ping) reply    id=0x0003, seq=1/256, ttl=64", 42),
        ("arp 10.0.0.2", "Who has 10.0.0.2? Tell 10.0.0.1", 42),
        ("tcp > [fd00::2]:443 flags R", "49152 → 443 [RST] Seq=1 Win=64240 Len=0", 74),
        ("udp [fd00::9]:1 > [fd00::2]:2 length 7", "1 → 2 Len=7", 69),
        ("icmp6 > fd00::2 length 5", "Echo (ping) request id=0x0001, seq=1, hop limit=64", 67),
        (
            "nd fd00::2", "Neighbor Solicitation for fd00::2 from 02:00:0a:00:00:01", 86
        ),
        ("nd fd00::2 tell ::", "Neighbor Solicitation for fd00::2", 78),
    ]

    @Test func tsharkFindsNothingWrong() async throws {
        var writer = PcapngWriter()
        writer.writeSection(application: "test")
        writer.write(PcapngWriter.Interface(name: "a"))
        for one in Self.cases {
            let frame = try Self.frame(one.text)
            #expect(frame.count == one.length, "\(one.text)")
            writer.write(
                PcapngWriter.Packet(interface: 0, time: 1, length: UInt32(frame.count), bytes: frame))
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "heddle-frames-\(UUID()).pcapng")
        try Data(writer.take()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let rows = try await Self.tshark(file.path)
        #expect(rows.count == Self.cases.count)
        for (row, one) in zip(rows, Self.cases) {
            #expect(row.first == one.info || row.first?.hasPrefix(one.info) == true, "\(one.text): \(row)")
            // 1: right; empty: there is none. Expert information would be a complaint, as "malformed" is.
            for status in row[1...5] { #expect(status.isEmpty || status == "1", "\(one.text): \(row)") }
            #expect(!row[6].lowercased().contains("malformed") && !row[6].contains("Bad"), "\(one.text): \(row)")
        }
    }

    private static func tshark(_ path: String) async throws -> [[String]] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/tshark")
        process.arguments =
            ["-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-o", "ip.check_checksum:TRUE"]
            + ["-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
            + [
                "_ws.col.Info", "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status",
                "icmp.checksum.status", "icmpv6.checksum.status", "_ws.expert.message",
            ].flatMap { ["-e", $0] }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Small enough to be read at once.
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func aUDPChecksumIsNeverZero() throws {
        // RFC 768: 0 says that there is none. One identifier in 65,536 makes it 0.
        var found = false
        for port in 0..<65_536 where !found {
            guard case .description(let description) = try FrameText(parsing: "udp 10.0.0.1:\(port) > 10.0.0.2:7")
            else { return }
            let frame = description.frame(sourceMAC: Self.source, destinationMAC: Self.destination, source: nil)
            #expect(frame[40] != 0 || frame[41] != 0)
            found = frame[40] == 0xFF && frame[41] == 0xFF
        }
        #expect(found)
    }
}
