import Addresses
import Glibc
import Testing

@Suite("IPv4Address")
struct IPv4AddressTests {
    @Test(
        "reads dotted decimals",
        arguments: [
            ("0.0.0.0", 0), ("10.0.0.2", 0x0A00_0002), ("255.255.255.255", 0xFFFF_FFFF), ("1.2.3.4", 0x0102_0304),
            ("192.168.100.9", 0xC0A8_6409),
        ] as [(String, UInt32)])
    func accepted(text: String, value: UInt32) throws {
        #expect(try IPv4Address(parsing: text).value == value)
        #expect(IPv4Address(text)?.description == text)
    }

    @Test(
        "refuses everything else with the reason",
        arguments: [
            ("", AddressError.Reason.empty),
            ("10", .partCount(1, needed: 4)),
            ("10.0.2", .partCount(3, needed: 4)),
            ("10.0.0.0.2", .partCount(5, needed: 4)),
            ("10.0..2", .emptyPart),
            ("10.0.0.", .emptyPart),
            (".10.0.0", .emptyPart),
            ("10.0.0.256", .partTooLarge("256", limit: 255)),
            ("10.0.0.999", .partTooLarge("999", limit: 255)),
            ("10.0.0.1000", .partTooLong("1000")),
            ("10.0.0.010", .leadingZero("010")),
            ("00.0.0.1", .leadingZero("00")),
            ("10.0.0.0x1", .unexpectedCharacter("x")),
            ("10.0.0.-1", .unexpectedCharacter("-")),
            ("+10.0.0.1", .unexpectedCharacter("+")),
            ("10.0.0.2 ", .unexpectedCharacter(" ")),
            ("10.0.0.2/24", .unexpectedCharacter("/")),
            ("١0.0.0.2", .unexpectedCharacter("١")),
            ("10.0.0.2\u{20DD}", .unexpectedCharacter("\u{20DD}")),
        ])
    func refused(text: String, reason: AddressError.Reason) {
        #expect(throws: AddressError(kind: .ipv4, text: text, reason: reason)) { try IPv4Address(parsing: text) }
        #expect(IPv4Address(text) == nil)
    }

    @Test("agrees with inet_pton on mutated text")
    func oracle() {
        let seed: UInt64 = 0x4EDD_1E02
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789.. 0255x")
        for round in 0..<20_000 {
            var text = Array(IPv4Address(value: UInt32(truncatingIfNeeded: generator.next())).description)
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                text[place] = alphabet.randomElement(using: &generator) ?? "."
            }
            let string = String(text)
            var raw = in_addr()
            let accepted = inet_pton(AF_INET, string, &raw) == 1
            let expected = accepted ? IPv4Address(value: UInt32(bigEndian: raw.s_addr)) : nil
            #expect(IPv4Address(string) == expected, "seed \(seed) round \(round): \(string)")
        }
    }

    @Test("classes of addresses")
    func classes() {
        #expect(IPv4Address.any.isUnspecified)
        #expect(IPv4Address.broadcast.isLimitedBroadcast)
        #expect(IPv4Address.loopback.isLoopback && IPv4Address(127, 255, 0, 1).isLoopback)
        #expect(!IPv4Address(128, 0, 0, 1).isLoopback)
        #expect(IPv4Address(169, 254, 1, 1).isLinkLocal && !IPv4Address(169, 253, 1, 1).isLinkLocal)
        #expect(IPv4Address(224, 0, 0, 1).isMulticast && IPv4Address(239, 255, 255, 255).isMulticast)
        #expect(!IPv4Address(240, 0, 0, 1).isMulticast && !IPv4Address(223, 255, 255, 255).isMulticast)
    }

    @Test("octets and order")
    func octets() {
        #expect(IPv4Address(1, 2, 3, 4).octets == [1, 2, 3, 4])
        #expect(IPv4Address(octets: [1, 2, 3, 4]) == IPv4Address(1, 2, 3, 4))
        #expect(IPv4Address(octets: [1, 2, 3]) == nil)
        #expect(IPv4Address(octets: [1, 2, 3, 4, 5]) == nil)
        #expect(IPv4Address(9, 0, 0, 0) < IPv4Address(10, 0, 0, 0))
        #expect(IPv4Address(127, 0, 0, 1) < IPv4Address(128, 0, 0, 1))
    }
}
