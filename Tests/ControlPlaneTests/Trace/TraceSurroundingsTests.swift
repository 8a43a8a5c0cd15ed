import Addresses
import FrameText
import HeddleAPI
import Testing

@testable import ControlPlane

/// What a description leaves open.
struct TraceSurroundingsTests {
    private static let web = TraceSurroundings.Owner(
        name: "eth0@web", mac: MACAddress(value: 0x0200_0A00_0002),
        addresses: [
            .v4(IPv4Address(10, 1, 0, 2)), .v4(IPv4Address(10, 0, 0, 2)), .v6(IPv6Address(high: 0xFD00 << 48, low: 2)),
        ])
    private static let gateway = TraceSurroundings.Owner(
        name: "the gateway", mac: MACAddress(value: 0x0200_0A00_0001), addresses: [.v4(IPv4Address(10, 0, 0, 1))])
    private static let db = TraceSurroundings.Owner(
        name: "eth0@db", mac: MACAddress(value: 0x0200_0A00_0009), addresses: [.v4(IPv4Address(10, 0, 0, 9))])

    private static func surroundings() throws -> TraceSurroundings {
        TraceSurroundings(
            network: "lan", port: "eth0@web", own: web, others: [gateway, web, db],
            subnets: [try IPPrefix(parsing: "10.0.0.0/24"), try IPPrefix(parsing: "fd00::/64")], gateway: gateway)
    }

    private func complete(
        _ text: String, _ change: (inout TraceSurroundings) -> Void = { _ in }
    ) throws -> (destination: String, source: String, packet: [UInt8], assumed: [String]) {
        guard case .description(let description) = try FrameText(parsing: text) else { return ("", "", [], []) }
        var around = try Self.surroundings()
        change(&around)
        let (frame, assumed) = try around.complete(description)
        func mac(_ range: Range<Int>) -> String { MACAddress(octets: frame[range])?.description ?? "" }
        return (mac(0..<6), mac(6..<12), Array(frame[14...]), assumed)
    }

    @Test func aNeighbour() throws {
        let made = try complete("tcp > 10.0.0.9:80")
        #expect(made.destination == "02:00:0a:00:00:09" && made.source == "02:00:0a:00:00:02")
        // Of two addresses the one that is in the destination's subnet.
        #expect(Array(made.packet[12..<16]) == [10, 0, 0, 2])
        #expect(
            made.assumed == [
                "source 10.0.0.2, of eth0@web", "source 02:00:0a:00:00:02, of eth0@web",
                "destination 02:00:0a:00:00:09, of eth0@db",
            ])
    }

    @Test func elsewhereAndGroups() throws {
        let outside = try complete("icmp > 192.0.2.7")
        #expect(outside.destination == "02:00:0a:00:00:01")
        #expect(
            outside.assumed.last
                == "destination 02:00:0a:00:00:01, of the gateway, since 192.0.2.7 is outside of lan")
        #expect(try complete("udp > 10.0.0.255:7").destination == "ff:ff:ff:ff:ff:ff")
        #expect(try complete("udp > 224.0.0.251:5353").destination == "01:00:5e:00:00:fb")
        #expect(try complete("arp 10.0.0.77").destination == "ff:ff:ff:ff:ff:ff")
        #expect(try complete("nd fd00::9").destination == "33:33:ff:00:00:09")
        #expect(try complete("icmp > 10.0.0.1").assumed.last == "destination 02:00:0a:00:00:01, of the gateway")
    }

    @Test func whatIsSaidIsNotFilledIn() throws {
        let said = try complete("icmp 10.9.9.9 > 10.0.0.9 smac 02:00:00:00:00:01 dmac 02:00:00:00:00:02")
        #expect(said.source == "02:00:00:00:00:01" && said.destination == "02:00:00:00:00:02" && said.assumed.isEmpty)
    }

    @Test(arguments: [
        ("tcp > 10.0.0.77:80", "nobody in lan is known to have 10.0.0.77", "trace 'arp 10.0.0.77'"),
        ("icmp6 > fd00::77", "nobody in lan is known to have fd00::77", "trace 'nd fd00::77'"),
        ("icmp6 > 2001:db8::1", "2001:db8::1 is outside of lan, which has no IPv6 gateway of Heddle's", "'dmac'"),
    ])
    func whatCannotBeKnown(text: String, message: String, hint: String) throws {
        let error = #expect(throws: APIError.self) { try complete(text) }
        #expect(error?.message == message)
        #expect(error?.hint?.contains(hint) == true, "\(error?.hint ?? "")")
    }

    @Test func aPortOfWhichNothingIsKnown() throws {
        let unknown = #expect(throws: APIError.self) { try complete("icmp > 10.0.0.9") { $0.own = nil } }
        #expect(unknown?.message == "who sends by eth0@web isn't known")
        let hardware = #expect(throws: APIError.self) { try complete("icmp 10.0.0.4 > 10.0.0.9") { $0.own = nil } }
        #expect(hardware?.hint?.contains("'smac'") == true)
        let family = #expect(throws: APIError.self) {
            try complete("icmp6 > fd00::9") { $0.own?.addresses.removeAll { $0.family == .v6 } }
        }
        #expect(family?.message == "eth0@web has no IPv6 address")
        let somebody = try complete("icmp 192.0.2.9 > 10.0.0.9") {
            $0.own = TraceSurroundings.Owner(name: "uplink@e", mac: TraceSurroundings.somebody, addresses: [])
        }
        #expect(somebody.assumed.first == "source 00:00:5e:00:53:01, which stands for any station there")
    }
}
