import Addresses
import Glibc
import Testing

@Suite("IPv6Address")
struct IPv6AddressTests {
    @Test(
        "reads every form of RFC 4291 and prints RFC 5952",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("fd00::2", "fd00::2"),
            ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
            ("FF01:0:0:0:0:0:0:101", "ff01::101"),
            ("0:0:0:0:0:0:0:0", "::"),
            ("2001:db8::0:1", "2001:db8::1"),
            ("2001:0db8:0001:0000:0000:0ab9:c0a8:0102", "2001:db8:1::ab9:c0a8:102"),
            // One zero group alone stays (RFC 5952 4.2.2), also when `::` was written for it.
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            // The longest run is shortened, of equal ones the first (4.2.3).
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"), ("0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"),
            ("::ffff:10.0.0.2", "::ffff:10.0.0.2"), ("::FFFF:A00:2", "::ffff:10.0.0.2"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("::13.1.68.3", "::d01:4403"),
            ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"), ("1::7.8.9.10", "1::708:90a"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ])
    func accepted(text: String, canonical: String) throws {
        let address = try IPv6Address(parsing: text)
        #expect(address.description == canonical)
        #expect(IPv6Address(canonical) == address)
    }

    @Test(
        "refuses everything else with the reason",
        arguments: [
            ("", AddressError.Reason.empty),
            (":", .emptyPart), (":::", .repeatedCompression), ("1::2::3", .repeatedCompression),
            (":1:2:3:4:5:6:7", .emptyPart), ("1:2:3:4:5:6:7:", .emptyPart), ("1:2::3:", .emptyPart),
            (":1::2", .emptyPart),
            ("1:2:3:4:5:6:7", .partCount(7, needed: 8)), ("1:2:3:4:5:6:7:8:9", .partCount(9, needed: 8)),
            ("1:2:3:4::5:6:7:8", .needlessCompression), ("1:2:3:4::5:6:7:8:9", .partCount(9, needed: 8)),
            ("12345::", .partTooLong("12345")), ("1::g", .unexpectedCharacter("g")),
            ("fe80::1%eth0", .zone), ("fe80::1%", .zone),
            ("1.2.3.4::", .misplacedIPv4), ("::1.2.3.4:5", .misplacedIPv4), ("1:1.2.3.4:3:4:5:6:7", .misplacedIPv4),
            ("::1.2.3", .partCount(3, needed: 4)), ("::1.2.3.256", .partTooLarge("256", limit: 255)),
            ("::1.2.3.04", .leadingZero("04")), ("::a.2.3.4", .unexpectedCharacter("a")),
            ("1:2:3:4:5:6:7:1.2.3.4", .partCount(9, needed: 8)),
            ("[::1]", .unexpectedCharacter("[")), ("::1/64", .unexpectedCharacter("/")),
            ("::1 ", .unexpectedCharacter(" ")), ("::\u{FF11}", .unexpectedCharacter("\u{FF11}")),
            ("10.0.0.2", .partCount(2, needed: 8)),
        ])
    func refused(text: String, reason: AddressError.Reason) {
        #expect(throws: AddressError(kind: .ipv6, text: text, reason: reason)) { try IPv6Address(parsing: text) }
        #expect(IPv6Address(text) == nil)
    }

    @Test("agrees with inet_pton and inet_ntop on sparse numbers and mutated text")
    func oracle() {
        let seed: UInt64 = 0x4EDD_1E03
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("0f:.:1")
        for round in 0..<20_000 {
            var groups = (0..<8).map { _ in UInt16.random(in: 0...0xFFFF, using: &generator) }
            for index in groups.indices where Bool.random(using: &generator) { groups[index] = 0 }
            let octets = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
            guard let address = IPv6Address(octets: octets) else {
                Issue.record("16 octets refused")
                return
            }
            // inet_ntop prints ::/96 as dotted, which RFC 5952 leaves to the reader.
            if address.high != 0 || address.low >> 32 != 0 {
                #expect(address.description == systemText(octets), "seed \(seed) round \(round)")
            }
            var text = Array(address.description)
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                text[place] = alphabet.randomElement(using: &generator) ?? ":"
            }
            let string = String(text)
            // `1:2:3:4::5:6:7:8` is taken by some C libraries, but here `::` must stand for something.
            let ours = IPv6Address(string)
            #expect(ours?.octets == systemOctets(string), "seed \(seed) round \(round): \(string)")
        }
    }

    private func systemText(_ octets: [UInt8]) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, octets, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func systemOctets(_ text: String) -> [UInt8]? {
        var octets = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &octets) == 1 ? octets : nil
    }

    @Test("classes of addresses")
    func classes() throws {
        #expect(IPv6Address.any.isUnspecified && IPv6Address.loopback.isLoopback)
        #expect(try IPv6Address(parsing: "fe80::1").isLinkLocal)
        #expect(try IPv6Address(parsing: "febf::1").isLinkLocal)
        #expect(try !IPv6Address(parsing: "fec0::1").isLinkLocal)
        #expect(try IPv6Address(parsing: "ff02::1").isMulticast)
        #expect(try !IPv6Address(parsing: "fe02::1").isMulticast)
        #expect(IPv6Address(mapping: IPv4Address(10, 0, 0, 2)).mappedIPv4 == IPv4Address(10, 0, 0, 2))
        #expect(IPv6Address.loopback.mappedIPv4 == nil)
    }

    @Test("octets, groups, numbers and order")
    func parts() throws {
        let address = try IPv6Address(parsing: "102:304:506:708:90a:b0c:d0e:f10")
        #expect(address.octets == Array(1...16))
        #expect(address.groups == [0x102, 0x304, 0x506, 0x708, 0x90A, 0xB0C, 0xD0E, 0xF10])
        #expect(IPv6Address(octets: address.octets) == address)
        #expect(IPv6Address(value: address.value) == address)
        #expect(address.high == 0x0102_0304_0506_0708 && address.low == 0x090A_0B0C_0D0E_0F10)
        #expect(IPv6Address(octets: [UInt8](repeating: 0, count: 15)) == nil)
        #expect(IPv6Address(high: 1, low: 0) > IPv6Address(high: 0, low: .max))
        #expect(IPv6Address(high: 1, low: 0) < IPv6Address(high: 1, low: 1))
    }
}
