import Testing

@testable import DataPlane

@Suite("Whose an address is")
struct NeighbourTableTests {
    private struct Key: Hashable {
        var domain: UInt16
        var high: UInt64
        var low: UInt64

        static func random(_ random: inout SeededGenerator, of count: Int) -> Key {
            Key(domain: UInt16(1 + random.below(5)), high: UInt64(random.below(2)), low: UInt64(random.below(count)))
        }
    }

    /// A value that isn't copyable, behind calls of a class.
    private final class Rig {
        var table = NeighbourTable()

        func mac(_ key: Key) -> UInt64 { table.mac(domain: key.domain, high: key.high, low: key.low) }
        func set(_ key: Key, _ mac: UInt64) -> Bool {
            table.set(domain: key.domain, high: key.high, low: key.low, mac: mac)
        }
        func remove(_ key: Key) -> Bool { table.remove(domain: key.domain, high: key.high, low: key.low) }
        func remove(domain: UInt16) { table.remove(domain: domain) }
    }

    @Test("random operations agree with a dictionary", arguments: 1...6 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rig = Rig()
        var model: [Key: UInt64] = [:]
        let count = [10, 100, 2_000][Int(seed % 3)]
        for step in 0..<2_000 {
            let note: Comment = "seed \(seed), step \(step)"
            let key = Key.random(&random, of: count)
            switch random.below(100) {
            case 0:
                rig.remove(domain: key.domain)
                model = model.filter { $0.key.domain != key.domain }
            case 1..<15:
                let taken = random.below(2) == 0 ? key : model.keys.randomElement(using: &random) ?? key
                #expect(rig.remove(taken) == (model.removeValue(forKey: taken) != nil), note)
            default:
                let mac = 1 + random.next() >> 17
                #expect(rig.set(key, mac), note)
                model[key] = mac
            }
            let asked = Key.random(&random, of: count)
            #expect(rig.mac(asked) == model[asked] ?? 0, note)
        }
        for (key, mac) in model { #expect(rig.mac(key) == mac, "seed \(seed)") }
    }

    @Test("16,384 fit, and one more when another is gone; a change needs no room")
    func full() {
        let rig = Rig()
        #expect(rig.mac(Key(domain: 1, high: 0, low: 1)) == 0 && !rig.remove(Key(domain: 1, high: 0, low: 1)))
        for number in 0..<UInt64(NeighbourTable.capacity) {
            #expect(rig.set(Key(domain: 4_095, high: .max, low: number), number + 1))
        }
        let extra = Key(domain: 1, high: 0, low: 7)
        #expect(!rig.set(extra, 9) && rig.mac(extra) == 0)
        #expect(rig.set(Key(domain: 4_095, high: .max, low: 5), 0xFFFF_FFFF_FFFF))
        #expect(rig.mac(Key(domain: 4_095, high: .max, low: 5)) == 0xFFFF_FFFF_FFFF)
        #expect(rig.remove(Key(domain: 4_095, high: .max, low: 6)))
        #expect(rig.set(extra, 9) && rig.mac(extra) == 9)
        rig.remove(domain: 4_095)
        #expect(rig.mac(Key(domain: 4_095, high: .max, low: 5)) == 0 && rig.mac(extra) == 9)
    }
}
