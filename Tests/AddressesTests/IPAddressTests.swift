import Addresses
import Testing

@Suite("IPAddress")
struct IPAddressTests {
    @Test("the colon tells the family")
    func families() throws {
        #expect(try IPAddress(parsing: "10.0.0.2") == .v4(IPv4Address(10, 0, 0, 2)))
        #expect(try IPAddress(parsing: "::1") == .v6(.loopback))
        #expect(throws: AddressError(kind: .ipv4, text: "abc", reason: .unexpectedCharacter("a"))) {
            try IPAddress(parsing: "abc")
        }
        #expect(throws: AddressError(kind: .ipv6, text: "a:b", reason: .partCount(2, needed: 8))) {
            try IPAddress(parsing: "a:b")
        }
        #expect(IPAddress("") == nil)
    }

    @Test("numbers and octets keep the family")
    func numbers() throws {
        for text in ["0.0.0.1", "::1", "10.1.2.3", "fd00::a:b"] {
            let address = try IPAddress(parsing: text)
            #expect(IPAddress(family: address.family, number: address.number) == address)
            #expect(IPAddress(octets: address.octets) == address)
            #expect(address.description == text)
            #expect((address.ipv4 == nil) == (address.family == .v6))
            #expect((address.ipv6 == nil) == (address.family == .v4))
        }
        #expect(IPAddress(octets: [1, 2, 3, 4, 5]) == nil)
        #expect(IPAddress(family: .v4, number: 1 << 32) == .v4(.any))
    }

    @Test("IPv4 comes before IPv6")
    func order() throws {
        #expect(IPAddress.v4(.broadcast) < .v6(.any))
        #expect(!(IPAddress.v6(.any) < .v4(.broadcast)))
        #expect(IPAddress.v4(.any) < .v4(.broadcast))
    }

    @Test("classes of addresses reach through")
    func classes() throws {
        for text in ["127.0.0.1", "::1"] { #expect(try IPAddress(parsing: text).isLoopback) }
        for text in ["169.254.0.1", "fe80::1"] { #expect(try IPAddress(parsing: text).isLinkLocal) }
        for text in ["224.0.0.1", "ff02::1"] { #expect(try IPAddress(parsing: text).isMulticast) }
        for text in ["0.0.0.0", "::"] { #expect(try IPAddress(parsing: text).isUnspecified) }
        for text in ["10.0.0.1", "fd00::1"] {
            let address = try IPAddress(parsing: text)
            #expect(!address.isLoopback && !address.isLinkLocal && !address.isMulticast && !address.isUnspecified)
        }
    }

    @Test("errors name the text, the reason and a way out")
    func errors() {
        #expect(throws: AddressError.self) { try IPAddress(parsing: "10.0.0.256") }
        let error = AddressError(kind: .ipv4, text: "10.0.0.256", reason: .partTooLarge("256", limit: 255))
        #expect(
            error.description
                == #""10.0.0.256" is not an IPv4 address: the part "256" is larger than 255 (write it like 10.0.0.2)"#)
        let long = AddressError(kind: .ipv4, text: String(repeating: "\u{1b}", count: 5000), reason: .empty)
        #expect(long.description.count < 600)
        #expect(!long.description.unicodeScalars.contains("\u{1b}"))
    }

    @Test("no text traps a parser")
    func fuzz() {
        let seed: UInt64 = 0x4EDD_1E05
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789abcdef::..--//% \0é١😀\u{301}").map(String.init)
        var accepted = 0
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...24, using: &generator)
            let text = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
            if let mac = MACAddress(text) { #expect(MACAddress(mac.description) == mac) }
            if let prefix = IPPrefix(text) { #expect(IPPrefix(prefix.description) == prefix) }
            if let address = IPAddress(text) {
                accepted += 1
                #expect(IPAddress(address.description) == address)
            }
        }
        #expect(accepted > 0, "seed \(seed)")
    }
}
