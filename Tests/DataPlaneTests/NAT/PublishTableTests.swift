import DataPlane
import Testing

@Suite("Publish table")
struct PublishTableTests {
    private static let host = TransportAddress(ipv4: 0xCB00_7101, port: 0)

    private func entry(
        _ number: UInt32, _ ports: ClosedRange<UInt16>, proto: UInt8 = 6, host: TransportAddress = TransportAddress(),
        family: PublishEntry.Family = .v4, uplink: UInt16 = 0, inside: UInt16 = 80
    ) -> PublishEntry {
        PublishEntry(
            number: number, proto: proto, family: family, hostHigh: host.high, hostLow: host.low,
            first: ports.lowerBound,
            last: ports.upperBound, uplink: uplink, domain: UInt16(number), insideHigh: 7, insideLow: UInt64(number),
            insideFirst: inside, insideMAC: 0x0200_0000_0000 | UInt64(number), insidePort: 5)
    }

    private func number(
        _ table: borrowing PublishTable, _ port: UInt16, proto: UInt8 = 6, host: TransportAddress = Self.host,
        uplink: UInt16 = 1
    ) -> UInt32? {
        let end = TransportAddress(high: host.high, low: host.low, port: port)
        let target = table.lookup(proto: proto, destination: end, uplink: uplink)
        return target.isFound ? target.number : nil
    }

    @Test("A range is one entry, and its ports follow the endpoint's")
    func range() {
        var table = PublishTable()
        #expect(number(table, 8_080) == nil)
        let isSet = table.set(entry(3, 8_000...8_099, inside: 100))
        #expect(isSet)
        for port in [8_000, 8_050, 8_099] as [UInt16] {
            let end = TransportAddress(high: Self.host.high, low: Self.host.low, port: port)
            let target = table.lookup(proto: 6, destination: end, uplink: 9)
            #expect(target.isFound && target.number == 3 && target.domain == 3 && target.insidePort == 5)
            #expect(target.inside.port == 100 + port - 8_000 && target.inside.high == 7 && target.inside.low == 3)
            #expect(target.insideMAC == 0x0200_0000_0003)
        }
        #expect(number(table, 7_999) == nil && number(table, 8_100) == nil)
        #expect(number(table, 8_000, proto: 17) == nil)
        #expect(number(table, 8_000, host: TransportAddress(high: 1, low: 2, port: 0)) == nil)
        let isRemoved = table.remove(number: 3)
        let isRemovedAgain = table.remove(number: 3)
        #expect(isRemoved && !isRemovedAgain && number(table, 8_000) == nil && table.count == 0)
    }

    @Test("The very address wins over any, then the very uplink")
    func precedence() {
        var table = PublishTable()
        var entries = [entry(1, 1...65_535, inside: 1), entry(2, 10...20, uplink: 4)]
        entries += [entry(3, 15...30, host: Self.host), entry(4, 15...16, host: Self.host, uplink: 4)]
        for entry in entries {
            let isSet = table.set(entry)
            #expect(isSet)
        }
        for (port, onFour, onOther) in [
            (9, 1, 1), (10, 2, 1), (14, 2, 1), (15, 4, 3), (16, 4, 3), (17, 3, 3), (30, 3, 3), (31, 1, 1),
        ] as [(UInt16, UInt32, UInt32)] {
            #expect(number(table, port, uplink: 4) == onFour)
            #expect(number(table, port, uplink: 5) == onOther)
            #expect(number(table, port, uplink: 0) == onOther)
        }
        #expect(number(table, 15, host: TransportAddress(ipv4: 1, port: 0), uplink: 4) == 2)
    }

    @Test("What overlaps, is no range or goes past the last port is refused, and changes nothing")
    func refused() {
        var table = PublishTable()
        var isSet = table.set(entry(1, 100...200))
        #expect(isSet)
        for ports in [50...100, 200...300, 150...160, 100...200, 1...65_535] as [ClosedRange<UInt16>] {
            isSet = table.set(entry(2, ports, inside: 1))
            #expect(!isSet)
        }
        for other in [
            entry(3, 100...200, proto: 17), entry(4, 100...200, host: Self.host), entry(5, 100...200, uplink: 1),
            entry(6, 100...200, family: .v6), entry(7, 1...99), entry(8, 201...300),
        ] {
            isSet = table.set(other)
            #expect(isSet, "\(other.number)")
        }
        // The same number again: wider than before, but not over others.
        let other = TransportAddress(ipv4: 9, port: 0)
        isSet = table.set(entry(1, 99...200))
        #expect(!isSet && number(table, 99, host: other, uplink: 9) == 7)
        #expect(number(table, 150, host: other, uplink: 9) == 1)
        isSet = table.set(entry(1, 120...130))
        #expect(isSet && number(table, 110, host: other, uplink: 9) == nil)
        #expect(number(table, 125, host: other, uplink: 9) == 1)
        isSet = table.set(entry(9, 400...500, inside: 65_436))
        #expect(!isSet)
        isSet = table.set(entry(9, 400...500, inside: 65_435))
        #expect(isSet)
        var wrong = entry(10, 600...601)
        wrong.last = 599
        isSet = table.set(wrong)
        #expect(!isSet)
    }

    @Test("Random operations agree with a list", arguments: 1...6 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = PublishTable()
        var model: [PublishEntry] = []
        let hosts = [TransportAddress(), Self.host, TransportAddress(ipv4: 9, port: 0)]
        for step in 0..<6_000 {
            let note: Comment = "seed \(seed), step \(step)"
            let number = UInt32(random.below(60))
            switch random.below(10) {
            case 0..<4:
                let first = UInt16(1 + random.below(300))
                let new = entry(
                    number, first...(first + UInt16(random.below(12))), proto: random.below(2) == 0 ? 6 : 17,
                    host: hosts[random.below(3)], uplink: UInt16(random.below(3)))
                let isFree = model.allSatisfy { old in
                    old.number == number || old.proto != new.proto || old.hostLow != new.hostLow
                        || old.uplink != new.uplink || old.first > new.last || new.first > old.last
                }
                let isSet = table.set(new)
                #expect(isSet == isFree, note)
                if isFree { model = model.filter { $0.number != number } + [new] }
            case 4:
                let isRemoved = table.remove(number: number)
                #expect(isRemoved == model.contains { $0.number == number }, note)
                model.removeAll { $0.number == number }
            default:
                let port = UInt16(1 + random.below(312))
                let host = hosts[1 + random.below(2)]
                let uplink = UInt16(random.below(3))
                let fitting = model.filter {
                    $0.proto == 6 && $0.first <= port && port <= $0.last && ($0.hostLow == host.low || $0.hostLow == 0)
                        && ($0.uplink == uplink || $0.uplink == 0)
                }
                let best = fitting.max { left, right in
                    if (left.hostLow == 0) != (right.hostLow == 0) { return left.hostLow == 0 }
                    return left.uplink == 0 && right.uplink != 0
                }
                #expect(self.number(table, port, host: host, uplink: uplink) == best?.number, note)
            }
            #expect(table.count == model.count)
        }
    }

    @Test("Full: 16,384 and no more")
    func full() {
        var table = PublishTable()
        for port in 1...16_384 as ClosedRange<UInt32> {
            let isSet = table.set(entry(port, UInt16(port)...UInt16(port)))
            #expect(isSet)
        }
        let isSet = table.set(entry(20_000, 20_000...20_000))
        #expect(!isSet && number(table, 20_000) == nil)
        let isChanged = table.set(entry(5, 20_000...20_000))
        #expect(isChanged && number(table, 20_000) == 5 && number(table, 5) == nil && number(table, 16_384) == 16_384)
    }
}
