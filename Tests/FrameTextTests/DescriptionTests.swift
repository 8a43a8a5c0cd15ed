import Addresses
import Testing

@testable import FrameText

/// What descriptions mean.
struct DescriptionTests {
    private func read(_ text: String) throws -> FrameDescription {
        guard case .description(let description) = try FrameText(parsing: text) else {
            throw FrameTextError(text: text, offset: 0, length: 0, reason: "taken for bytes", hint: "")
        }
        return description
    }

    @Test func aWholeDescription() throws {
        let all = try read(
            "tcp 10.0.0.1:1000 > 10.0.0.2:80 flags S. ttl 3 length 100 df vlan 10 vlan 20 smac 02:00:00:00:00:01 "
                + "dmac 02:00:00:00:00:02")
        var expected = FrameDescription(.tcp(flags: 0x12))
        expected.source = .v4(IPv4Address(10, 0, 0, 1))
        expected.destination = .v4(IPv4Address(10, 0, 0, 2))
        expected.sourcePort = 1000
        expected.destinationPort = 80
        expected.hopLimit = 3
        expected.payload = 100
        expected.isUnfragmentable = true
        expected.vlans = [10, 20]
        expected.sourceMAC = MACAddress(value: 0x0200_0000_0001)
        expected.destinationMAC = MACAddress(value: 0x0200_0000_0002)
        #expect(all == expected)
    }

    @Test(arguments: [
        ("tcp 10.0.0.1:1000 > 10.0.0.2:80", "tcp 10.0.0.1.1000 > 10.0.0.2.80"),
        ("tcp 10.0.0.1:1000 > 10.0.0.2:80", "TCP 10.0.0.1:1000>10.0.0.2:80"),
        ("tcp 10.0.0.1:1000 > 10.0.0.2:80", "tcp 10.0.0.1:1000 to 10.0.0.2:80 flags S"),
        ("tcp > 10.0.0.2:80", "tcp ->10.0.0.2:80"),
        ("tcp 10.0.0.1:1000 > 10.0.0.2:80", "tcp 10.0.0.1:1000->10.0.0.2:80"),
        ("udp [fd00::1]:53 > [fd00::2]:1000", "udp fd00::1.53 -> fd00::2.1000"),
        ("udp fd00::1 > [fd00::2]:7", "udp [fd00::1]:49152 > [fd00::2]:0x7"),
        ("arp 10.0.0.2 tell 10.0.0.1", "arp 10.0.0.1 > 10.0.0.2"),
        ("arp > 10.0.0.2", "arp who-has 10.0.0.2"),
        ("icmp6 fd00::1 > fd00::2 id 1 seq 1", "icmpv6 [fd00::1] > [fd00::2]"),
        ("nd fd00::2 tell fd00::1", "nd fd00::1 > fd00::2"),
        ("ether > ff:ff:ff:ff:ff:ff type 34997", "ether > FF-FF-FF-FF-FF-FF type 0x88b5"),
        (
            "icmp 10.0.0.1 > 10.0.0.2 ether 02:00:00:00:00:01 > 02:00:00:00:00:02",
            "icmp 10.0.0.1 > 10.0.0.2 smac 02:00:00:00:00:01 dmac 02:00:00:00:00:02"
        ),
        ("tcp > 10.0.0.2:80 flags none", "tcp > 10.0.0.2:80 flags []"),
        ("tcp > 10.0.0.2:80 flags sa", "tcp > 10.0.0.2:80 flags [S.]"),
    ])
    func twoWaysOfSayingTheSame(first: String, second: String) throws {
        #expect(try read(first) == read(second))
    }

    /// Of "tcp 10.0.0.1:1000 > 10.0.0.2:80" without quotation marks a shell leaves no more: it is not taken for another frame.
    @Test func anAddressAloneIsNoDestination() {
        let error = #expect(throws: FrameTextError.self) { try read("tcp 10.0.0.2:80") }
        #expect(error?.reason == "there is no '>' behind the source" && error?.hint.contains("quotation marks") == true)
    }

    @Test(arguments: [
        ("tcp > fd00::1:80", "[fd00::1]:80"), ("tcp > fd00::1", "[fd00::1]:80"), ("udp > 10.0.0.1", "10.0.0.1:80"),
    ])
    func aPortThatIsMissingIsShown(text: String, place: String) {
        let error = #expect(throws: FrameTextError.self) { try FrameText(parsing: text) }
        #expect(error?.hint == "As in '\(text.prefix(3)) > \(place)'.")
    }

    @Test func whatIsLeftOpenIsNil() throws {
        let open = try read("udp > 10.0.0.2:53")
        #expect(open.source == nil && open.sourceMAC == nil && open.destinationMAC == nil && open.hopLimit == nil)
        #expect(open.sourcePort == 49_152 && open.payload == 0 && open.vlans.isEmpty)
        #expect(try read("icmp > 10.0.0.2 reply").kind == .icmp(isReply: true))
        #expect(try read("icmp6 > fd00::2 reply id 7 seq 9").sequence == 9)
    }

    @Test(arguments: [
        ("224.0.0.251", "01:00:5e:00:00:fb"), ("239.255.1.2", "01:00:5e:7f:01:02"),
        ("255.255.255.255", "ff:ff:ff:ff:ff:ff"), ("10.0.0.255", "ff:ff:ff:ff:ff:ff"), ("10.0.0.2", nil),
        ("ff02::1:ff00:7", "33:33:ff:00:00:07"), ("fd00::7", nil),
    ])
    func groups(address: String, mac: String?) throws {
        var description = FrameDescription(.udp)
        description.destination = try IPAddress(parsing: address)
        let broadcast = IPAddress.v4(IPv4Address(10, 0, 0, 255))
        #expect(description.groupMAC(broadcasts: [broadcast])?.description == mac)
    }

    @Test func questionsGoToGroups() throws {
        #expect(try read("arp 10.0.0.2").groupMAC() == .broadcast)
        // RFC 4291, 2.7.1.
        #expect(try read("nd fd00::12:3456").groupMAC()?.description == "33:33:ff:12:34:56")
    }

    @Test(arguments: [
        ("", "there is no frame, at the end", nil),
        ("tpc 10.0.0.1:1 > 10.0.0.2:2", "'tpc' is no kind of frame", "^^^"),
        ("tcp", "where the packet goes isn't said, at the end", nil),
        ("tcp 10.0.0.1:1000 >", "where the packet goes isn't said, at the end", nil),
        ("tcp 10.0.0.1:1000 10.0.0.2:80", "there is no '>' behind the source", "                  ^^^^^^^^^^^"),
        ("tcp 10.0.0.1:1000 > 10.0.0.256:80", "'10.0.0.256:80' is no address", "                    ^^^^^^^^^^^^^"),
        ("tcp 10.0.0.1:1000 > 10.0.0.2", "the destination has no port", "                    ^^^^^^^^"),
        ("udp > 10.0.0.2:99999", "the port of '10.0.0.2:99999' is out of range", "      ^^^^^^^^^^^^^^"),
        ("udp > 10.0.0.2:x", "'10.0.0.2:x' has no port behind the address", "      ^^^^^^^^^^"),
        ("tcp > 10.0.0.2:80 ttl 1 hop-limit 2", "'hop-limit' says again what was said", nil),
        ("tcp > 10.0.0.2:80 flags S flags R", "'flags' says again what was said", nil),
        ("ether > 02:00:00:00:00:01 dmac 02:00:00:00:00:02", "'dmac' says again what was said", nil),
        ("tcp > fd00::1:80", "the destination has no port", "      ^^^^^^^^^^"),
        ("udp > [fd00::2]80", "'[fd00::2]80' is no address", "      ^^^^^^^^^^^"),
        ("udp 10.0.0.1:1 > [fd00::2]:80", "10.0.0.1 and fd00::2 are of two families", "                 ^^^^^^^^^^^^"),
        ("icmp > 10.0.0.2:80", "'10.0.0.2:80' has a port", "       ^^^^^^^^^^^"),
        ("icmp > fd00::1", "fd00::1 is no IPv4 address", "       ^^^^^^^"),
        ("arp fd00::1", "fd00::1 is no IPv4 address", "    ^^^^^^^"),
        ("arp 10.0.0.1 tell", "whom to tell isn't said, at the end", nil),
        ("nd", "whose address is asked for isn't said, at the end", nil),
        ("tcp > 10.0.0.2:80 falgs S", "'falgs' says nothing of a frame", "                  ^^^^^"),
        ("tcp > 10.0.0.2:80 flags", "'flags' lacks its letters, at the end", nil),
        ("tcp > 10.0.0.2:80 flags SX", "'SX' are no flags of TCP", "                        ^^"),
        ("udp > 10.0.0.2:80 flags S", "only tcp has flags", "                  ^^^^^"),
        ("tcp > 10.0.0.2:80 ttl 256", "'256' is no number for 'ttl'", "                      ^^^"),
        ("tcp > 10.0.0.2:80 vlan 4096", "'4096' is no number for 'vlan'", "                       ^^^^"),
        (
            "tcp > 10.0.0.2:80 vlan 1 vlan 2 vlan 3", "there are more than two tags",
            "                                ^^^^"
        ),
        ("tcp > 10.0.0.2:80 smac 1:2", "'1:2' is no MAC address", "                       ^^^"),
        ("tcp > 10.0.0.2:80 length 65530", "a payload of 65530 bytes makes the packet too long", "^^^"),
        ("udp > [fd00::2]:80 df", "'df' is for IPv4 packets", "                   ^^"),
        ("tcp > 10.0.0.2:80 id 7", "'id' is for icmp and icmp6", "                  ^^"),
        ("arp 10.0.0.2 ttl 7", "'ttl' is for packets", "             ^^^"),
        ("tcp > 10.0.0.2:80 type 7", "only 'ether' has a type", "                  ^^^^"),
        ("ether 10.0.0.2", "'10.0.0.2' is no MAC address", "      ^^^^^^^^"),
        ("ether 02:00:00:00:00:01", "there is no '>' behind the source, at the end", nil),
    ])
    func refusalsSayWhereAndWhat(text: String, message: String, mark: String?) {
        let error = #expect(throws: FrameTextError.self) { try FrameText(parsing: text) }
        #expect(error?.message == message)
        if let mark { #expect(error?.marked == text + "\n" + mark) }
        #expect(error?.hint.isEmpty == false)
        #expect(error?.description.hasSuffix(error?.hint ?? "-") == true)
    }
}
