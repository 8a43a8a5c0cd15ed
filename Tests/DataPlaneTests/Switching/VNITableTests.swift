import Testing

@testable import DataPlane

@Suite("Which domain a VNI is")
struct VNITableTests {
    private struct Key: Hashable {
        var tunnel: UInt16
        var vni: UInt32
    }

    /// A value that isn't copyable, behind calls of a class.
    private final class Rig {
        var table = VNITable()

        func domain(_ key: Key) -> UInt16 { table.domain(tunnel: key.tunnel, vni: key.vni) }
        func insert(_ key: Key, _ domain: UInt16) -> Bool {
            table.insert(tunnel: key.tunnel, vni: key.vni, domain: domain)
        }
        func remove(_ domain: UInt16) { table.remove(domain: domain) }
    }

    @Test("thousands of random operations agree with a dictionary", arguments: 1...6 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rig = Rig()
        var model: [Key: UInt16] = [:]
        // Few keys for many collisions of meaning, or many for those of places.
        let vnis = seed % 2 == 0 ? 12 : 1 << 24
        var known: [Key] = []
        for step in 0..<3_000 {
            let note: Comment = "seed \(seed), step \(step)"
            let key = Key(tunnel: UInt16(1 + random.below(3)), vni: UInt32(random.below(vnis)))
            let domain = UInt16(1 + random.below(4_095))
            known.append(key)
            switch random.below(12) {
            case 0:
                rig.remove(domain)
                model = model.filter { $0.value != domain }
            case 1:
                guard let taken = model.randomElement(using: &random) else { continue }
                rig.remove(taken.value)
                model = model.filter { $0.value != taken.value }
            default:
                // As the switch does: a domain has one VNI.
                if model.values.contains(domain) { continue }
                let isFree = model[key] == nil
                #expect(rig.insert(key, domain) == isFree, note)
                if isFree { model[key] = domain }
                #expect(rig.insert(key, model[key] ?? 0), "the same again")
            }
            for _ in 0..<4 {
                let asked = known[random.below(known.count)]
                #expect(rig.domain(asked) == model[asked] ?? 0, note)
            }
        }
        for (key, domain) in model { #expect(rig.domain(key) == domain, "seed \(seed)") }
    }

    @Test("all domains of one tunnel: every one is found, and nothing else")
    func full() {
        let rig = Rig()
        for domain in UInt16(1)...4_095 {
            #expect(rig.insert(Key(tunnel: 4_095, vni: UInt32(domain) * 4_096), domain))
        }
        for domain in UInt16(1)...4_095 {
            #expect(rig.domain(Key(tunnel: 4_095, vni: UInt32(domain) * 4_096)) == domain)
            #expect(rig.domain(Key(tunnel: 4_095, vni: UInt32(domain) * 4_096 + 1)) == 0)
            #expect(rig.domain(Key(tunnel: 4_094, vni: UInt32(domain) * 4_096)) == 0)
        }
    }

    @Test("the first and the last VNI and tunnel")
    func limits() {
        let rig = Rig()
        let keys = [(UInt16(1), UInt32(0)), (1, 0xFF_FFFF), (4_095, 0), (4_095, 0xFF_FFFF)].map(Key.init)
        for (place, key) in keys.enumerated() { #expect(rig.insert(key, UInt16(place) + 1)) }
        #expect(keys.map { rig.domain($0) } == [1, 2, 3, 4])
        rig.remove(2)
        #expect(keys.map { rig.domain($0) } == [1, 0, 3, 4])
    }
}
