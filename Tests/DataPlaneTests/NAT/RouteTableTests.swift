import Addresses
import DataPlane
import Testing

@Suite("Route table")
struct RouteTableTests {
    private func route(_ address: String, _ length: UInt8, uplink: UInt16) throws -> RouteEntry {
        let end = TransportAddress(try #require(IPAddress(address)), port: 0)
        return RouteEntry(
            high: end.high, low: end.low, prefixLength: length, decision: RouteDecision(uplink: uplink))
    }

    private func uplink(_ table: borrowing RouteTable, _ address: String) throws -> UInt16? {
        let end = TransportAddress(try #require(IPAddress(address)), port: 0)
        let decision = table.lookup(high: end.high, low: end.low)
        return decision.isFound ? decision.uplink : nil
    }

    @Test("The longest prefix decides, and a default route is of one family")
    func longest() throws {
        var table = RouteTable()
        #expect(try uplink(table, "10.0.0.1") == nil)
        table.replace(with: [
            try route("0.0.0.0", 0, uplink: 1), try route("10.0.0.0", 8, uplink: 2),
            try route("10.1.0.0", 16, uplink: 3),
            try route("10.1.2.3", 32, uplink: 4), try route("2001:db8::", 32, uplink: 5),
            try route("2001:db8:0:1::", 64, uplink: 6), try route("ffff::", 16, uplink: 7),
            try route("255.255.255.255", 32, uplink: 8),
        ])
        #expect(table.count == 8)
        for (address, expected) in [
            ("9.9.9.9", 1), ("10.0.0.1", 2), ("10.1.0.0", 3), ("10.1.2.2", 3), ("10.1.2.3", 4), ("10.1.2.4", 3),
            ("10.2.0.0", 2), ("11.0.0.0", 1), ("255.255.255.255", 8), ("2001:db8::1", 5), ("2001:db8:0:1::9", 6),
            ("2001:db8:0:2::", 5), ("2001:db9::", nil), ("::", nil), ("ffff::1", 7),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 7), ("fffe::", nil),
        ] as [(String, UInt16?)] {
            #expect(try uplink(table, address) == expected, "\(address)")
        }
        table.replace(with: [])
        #expect(try uplink(table, "10.0.0.1") == nil)
        #expect(table.count == 0)
    }

    @Test("What a decision tells comes back, and the first of duplicates counts")
    func decision() throws {
        var table = RouteTable()
        var first = try route("192.0.2.77", 24, uplink: 9)
        first.decision = RouteDecision(
            uplink: 9, gatewayHigh: 1, gatewayLow: 2, mtu: 1_400, sourceHigh: 3, sourceLow: 4, isRefused: true)
        table.replace(with: [first, try route("192.0.2.0", 24, uplink: 10)])
        #expect(table.count == 1)
        let end = TransportAddress(try #require(IPAddress("192.0.2.200")), port: 0)
        let found = table.lookup(high: end.high, low: end.low)
        #expect(found.isFound && found.isRefused && found.uplink == 9 && found.mtu == 1_400)
        #expect(found.gatewayHigh == 1 && found.gatewayLow == 2 && found.sourceHigh == 3 && found.sourceLow == 4)
    }

    @Test("Too many are refused, and those that are too long left out")
    func bounds() throws {
        var table = RouteTable()
        let many = try (0...4_096).map { try route("10.\($0 >> 8).\($0 & 255).0", 24, uplink: 1) }
        let isTaken = table.replace(with: many)
        #expect(!isTaken && table.count == 0)
        let isRest = table.replace(with: Array(many.dropLast()))
        #expect(isRest && table.count == 4_096)
        table.replace(with: [try route("10.0.0.0", 33, uplink: 1), try route("2001:db8::", 129, uplink: 1)])
        #expect(table.count == 0)
    }

    @Test("The same as asking every route", arguments: 1...8 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func address(_ isIPv4: Bool) -> (UInt64, UInt64) {
            // Few values a byte, so that prefixes lie in each other.
            func word(_ bytes: Int) -> UInt64 {
                (0..<bytes).reduce(0) { sum, _ in sum << 8 | [0, 1, 0x80, 0xFF][random.below(4)] }
            }
            return isIPv4 ? (0, 0xFFFF_0000_0000 | word(4)) : (word(8) | 1 << 63, word(8))
        }
        var table = RouteTable()
        for round in 0..<20 {
            let routes = (0..<random.below(200)).map { index in
                let isIPv4 = random.below(2) == 0
                let (high, low) = address(isIPv4)
                return RouteEntry(
                    high: high, low: low, prefixLength: UInt8(random.below(isIPv4 ? 33 : 129)),
                    decision: RouteDecision(uplink: UInt16(index + 1)))
            }
            table.replace(with: routes)
            for _ in 0..<300 {
                let (high, low) = address(random.below(2) == 0)
                #expect(
                    table.lookup(high: high, low: low).uplink == expected(routes, high, low),
                    "seed \(seed), round \(round)"
                )
            }
        }
    }

    private func expected(_ routes: [RouteEntry], _ high: UInt64, _ low: UInt64) -> UInt16 {
        let isIPv4 = high == 0 && low >> 32 == 0xFFFF
        var best: RouteEntry?
        for route in routes where (route.high == 0 && route.low >> 32 == 0xFFFF) == isIPv4 {
            let length = Int(route.prefixLength) + (isIPv4 ? 96 : 0)
            let difference = UInt128(route.high ^ high) << 64 | UInt128(route.low ^ low)
            guard length == 0 || difference >> UInt128(128 - length) == 0 else { continue }
            if let known = best, known.prefixLength >= route.prefixLength { continue }
            best = route
        }
        return best?.decision.uplink ?? 0
    }
}
