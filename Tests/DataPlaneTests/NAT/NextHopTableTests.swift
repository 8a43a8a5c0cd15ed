import DataPlane
import Testing

@Suite("Next hop table")
struct NextHopTableTests {
    private struct Key: Hashable {
        var uplink: UInt16
        var high: UInt64
        var low: UInt64
    }

    @Test("Random operations agree with a dictionary", arguments: 1...6 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = NextHopTable()
        var model: [Key: UInt64] = [:]
        let span = [10, 300, 3_000][Int(seed % 3)]
        for step in 0..<20_000 {
            let key = Key(
                uplink: UInt16(1 + random.below(3)), high: UInt64(random.below(2)), low: UInt64(random.below(span)))
            switch random.below(100) {
            case 0..<45:
                let mac = 1 + random.next() & 0xFFFF_FFFF_FFFE
                let isNew = model[key] == nil
                let isTaken = table.set(uplink: key.uplink, high: key.high, low: key.low, mac: mac)
                #expect(isTaken == (!isNew || model.count < NextHopTable.capacity), "seed \(seed), step \(step)")
                if isTaken { model[key] = mac }
            case 45..<70:
                let isRemoved = table.remove(uplink: key.uplink, high: key.high, low: key.low)
                #expect(isRemoved == (model.removeValue(forKey: key) != nil), "seed \(seed), step \(step)")
            case 70 where random.below(20) == 0:
                table.remove(uplink: key.uplink)
                model = model.filter { $0.key.uplink != key.uplink }
            default:
                let found = table.lookup(uplink: key.uplink, high: key.high, low: key.low)
                #expect(found == model[key] ?? 0, "seed \(seed), step \(step)")
            }
            #expect(table.count == model.count)
        }
        for (key, mac) in model { #expect(table.lookup(uplink: key.uplink, high: key.high, low: key.low) == mac) }
    }

    @Test("Full: 4,096 and no more")
    func full() {
        var table = NextHopTable()
        for low in 0..<5_000 as Range<UInt64> {
            let isTaken = table.set(uplink: 1, high: 7, low: low, mac: low + 1)
            #expect(isTaken == (low < 4_096))
        }
        for low in 0..<5_000 as Range<UInt64> {
            #expect(table.lookup(uplink: 1, high: 7, low: low) == (low < 4_096 ? low + 1 : 0))
        }
        let isZeroTaken = table.set(uplink: 1, high: 7, low: 1, mac: 0)
        #expect(!isZeroTaken)
    }

    @Test("One question a second for each address, also when the clock starts anew")
    func questions() {
        var table = NextHopTable()
        for start in [0, 5_000, .max - 500] as [UInt32] {
            for (after, expected) in [
                (0, true), (1, false), (999, false), (1_000, true), (1_999, false), (2_000, true),
            ]
                as [(UInt32, Bool)]
            {
                let isAsked = table.shouldAsk(uplink: 1, high: 0, low: UInt64(start), now: start &+ after)
                #expect(isAsked == expected)
            }
            let isOther = table.shouldAsk(uplink: 2, high: 0, low: UInt64(start), now: start)
            #expect(isOther)
        }
    }

    @Test("A scan asks a bounded number of questions a second, and passes")
    func scan() {
        var table = NextHopTable()
        for second in 0..<3 as Range<UInt32> {
            var asked = 0
            for low in 0..<100_000 as Range<UInt64>
            where table.shouldAsk(uplink: 1, high: 1, low: low, now: second * 1_000) {
                asked += 1
            }
            #expect(asked > 900 && asked <= 1_024)
        }
        let isAsked = table.shouldAsk(uplink: 1, high: 2, low: 2, now: 4_000)
        #expect(isAsked)
    }

    private func has(_ table: borrowing HostAddressTable, high: UInt64, low: UInt64) -> Bool {
        table.contains(high: high, low: low)
    }

    @Test("Host addresses: replaced as a whole, the first of the same counts, bounded")
    func hostAddresses() {
        var table = HostAddressTable()
        #expect(has(table, high: 0, low: 0) == false)
        table.replace(with: [(1, 2, 3), (0, 0xFFFF_0A00_0001, 0), (1, 2, 4), (0, 0, 9)])
        #expect(table.count == 3)
        #expect(has(table, high: 1, low: 2) && table.port(of: TransportAddress(high: 1, low: 2, port: 5)) == 3)
        #expect(has(table, high: 0, low: 0xFFFF_0A00_0001) && has(table, high: 0, low: 0))
        #expect(table.port(of: TransportAddress(ipv4: 0x0A00_0001, port: 0)) == 0)
        #expect(table.port(of: TransportAddress(high: 2, low: 1, port: 0)) == 0 && !has(table, high: 2, low: 1))
        var isTaken = table.replace(with: (0..<16_384).map { (high: 5, low: $0, port: UInt16($0 + 1)) })
        #expect(isTaken && table.count == 16_384 && !has(table, high: 1, low: 2))
        for low in 0..<16_500 as Range<UInt64> {
            #expect(has(table, high: 5, low: low) == (low < 16_384))
            let uplink = table.port(of: TransportAddress(high: 5, low: low, port: 0))
            #expect(uplink == (low < 16_384 ? UInt16(low + 1) : 0))
        }
        isTaken = table.replace(with: (0..<16_385).map { (high: 6, low: $0, port: 1) })
        #expect(!isTaken && has(table, high: 6, low: 16_383) && !has(table, high: 6, low: 16_384))
    }
}
