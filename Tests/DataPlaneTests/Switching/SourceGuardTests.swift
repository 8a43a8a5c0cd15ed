import DataPlane
import Testing

/// A frame from a guarded port and what becomes of it.
struct GuardCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var frame: [UInt8]
    var reason: DropReason

    init(_ name: String, _ frame: [UInt8], _ reason: DropReason = .none) {
        testDescription = name
        self.frame = frame
        self.reason = reason
    }
}

private typealias Make = TestFrames

private let own4: UInt32 = 0x0A00_0002
private let second4: UInt32 = 0x0A00_0009
private let foreign4: UInt32 = 0x0A00_0003
private let own6: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0002
private let foreign6: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0003
/// Formed from 02:00:0a:00:00:02.
private let ownLinkLocal: UInt128 = 0xFE80_0000_0000_0000_0000_0AFF_FE00_0002
private let foreignLinkLocal: UInt128 = 0xFE80_0000_0000_0000_0000_0AFF_FE00_0003

private func arp(
    _ operation: UInt16, _ sender: UInt32, mac: UInt64 = Make.alice, from source: UInt64 = Make.alice,
    tags: [UInt8] = []
) -> [UInt8] {
    Make.ethernet(
        to: Make.broadcast, from: source, tags: tags, type: 0x0806,
        Make.arp(operation: operation, sender: mac, senderIP: sender, targetIP: foreign4))
}

private func ip4(_ source: UInt32, tags: [UInt8] = []) -> [UInt8] {
    Make.ethernet(tags: tags, type: 0x0800, Make.ipv4(from: source, protocol: 17, Make.udp()))
}

private func dhcp(
    from source: UInt16, to destination: UInt16, protocol number: UInt8 = 17, fragment: UInt16 = 0
) -> [UInt8] {
    Make.ethernet(
        to: Make.broadcast, type: 0x0800,
        Make.ipv4(
            from: 0, to: .max, protocol: number, fragment: fragment, Make.udp(from: source, to: destination)))
}

private func ip6(_ source: UInt128, _ next: UInt8 = 17, _ payload: [UInt8] = Make.udp(), tags: [UInt8] = []) -> [UInt8]
{
    Make.ethernet(tags: tags, type: 0x86DD, Make.ipv6(from: source, next: next, payload))
}

/// An ICMPv6 message with a target.
private func icmp6(_ type: UInt8, target: UInt128 = 0) -> [UInt8] {
    [type, 0, 0, 0, 0, 0, 0, 0] + Make.big(target)
}

private let hopByHop: [UInt8] = [58, 0, 5, 2, 0, 0, 1, 0]
private let firstFragment: [UInt8] = [58, 0, 0, 1, 0, 0, 0, 7]
private let laterFragment: [UInt8] = [58, 0, 0, 9, 0, 0, 0, 7]

private let ethernetCases: [GuardCase] = [
    GuardCase("own MAC", Make.plain()),
    GuardCase("foreign MAC", Make.plain(from: Make.bob), .guardMAC),
    GuardCase("LLC", Make.ethernet(type: 0x0026, [0x42, 0x42, 3])),
    GuardCase("three tags", Make.plain(tags: Make.tag(0) + Make.tag(0) + Make.tag(0)), .vlanTagged),
    GuardCase("IPv4 behind two tags", ip4(own4, tags: Make.tag(0) + Make.tag(5))),
    GuardCase("foreign IPv4 behind a tag", ip4(foreign4, tags: Make.tag(0)), .guardIPv4),
    GuardCase("foreign IPv4 behind two tags", ip4(foreign4, tags: Make.tag(3, tpid: 0x88A8) + Make.tag(0)), .guardIPv4),
    GuardCase("foreign IPv6 behind a tag", ip6(foreign6, tags: Make.tag(0)), .guardIPv6),
    GuardCase("foreign ARP behind two tags", arp(2, foreign4, tags: Make.tag(0) + Make.tag(0)), .guardARP),
]

private let probe = arp(1, 0)

private let arpCases: [GuardCase] = [
    GuardCase("request", arp(1, own4)),
    GuardCase("reply", arp(2, own4)),
    GuardCase("reply for the second address", arp(2, second4)),
    GuardCase("probe", probe),
    GuardCase("reply from 0.0.0.0", arp(2, 0), .guardARP),
    GuardCase("request for another", arp(1, foreign4), .guardARP),
    GuardCase("reply for another", arp(2, foreign4), .guardARP),
    GuardCase("foreign hardware inside", arp(2, own4, mac: Make.bob), .guardARP),
    GuardCase("foreign MAC outside", arp(2, own4, from: Make.bob), .guardMAC),
    GuardCase("cut", Array(arp(1, own4).dropLast()), .guardARP),
    GuardCase(
        "not for IPv4", Make.ethernet(type: 0x0806, [0, 1, 0x86, 0xDD, 6, 16] + [UInt8](repeating: 0, count: 40)),
        .guardARP),
]

private let ipv4Cases: [GuardCase] = [
    GuardCase("own", ip4(own4)),
    GuardCase("own, second", ip4(second4)),
    GuardCase("foreign", ip4(foreign4), .guardIPv4),
    GuardCase("broadcast", ip4(.max), .guardIPv4),
    GuardCase("loopback", ip4(0x7F00_0001), .guardIPv4),
    GuardCase("0.0.0.0", ip4(0), .guardIPv4),
    GuardCase("DHCP client", dhcp(from: 68, to: 67)),
    GuardCase("DHCP server from 0.0.0.0", dhcp(from: 67, to: 68), .guardIPv4),
    GuardCase("DHCP ports over TCP", dhcp(from: 68, to: 67, protocol: 6), .guardIPv4),
    GuardCase("DHCP in a fragment", dhcp(from: 68, to: 67, fragment: 0x2000), .guardIPv4),
    GuardCase("DHCP cut", Array(dhcp(from: 68, to: 67).dropLast()), .guardIPv4),
    GuardCase("no IPv4 at all", Make.ethernet(type: 0x0800, [0x65, 0, 0, 0]), .guardIPv4),
    GuardCase("header cut", Array(ip4(own4).prefix(33)), .guardIPv4),
]

private let ipv6Cases: [GuardCase] = [
    GuardCase("own", ip6(own6)),
    GuardCase("own link-local", ip6(ownLinkLocal)),
    GuardCase("foreign", ip6(foreign6), .guardIPv6),
    GuardCase("foreign link-local", ip6(foreignLinkLocal), .guardIPv6),
    GuardCase("own identifier in fe81::", ip6(ownLinkLocal + 1 << 112), .guardIPv6),
    GuardCase("half of an own address", ip6(own6 & ~0xFFFF | 0x2_0000), .guardIPv6),
    GuardCase("UDP from ::", ip6(0), .guardIPv6),
    GuardCase("header cut", Array(ip6(own6).prefix(53)), .guardIPv6),
    GuardCase("echo", ip6(own6, 58, icmp6(128))),
    GuardCase("echo from ::", ip6(0, 58, icmp6(128)), .guardIPv6),
    GuardCase("router solicitation", ip6(ownLinkLocal, 58, icmp6(133))),
    GuardCase("router solicitation from ::", ip6(0, 58, icmp6(133))),
    GuardCase("router advertisement", ip6(ownLinkLocal, 58, icmp6(134)), .guardIPv6),
    GuardCase("redirect", ip6(ownLinkLocal, 58, icmp6(137)), .guardIPv6),
    GuardCase("neighbour solicitation", ip6(own6, 58, icmp6(135, target: foreign6))),
    GuardCase("duplicate address detection", ip6(0, 58, icmp6(135, target: own6))),
    GuardCase("duplicate address detection, link-local", ip6(0, 58, icmp6(135, target: ownLinkLocal))),
    GuardCase("duplicate address detection of another's", ip6(0, 58, icmp6(135, target: foreign6)), .guardIPv6),
    GuardCase("solicitation from :: cut", ip6(0, 58, Array(icmp6(135, target: own6).dropLast())), .guardIPv6),
    GuardCase("neighbour advertisement", ip6(own6, 58, icmp6(136, target: own6))),
    GuardCase("neighbour advertisement, link-local", ip6(own6, 58, icmp6(136, target: ownLinkLocal))),
    GuardCase("neighbour advertisement for another", ip6(own6, 58, icmp6(136, target: foreign6)), .guardIPv6),
    GuardCase("neighbour advertisement from ::", ip6(0, 58, icmp6(136, target: own6)), .guardIPv6),
    GuardCase("neighbour advertisement cut", ip6(own6, 58, Array(icmp6(136, target: own6).dropLast())), .guardIPv6),
    GuardCase("listener report", ip6(ownLinkLocal, 0, hopByHop + icmp6(143))),
    GuardCase("listener report from ::", ip6(0, 0, hopByHop + icmp6(143))),
    GuardCase("listener report, version 1, from ::", ip6(0, 0, hopByHop + icmp6(131))),
    GuardCase("router advertisement behind options", ip6(ownLinkLocal, 0, hopByHop + icmp6(134)), .guardIPv6),
    GuardCase("router advertisement in a fragment", ip6(ownLinkLocal, 44, firstFragment + icmp6(134)), .guardIPv6),
    GuardCase("solicitation in a fragment", ip6(own6, 44, firstFragment + icmp6(135, target: own6)), .guardIPv6),
    GuardCase("echo in a fragment", ip6(own6, 44, firstFragment + icmp6(128))),
    GuardCase("later fragment", ip6(own6, 44, laterFragment + icmp6(134))),
    GuardCase("later fragment from ::", ip6(0, 44, laterFragment + icmp6(135)), .guardIPv6),
    GuardCase("options that hide what follows", ip6(own6, 60, [58, 200, 0, 0, 0, 0, 0, 0]), .guardIPv6),
    GuardCase("ICMPv6 cut", ip6(own6, 58, [135, 0, 0]), .guardIPv6),
    GuardCase("TCP", ip6(own6, 6, Make.tcp())),
    GuardCase("unknown protocol", ip6(own6, 253, [1])),
]

@Suite("Source guard")
struct SourceGuardTests {
    private func rig(_ guarding: SourceGuard) throws -> SwitchRig {
        let rig = try SwitchRig(ports: [2])
        rig.setPort(1, sourceGuard: guarding)
        return rig
    }

    private func check(_ example: GuardCase, _ guarding: SourceGuard) throws {
        let rig = try rig(guarding)
        let outcome = rig.put(example.frame, into: 1)
        #expect(outcome.reason == example.reason)
        #expect(outcome.sent == (example.reason == .none ? [2: example.frame] : [:]))
        #expect(rig.statistics.learned == (example.reason == .none ? 1 : 0))
    }

    private let both = SourceGuard(mac: Make.alice, ipv4: [own4, second4], ipv6: [own6])

    @Test("Ethernet and tags", arguments: ethernetCases)
    func ethernet(example: GuardCase) throws { try check(example, both) }

    @Test("ARP", arguments: arpCases)
    func arp(example: GuardCase) throws { try check(example, both) }

    @Test("IPv4", arguments: ipv4Cases)
    func ipv4(example: GuardCase) throws { try check(example, both) }

    @Test("IPv6", arguments: ipv6Cases)
    func ipv6(example: GuardCase) throws { try check(example, both) }

    @Test("An endpoint without IPv6 addresses speaks link-local only")
    func withoutIPv6() throws {
        let guarding = SourceGuard(mac: Make.alice, ipv4: [own4])
        try check(GuardCase("", ip6(own6), .guardIPv6), guarding)
        try check(GuardCase("", ip6(ownLinkLocal)), guarding)
        try check(GuardCase("", ip6(0), .guardIPv6), guarding)
        try check(GuardCase("", ip6(0, 58, icmp6(135, target: own6)), .guardIPv6), guarding)
    }

    @Test("An endpoint without IPv4 addresses may only ask for one")
    func withoutIPv4() throws {
        let guarding = SourceGuard(mac: Make.alice)
        try check(GuardCase("", ip4(own4), .guardIPv4), guarding)
        try check(GuardCase("", dhcp(from: 68, to: 67)), guarding)
        try check(GuardCase("", probe), guarding)
    }

    @Test("Four addresses of each family are held, a fifth isn't")
    func many() throws {
        let addresses4 = (UInt32(1)...5).map { 0x0A01_0000 | $0 }
        let addresses6 = (UInt128(1)...5).map { own6 &+ $0 << 64 }
        let guarding = SourceGuard(mac: Make.alice, ipv4: addresses4, ipv6: addresses6)
        for index in 0..<5 {
            try check(GuardCase("", ip4(addresses4[index]), index < 4 ? .none : .guardIPv4), guarding)
            try check(GuardCase("", ip6(addresses6[index]), index < 4 ? .none : .guardIPv6), guarding)
        }
    }

    @Test("Other ports are not guarded, and a guard can be taken away")
    func others() throws {
        let rig = try rig(both)
        #expect(rig.put(Make.plain(from: Make.carol), into: 2).ports == [1])
        #expect(rig.put(Make.plain(from: Make.carol), into: 1).reason == .guardMAC)
        rig.setPort(1)
        #expect(rig.put(Make.plain(from: Make.carol), into: 1).ports == [2])
    }

    @Test("Any frame cut anywhere gets an answer, never one that passes foreign addresses")
    func cuts() {
        for example in arpCases + ipv4Cases + ipv6Cases where example.reason != .none {
            for length in 14...example.frame.count {
                let memory = ExactBytes(Array(example.frame.prefix(length)))
                #expect(both.check(memory.start, length: length) != .none, "\(example) at \(length)")
            }
        }
    }
}
