import Addresses
import DataPlane
import Testing

@Suite("Filters of parents")
struct ParentFilterTests {
    private typealias Around = FilterInterpreter.Surroundings

    private func frame(to mac: UInt64) -> [UInt8] {
        MACAddress(value: mac).octets + [2, 0, 0, 0, 0, 9, 0x08, 0x00] + [UInt8](repeating: 0, count: 46)
    }

    private func isIn(_ plan: ParentFilterPlan, _ mac: UInt64, tag: UInt32? = nil, tpid: UInt32 = 0x8100) -> Bool {
        let around = Around(hasTag: tag == nil ? 0 : 1, tag: tag ?? 0, tagProtocol: tpid)
        return FilterInterpreter.run(plan.filter.instructions, on: frame(to: mac), around) == .max
    }

    @Test("frames for the stations and group frames come in, no others")
    func stations() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the parents' filters: \(seed)")
        var random = SocketFilterTests.Random(seed)
        for round in 0..<40 {
            let count = [0, 1, 2, 3, 17, 250][round % 6]
            let first = UInt64.random(in: 0...0xFFFF, using: &random) & 0xFEFF
            let stations = (0..<count).map { number in
                let isNear = Bool.random(using: &random)
                let low = isNear ? UInt64(number) : UInt64.random(in: 0...0xFFFF_FFFF, using: &random)
                let high = Int.random(in: 0..<8, using: &random) == 0 ? UInt64(number) << 1 & 0xFE : first
                return high << 32 | low
            }
            let plan = ParentFilterPlan(stations: stations.map { MACAddress(value: $0) }, vlan: nil)
            #expect(FilterInterpreter.refusal(of: plan.filter.instructions) == nil)
            for station in stations { #expect(isIn(plan, station)) }
            #expect(isIn(plan, 0xFFFF_FFFF_FFFF) && isIn(plan, 0x3333_0000_0001))
            for _ in 0..<200 {
                let near = stations.randomElement(using: &random) ?? 0
                let mac = (near ^ 1 << UInt64.random(in: 0..<48, using: &random)) & 0xFEFF_FFFF_FFFF
                #expect(isIn(plan, mac) == stations.contains(mac), "seed \(seed), round \(round)")
            }
        }
    }

    @Test("one VLAN: just that, and just 802.1Q's")
    func vlan() {
        let plan = ParentFilterPlan(stations: [MACAddress(value: 2)], vlan: 10)
        #expect(FilterInterpreter.refusal(of: plan.filter.instructions) == nil)
        for mac in [UInt64(2), 0xFFFF_FFFF_FFFF] {
            #expect(isIn(plan, mac, tag: 10) && isIn(plan, mac, tag: 0xE00A))
            #expect(!isIn(plan, mac) && !isIn(plan, mac, tag: 11) && !isIn(plan, mac, tag: 0))
            #expect(!isIn(plan, mac, tag: 10, tpid: 0x88A8))
        }
        #expect(!isIn(plan, 4, tag: 10))
        let wire = ParentFilterPlan(stations: nil, vlan: 10)
        #expect(isIn(wire, 4, tag: 10) && !isIn(wire, 4) && !isIn(wire, 4, tag: 9))
    }

    @Test("without a VLAN: what has no tag, and tags that are nobody else's")
    func foreign() {
        for stations in [[MACAddress(value: 2)], nil] {
            let plan = ParentFilterPlan(stations: stations, vlan: nil, foreign: [10, 11, 4_094])
            #expect(FilterInterpreter.refusal(of: plan.filter.instructions) == nil)
            #expect(isIn(plan, 2) && isIn(plan, 2, tag: 9) && isIn(plan, 2, tag: 12) && isIn(plan, 2, tag: 0))
            for vlan in [UInt32(10), 11, 4_094] {
                #expect(!isIn(plan, 2, tag: vlan) && !isIn(plan, 2, tag: vlan | 0x2000))
            }
            #expect(isIn(plan, 4) == (stations == nil))
        }
    }

    @Test("thousands of scattered stations still fit, at the price of a few more frames")
    func many() {
        var random = SocketFilterTests.Random(7)
        let stations = (0..<4_000).map { _ in
            MACAddress(value: 0x0200_0000_0000 | UInt64.random(in: 0...0xFFFF_FFFF, using: &random))
        }
        let plan = ParentFilterPlan(stations: stations, vlan: 10)
        #expect(FilterInterpreter.refusal(of: plan.filter.instructions) == nil)
        for station in stations { #expect(isIn(plan, station.value, tag: 10)) }
        let others = (0..<1_000).filter { _ in
            isIn(plan, 0x0200_0000_0000 | UInt64.random(in: 0...0xFFFF_FFFF, using: &random), tag: 10)
        }
        #expect(others.count < 900)
        // Beginnings of all kinds: everything comes in rather than nothing.
        let strewn = (0..<500).map { MACAddress(value: UInt64($0) << 33 | 5) }
        #expect(isIn(ParentFilterPlan(stations: strewn, vlan: nil), 0x0455_0000_0001))
    }
}
