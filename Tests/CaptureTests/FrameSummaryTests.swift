import Capture
import Testing

/// Frames in tcpdump's manner.
@Suite struct FrameSummaryTests {
    private static let addresses: [UInt8] = [2, 0, 10, 0, 0, 3, 2, 0, 10, 0, 0, 2]

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.filter { !$0.isWhitespace }.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }

    private static let cases: [(frame: String, line: String)] = [
        (
            "0800 4500 0054 0000 4000 4001 0000 0a000002 0a000003 0800 0000 1234 0007",
            "IP 10.0.0.2 > 10.0.0.3: ICMP echo request, id 4660, seq 7, length 64"
        ),
        (
            "0800 4500 0034 0000 4000 4006 0000 0a000002 0a000003 9c40 0050 00000001 00000000 8002 faf0 0000 0000",
            "IP 10.0.0.2.40000 > 10.0.0.3.80: Flags [S], seq 1, win 64240, length 0"
        ),
        (
            "0800 4500 0078 0000 4000 4006 0000 0a000002 0a000003 9c40 0050 00000001 00000002 5018 00e5 0000 0000",
            "IP 10.0.0.2.40000 > 10.0.0.3.80: Flags [P.], seq 1:81, ack 2, win 229, length 80"
        ),
        (
            "8100 6007 0800 4500 0024 0000 0000 4011 0000 0a000002 0a000003 0035 1000 0010 0000",
            "vlan 7, p 3, IP 10.0.0.2.53 > 10.0.0.3.4096: UDP, length 8"
        ),
        (
            "0806 0001 0800 06 04 0001 02000a000002 0a000002 000000000000 0a000003",
            "ARP, Request who-has 10.0.0.3 tell 10.0.0.2, length 28"
        ),
        (
            "0806 0001 0800 06 04 0002 02000a000003 0a000003 02000a000002 0a000002",
            "ARP, Reply 10.0.0.3 is-at 02:00:0a:00:00:03, length 28"
        ),
        (
            "86dd 60000000 0020 3a ff fd000000000000000000000000000002 ff0200000000000000000001ff000003 "
                + "87 00 0000 00000000 fd000000000000000000000000000003 0101 02000a000002",
            "IP6 fd00::2 > ff02::1:ff00:3: ICMP6, neighbor solicitation, who has fd00::3, length 32"
        ),
        (
            "86dd 60000000 0018 00 40 fd000000000000000000000000000002 fd000000000000000000000000000003 "
                + "11 00 0502 0000 0000 0035 1000 0010 0000 0000000000000000",
            "IP6 fd00::2.53 > fd00::3.4096: UDP, length 8"
        ),
        ("88b5 00", "02:00:0a:00:00:02 > 02:00:0a:00:00:03, ethertype 0x88b5, length 15"),
        ("0026 424203", "02:00:0a:00:00:02 > 02:00:0a:00:00:03, 802.3, length 17"),
        (
            "0800 4500 0068 0001 00b9 4011 0000 0a000002 0a000003",
            "IP 10.0.0.2 > 10.0.0.3: UDP fragment at 1480, length 84"
        ),
    ]

    @Test func linesAreTcpdumps() {
        for (frame, line) in Self.cases {
            let bytes = Self.addresses + Self.bytes(frame)
            #expect(FrameSummary(bytes, length: bytes.count).description == line)
        }
    }

    @Test func framesThatAreCutAreSummarised() {
        for (frame, _) in Self.cases {
            let bytes = Self.addresses + Self.bytes(frame)
            for count in 0...bytes.count {
                #expect(!FrameSummary(Array(bytes.prefix(count)), length: bytes.count).description.isEmpty)
            }
        }
    }
}
