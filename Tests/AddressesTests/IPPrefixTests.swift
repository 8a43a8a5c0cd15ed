import Addresses
import Testing

@Suite("IPPrefix")
struct IPPrefixTests {
    @Test(
        "reads CIDR notation and knows its edges",
        arguments: [
            ("10.0.0.0/24", "10.0.0.0", "10.0.0.255", "10.0.0.255", false),
            ("10.0.0.2/24", "10.0.0.0", "10.0.0.255", "10.0.0.255", true),
            ("10.0.0.2/31", "10.0.0.2", "10.0.0.3", nil, false),
            ("10.0.0.3/31", "10.0.0.2", "10.0.0.3", nil, true),
            ("10.0.0.2/32", "10.0.0.2", "10.0.0.2", nil, false),
            ("10.0.0.4/30", "10.0.0.4", "10.0.0.7", "10.0.0.7", false),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "255.255.255.255", false),
            ("1.2.3.4/0", "0.0.0.0", "255.255.255.255", "255.255.255.255", true),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, false),
            ("fd00::/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", nil, false),
            ("fd00::7/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", nil, true),
            ("fd00::7/127", "fd00::6", "fd00::7", nil, true), ("fd00::7/128", "fd00::7", "fd00::7", nil, false),
        ] as [(String, String, String, String?, Bool)])
    func edges(text: String, network: String, last: String, broadcast: String?, hasHostBits: Bool) throws {
        let prefix = try IPPrefix(parsing: text)
        #expect(prefix.description == text)
        #expect(prefix.network.description == network)
        #expect(prefix.last.description == last)
        #expect(prefix.broadcast?.description == broadcast)
        #expect(prefix.hasHostBits == hasHostBits)
        #expect(prefix.masked.description == "\(network)/\(prefix.length)")
        #expect(prefix.contains(prefix.network) && prefix.contains(prefix.last) && prefix.contains(prefix.address))
    }

    @Test(
        "refuses everything else with the reason",
        arguments: [
            ("", AddressError.Reason.empty),
            ("10.0.0.0", .missingLength),
            ("10.0.0.0/", .badLength("", limit: 32)),
            ("10.0.0.0/33", .badLength("33", limit: 32)),
            ("10.0.0.0/-1", .badLength("-1", limit: 32)),
            ("10.0.0.0/+8", .badLength("+8", limit: 32)),
            ("10.0.0.0/08", .badLength("08", limit: 32)),
            ("10.0.0.0/00", .badLength("00", limit: 32)),
            ("10.0.0.0/24/8", .badLength("24/8", limit: 32)),
            ("10.0.0.0/255.255.255.0", .badLength("255.255.255.0", limit: 32)),
            ("10.0.0.0/99999999999999999999999", .badLength("99999999999999999999999", limit: 32)),
            ("fd00::/129", .badLength("129", limit: 128)),
            ("10.0.0/24", .partCount(3, needed: 4)),
            ("/24", .empty),
            ("fd00::%eth0/64", .zone),
            ("10.0.0.0/2\u{0664}", .badLength("2\u{0664}", limit: 32)),
            ("10.0.0.0 /24", .unexpectedCharacter(" ")),
        ])
    func refused(text: String, reason: AddressError.Reason) {
        #expect(throws: AddressError(kind: .prefix, text: text, reason: reason)) { try IPPrefix(parsing: text) }
        #expect(IPPrefix(text) == nil)
    }

    @Test("a length out of range makes no prefix")
    func lengths() {
        #expect(IPPrefix(IPv4Address.any, length: -1) == nil)
        #expect(IPPrefix(IPv4Address.any, length: 33) == nil)
        #expect(IPPrefix(IPv6Address.any, length: 129) == nil)
        #expect(IPPrefix(IPv4Address.any, length: 32) == IPPrefix(host: .v4(.any)))
        #expect(IPPrefix(IPv6Address.any, length: 128) == IPPrefix(host: .v6(.any)))
    }

    @Test("containing and overlapping agree with the interval of numbers")
    func intervals() {
        let seed: UInt64 = 0x4EDD_1E04
        var generator = SeededGenerator(seed: seed)
        for round in 0..<20_000 {
            // Few leading bits, so that hits are frequent.
            let left = randomPrefix(using: &generator)
            let right = randomPrefix(using: &generator)
            let sameFamily = left.family == right.family
            let leftRange = left.network.number...left.last.number
            let rightRange = right.network.number...right.last.number
            let comment: Comment = "seed \(seed) round \(round): \(left) \(right)"
            #expect(left.overlaps(right) == (sameFamily && leftRange.overlaps(rightRange)), comment)
            #expect(left.overlaps(right) == right.overlaps(left), comment)
            let inside = leftRange.contains(rightRange.lowerBound) && leftRange.contains(rightRange.upperBound)
            #expect(left.contains(right) == (sameFamily && inside), comment)
            #expect(left.contains(right.address) == (sameFamily && leftRange.contains(right.address.number)), comment)
        }
    }

    private func randomPrefix(using generator: inout SeededGenerator) -> IPPrefix {
        let family: IPAddress.Family = Int.random(in: 0..<4, using: &generator) == 0 ? .v6 : .v4
        let width = family.bitWidth
        let top = UInt128(generator.next() & 7) << UInt128(width - 3)
        let number = top | (Bool.random(using: &generator) ? UInt128(generator.next() & 0xFF) : 0)
        let length =
            Bool.random(using: &generator)
            ? Int.random(in: 0...6, using: &generator) : Int.random(in: (width - 8)...width, using: &generator)
        return IPPrefix(IPAddress(family: family, number: number), length: length) ?? IPPrefix(host: .v4(.any))
    }

    @Test("netmasks")
    func netmasks() throws {
        #expect(try IPPrefix(parsing: "10.0.0.0/20").netmask.description == "255.255.240.0")
        #expect(try IPPrefix(parsing: "10.0.0.0/0").netmask.description == "0.0.0.0")
        #expect(try IPPrefix(parsing: "fd00::/48").netmask.description == "ffff:ffff:ffff::")
    }

    @Test("orders by address, then the shorter first")
    func order() throws {
        let texts = ["fd00::/64", "10.0.0.0/24", "10.0.0.0/8", "9.0.0.0/24", "255.0.0.0/8"]
        let sorted = texts.compactMap { IPPrefix($0) }.sorted().map(\.description)
        #expect(sorted == ["9.0.0.0/24", "10.0.0.0/8", "10.0.0.0/24", "255.0.0.0/8", "fd00::/64"])
    }
}
