import DataPlane
import Testing

/// A header in front of a frame, and what must come of it.
struct HeaderCase: CustomTestStringConvertible, Sendable {
    var name: String
    var header: [UInt8]
    var frame: [UInt8]
    var reason: DropReason
    /// The header afterwards; nil: as it was.
    var canonical: [UInt8]?

    init(_ name: String, _ header: [UInt8], _ frame: [UInt8], _ reason: DropReason, becomes canonical: [UInt8]? = nil) {
        self.name = name
        self.header = header
        self.frame = frame
        self.reason = reason
        self.canonical = canonical
    }

    var testDescription: String { name }
}

private typealias Make = TestFrames

private let tcp4 = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(headerWords: 8, payload: 3000)))
private let tcp4Tagged = Make.ethernet(
    tags: Make.tag(5), type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(payload: 3000)))
private let tcp4Nested = Make.ethernet(
    tags: Make.tag(5, tpid: 0x88A8) + Make.tag(6), type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(payload: 3000)))
private let tcp4Options = Make.ethernet(
    type: 0x0800, Make.ipv4(protocol: 6, options: [1, 1, 1, 0], Make.tcp(payload: 3000)))
private let tcp6 = Make.ethernet(type: 0x86DD, Make.ipv6(from: 1, next: 6, Make.tcp(payload: 3000)))
private let tcp6Extended = Make.ethernet(
    type: 0x86DD, Make.ipv6(from: 1, next: 60, [6, 0, 1, 4, 0, 0, 0, 0] + Make.tcp(payload: 3000)))
private let udp4 = Make.ethernet(
    type: 0x0800, Make.ipv4(protocol: 17, Make.udp(payload: [UInt8](repeating: 1, count: 3000))))
private let udp6 = Make.ethernet(
    type: 0x86DD, Make.ipv6(from: 1, next: 17, Make.udp(payload: [UInt8](repeating: 1, count: 3000))))
/// As many datagrams of 24 bytes as there may be, and one byte more.
private let udpMost = Make.ethernet(
    type: 0x0800, Make.ipv4(protocol: 17, Make.udp(payload: [UInt8](repeating: 1, count: 128 * 24))))
private let udpMore = udpMost + [1]
private let arp = Make.ethernet(type: 0x0806, Make.arp(operation: 1, senderIP: 1, targetIP: 2))
private let icmp = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 1, [UInt8](repeating: 8, count: 3000)))
/// VXLAN with an inner Ethernet, IPv4 and TCP header: the inner TCP header begins at 14 + 20 + 8 + 8 + 14 + 20.
private let vxlan = Make.ethernet(
    type: 0x0800,
    Make.ipv4(
        protocol: 17,
        Make.udp(
            to: 4789,
            payload: [8, 0, 0, 0, 0, 0, 1, 0]
                + Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(payload: 3000))))))
private let ipip = Make.ethernet(
    type: 0x0800, Make.ipv4(protocol: 4, Make.ipv4(protocol: 6, Make.tcp(payload: 3000))))
private let plain = Make.plain()

private let accepted: [HeaderCase] = [
    HeaderCase("ordinary", Make.vnet(), plain, .none),
    HeaderCase("data valid", Make.vnet(flags: 2), plain, .none),
    HeaderCase("csum_offset is not looked at", Make.vnet(offset: 65535), plain, .none),
    HeaderCase("hdr_len without meaning", Make.vnet(headerLength: 65535), plain, .none, becomes: Make.vnet()),
    HeaderCase(
        "all fields without meaning", Make.vnet(flags: 2, headerLength: 1, segment: 2, start: 3, offset: 4), plain,
        .none, becomes: Make.vnet(flags: 2)),
    HeaderCase("unknown flags", Make.vnet(flags: 0xFC, start: 9), plain, .none, becomes: Make.vnet()),
    HeaderCase(
        "partial checksum TCP4", Make.vnet(flags: 1, start: 34, offset: 16), tcp4, .none),
    HeaderCase(
        "both flags", Make.vnet(flags: 3, headerLength: 65535, segment: 9, start: 34, offset: 16), tcp4, .none,
        becomes: Make.vnet(flags: 1, start: 34, offset: 16)),
    HeaderCase("partial checksum UDP6", Make.vnet(flags: 1, start: 54, offset: 6), udp6, .none),
    HeaderCase("partial checksum ICMP", Make.vnet(flags: 1, start: 34, offset: 2), icmp, .none),
    HeaderCase("partial checksum in a tunnel", Make.vnet(flags: 1, start: 84, offset: 16), vxlan, .none),
    HeaderCase("partial checksum in PPPoE", Make.vnet(flags: 1, start: 42, offset: 16), plain, .none),
    HeaderCase(
        "TSO4, hdr_len 0", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16), tcp4, .none,
        becomes: Make.vnet(flags: 1, type: 1, headerLength: 66, segment: 1448, start: 34, offset: 16)),
    HeaderCase(
        "TSO4, hdr_len 65535",
        Make.vnet(flags: 1, type: 1, headerLength: 65535, segment: 1448, start: 34, offset: 16), tcp4, .none,
        becomes: Make.vnet(flags: 1, type: 1, headerLength: 66, segment: 1448, start: 34, offset: 16)),
    HeaderCase(
        "TSO4 with ECN", Make.vnet(flags: 1, type: 0x81, segment: 48, start: 34, offset: 16), tcp4, .none,
        becomes: Make.vnet(flags: 1, type: 0x81, headerLength: 66, segment: 48, start: 34, offset: 16)),
    HeaderCase(
        "TSO4 with a tag", Make.vnet(flags: 1, type: 1, segment: 1448, start: 38, offset: 16), tcp4Tagged, .none,
        becomes: Make.vnet(flags: 1, type: 1, headerLength: 58, segment: 1448, start: 38, offset: 16)),
    HeaderCase(
        "TSO4 with two tags", Make.vnet(flags: 1, type: 1, segment: 1448, start: 42, offset: 16), tcp4Nested, .none,
        becomes: Make.vnet(flags: 1, type: 1, headerLength: 62, segment: 1448, start: 42, offset: 16)),
    HeaderCase(
        "TSO4 with IP options", Make.vnet(flags: 1, type: 1, segment: 1448, start: 38, offset: 16), tcp4Options,
        .none, becomes: Make.vnet(flags: 1, type: 1, headerLength: 58, segment: 1448, start: 38, offset: 16)),
    HeaderCase(
        "TSO6", Make.vnet(flags: 1, type: 4, segment: 1428, start: 54, offset: 16), tcp6, .none,
        becomes: Make.vnet(flags: 1, type: 4, headerLength: 74, segment: 1428, start: 54, offset: 16)),
    HeaderCase(
        "TSO6 behind an extension header", Make.vnet(flags: 1, type: 4, segment: 1428, start: 62, offset: 16),
        tcp6Extended, .none,
        becomes: Make.vnet(flags: 1, type: 4, headerLength: 82, segment: 1428, start: 62, offset: 16)),
    HeaderCase(
        "USO4", Make.vnet(flags: 1, type: 5, segment: 1200, start: 34, offset: 6), udp4, .none,
        becomes: Make.vnet(flags: 1, type: 5, headerLength: 42, segment: 1200, start: 34, offset: 6)),
    HeaderCase(
        "USO4 with 128 datagrams", Make.vnet(flags: 1, type: 5, segment: 24, start: 34, offset: 6), udpMost, .none,
        becomes: Make.vnet(flags: 1, type: 5, headerLength: 42, segment: 24, start: 34, offset: 6)),
    HeaderCase(
        "USO6", Make.vnet(flags: 1, type: 5, segment: 24, start: 54, offset: 6), udp6, .none,
        becomes: Make.vnet(flags: 1, type: 5, headerLength: 62, segment: 24, start: 54, offset: 6)),
]

private let refused: [HeaderCase] = [
    HeaderCase("type 2", Make.vnet(flags: 1, type: 2, segment: 1448, start: 34, offset: 16), tcp4, .vnetGSOType),
    HeaderCase("UFO", Make.vnet(flags: 1, type: 3, segment: 1448, start: 34, offset: 6), udp4, .vnetGSOType),
    HeaderCase("type 6", Make.vnet(flags: 1, type: 6, segment: 1448, start: 34, offset: 16), tcp4, .vnetGSOType),
    HeaderCase("type 6 without checksum", Make.vnet(type: 6, segment: 1448), tcp4, .vnetGSOType),
    HeaderCase("ECN alone", Make.vnet(flags: 1, type: 0x80, start: 34, offset: 16), tcp4, .vnetGSOType),
    HeaderCase(
        "USO with ECN", Make.vnet(flags: 1, type: 0x85, segment: 1200, start: 34, offset: 6), udp4, .vnetGSOType),
    HeaderCase(
        "tunnel bit v4", Make.vnet(flags: 1, type: 0x21, segment: 1448, start: 84, offset: 16), vxlan, .vnetTunnel),
    HeaderCase(
        "tunnel bit v6", Make.vnet(flags: 1, type: 0x41, segment: 1448, start: 84, offset: 16), vxlan, .vnetTunnel),
    HeaderCase("tunnel bits alone", Make.vnet(type: 0x60), plain, .vnetTunnel),
    HeaderCase(
        "super-frame in VXLAN", Make.vnet(flags: 1, type: 1, segment: 1448, start: 84, offset: 16), vxlan, .vnetTunnel),
    HeaderCase(
        "super-frame in IPIP", Make.vnet(flags: 1, type: 1, segment: 1448, start: 54, offset: 16), ipip, .vnetTunnel),
    HeaderCase("gso_size 0", Make.vnet(flags: 1, type: 1, segment: 0, start: 34, offset: 16), tcp4, .vnetGSOSize),
    HeaderCase("gso_size 1", Make.vnet(flags: 1, type: 1, segment: 1, start: 34, offset: 16), tcp4, .vnetGSOSize),
    HeaderCase("gso_size 47", Make.vnet(flags: 1, type: 4, segment: 47, start: 54, offset: 16), tcp6, .vnetGSOSize),
    HeaderCase(
        "gso_size 65535", Make.vnet(flags: 1, type: 1, segment: 65535, start: 34, offset: 16), tcp4, .vnetGSOSize),
    HeaderCase("USO gso_size 0", Make.vnet(flags: 1, type: 5, segment: 0, start: 34, offset: 6), udp4, .vnetGSOSize),
    HeaderCase(
        "USO with 129 datagrams", Make.vnet(flags: 1, type: 5, segment: 24, start: 34, offset: 6), udpMore, .vnetGSOSize
    ),
    HeaderCase(
        "TSO4 on IPv6", Make.vnet(flags: 1, type: 1, segment: 1448, start: 54, offset: 16), tcp6, .vnetGSOProtocol),
    HeaderCase(
        "TSO6 on IPv4", Make.vnet(flags: 1, type: 4, segment: 1448, start: 34, offset: 16), tcp4, .vnetGSOProtocol),
    HeaderCase(
        "TSO4 on UDP", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16), udp4, .vnetGSOProtocol),
    HeaderCase("USO on TCP", Make.vnet(flags: 1, type: 5, segment: 1448, start: 34, offset: 6), tcp4, .vnetGSOProtocol),
    HeaderCase(
        "TSO4 on ICMP", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16), icmp, .vnetGSOProtocol),
    HeaderCase(
        "TSO4 on ARP", Make.vnet(flags: 1, type: 1, segment: 1448, start: 20, offset: 16), arp, .vnetGSOProtocol),
    HeaderCase(
        "TSO4 on a first fragment", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
        Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, fragment: 0x2000, Make.tcp(payload: 99))), .vnetGSOProtocol),
    HeaderCase(
        "TSO4 on a last fragment", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
        Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, fragment: 0x0100, Make.tcp(payload: 99))), .vnetGSOProtocol),
    HeaderCase(
        "TSO6 on a fragment", Make.vnet(flags: 1, type: 4, segment: 1448, start: 62, offset: 16),
        Make.ethernet(
            type: 0x86DD, Make.ipv6(from: 1, next: 44, [6, 0, 0, 1, 0, 0, 0, 9] + Make.tcp(payload: 99))),
        .vnetGSOProtocol),
    HeaderCase(
        "TCP header cut", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
        Array(tcp4.prefix(53)), .vnetGSOProtocol),
    HeaderCase(
        "TCP options cut", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
        Array(tcp4.prefix(65)), .vnetGSOProtocol),
    HeaderCase(
        "TCP data offset 4", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
        Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(headerWords: 4, payload: 99))), .vnetGSOProtocol),
    HeaderCase(
        "IHL 4", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16),
        Make.ethernet(type: 0x0800, [0x44] + Array(repeating: 6, count: 99)), .vnetGSOProtocol),
    HeaderCase(
        "IPv6 version 4", Make.vnet(flags: 1, type: 4, segment: 1448, start: 54, offset: 16),
        Make.ethernet(type: 0x86DD, [0x45] + Array(repeating: 6, count: 99)), .vnetGSOProtocol),
    HeaderCase("TSO without checksum", Make.vnet(type: 1, segment: 1448), tcp4, .vnetChecksum),
    HeaderCase(
        "TSO with data valid", Make.vnet(flags: 2, type: 1, segment: 1448, start: 34, offset: 16), tcp4, .vnetChecksum),
    HeaderCase("USO without checksum", Make.vnet(type: 5, segment: 1448), udp4, .vnetChecksum),
    HeaderCase(
        "TSO with the UDP offset", Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 6), tcp4,
        .vnetChecksum),
    HeaderCase(
        "TSO off by one", Make.vnet(flags: 1, type: 1, segment: 1448, start: 35, offset: 16), tcp4, .vnetChecksum),
    HeaderCase(
        "TSO with start in IP", Make.vnet(flags: 1, type: 1, segment: 1448, start: 14, offset: 16), tcp4, .vnetChecksum),
    HeaderCase(
        "USO with the TCP offset", Make.vnet(flags: 1, type: 5, segment: 1200, start: 34, offset: 16), udp4,
        .vnetChecksum),
    HeaderCase("start past the end", Make.vnet(flags: 1, start: 60, offset: 0), plain, .vnetChecksum),
    HeaderCase("field past the end", Make.vnet(flags: 1, start: 43, offset: 16), plain, .vnetChecksum),
    HeaderCase("largest numbers", Make.vnet(flags: 1, start: 65535, offset: 65535), plain, .vnetChecksum),
    HeaderCase("start in Ethernet", Make.vnet(flags: 1, start: 0, offset: 16), tcp4, .vnetChecksum),
    HeaderCase("start in IPv4", Make.vnet(flags: 1, start: 33, offset: 16), tcp4, .vnetChecksum),
    HeaderCase("start in IPv4 options", Make.vnet(flags: 1, start: 34, offset: 16), tcp4Options, .vnetChecksum),
    HeaderCase("start in IPv6", Make.vnet(flags: 1, start: 53, offset: 16), tcp6, .vnetChecksum),
    HeaderCase("start in an extension header", Make.vnet(flags: 1, start: 54, offset: 16), tcp6Extended, .vnetChecksum),
    HeaderCase("start in an unknown header", Make.vnet(flags: 1, start: 33, offset: 16), plain, .vnetChecksum),
    HeaderCase(
        "malformed IPv4", Make.vnet(flags: 1, start: 34, offset: 16),
        Make.ethernet(type: 0x0800, Array(repeating: 0, count: 80)), .vnetChecksum),
    HeaderCase("frame of 13 bytes", Make.vnet(flags: 1, start: 2, offset: 2), Array(plain.prefix(13)), .tooShort),
]

@Suite("virtio_net_hdr")
struct VirtioNetHeaderTests {
    private func check(_ example: HeaderCase) -> (reason: DropReason, header: [UInt8], frame: [UInt8]) {
        let header = ExactBytes(example.header)
        let frame = ExactBytes(example.frame)
        let reason = VirtioNetHeader.check(header.start, frame: frame.start, length: frame.count)
        return (reason, header.bytes, frame.bytes)
    }

    @Test("Honest headers pass and become canonical", arguments: accepted)
    func honest(example: HeaderCase) {
        let result = check(example)
        #expect(result.reason == .none)
        #expect(result.header == example.canonical ?? example.header)
        #expect(result.frame == example.frame)
    }

    @Test("Headers that lie are dropped for the right reason", arguments: refused)
    func lying(example: HeaderCase) {
        let result = check(example)
        #expect(result.reason == example.reason)
        #expect(result.frame == example.frame)
    }

    @Test("Every frame cut at every length gets an answer, and no accepted field lies past the end")
    func everyCut() {
        let headers = (accepted + refused).map(\.header)
        let frames = [tcp4, tcp4Nested, tcp4Options, tcp6, tcp6Extended, udp4, udp6, vxlan, ipip, arp].map {
            $0.prefix(140)
        }
        var passed = 0
        for frame in frames {
            for length in 0...frame.count {
                for header in headers {
                    let result = check(HeaderCase("", header, Array(frame.prefix(length)), .none))
                    guard result.reason == .none, result.header[0] & 1 != 0 else { continue }
                    passed += 1
                    let start = Int(result.header[6]) | Int(result.header[7]) << 8
                    let offset = Int(result.header[8]) | Int(result.header[9]) << 8
                    #expect(start + offset + 2 <= length)
                    #expect(Int(result.header[2]) | Int(result.header[3]) << 8 <= length)
                }
            }
        }
        #expect(passed > 1000)
    }
}
