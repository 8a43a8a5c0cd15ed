import Testing

@testable import DataPlane

// As in SwitchRig+Configuration: calls of a class, since `#expect` can't hold what isn't copyable.
extension TableRig {
    fileprivate func foresee(
        _ mac: UInt64, vlan: UInt16, domain: UInt16, port: UInt16, now: UInt32
    ) -> LearningForesight {
        table.foresee(mac: mac, vlan: vlan, domain: domain, port: port, now: now)
    }

    fileprivate func lookup(
        _ mac: UInt64, vlan: UInt16, domain: UInt16, now: UInt32, after foresight: LearningForesight, of key: UInt64
    ) -> UInt16 {
        table.lookup(mac: mac, vlan: vlan, domain: domain, now: now, after: foresight, of: key)
    }

    /// All that a table is, but for its clock hand.
    fileprivate func image() -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory, count: byteCount))
    }
}

@Suite("What learning would do")
struct StationForesightTests {
    private struct Station {
        var mac: UInt64
        var vlan: UInt16
        var domain: UInt16

        var key: UInt64 { StationBuckets.key(mac: mac, vlan: vlan) }
    }

    /// A table that is nearly always full, with a cap that is often reached, ageing of 0 among the domains'.
    @Test("is what it then does, in a crowded table", arguments: 1...20)
    func model(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let capacity = [4, 8, 16][seed % 3]
        let rig = try TableRig(capacity: capacity, portCap: UInt32(2 + seed % 5))
        for (domain, ageing) in [(UInt16(1), UInt32(0)), (2, 50), (3, 3_000), (4, 300_000)] {
            rig.table.setAgeing(domain: domain, milliseconds: ageing)
        }
        var stations: [Station] = []
        for domain in UInt16(1)...4 {
            for mac in 0..<UInt64(6) {
                stations.append(Station(mac: 0x0200_0000_0001 + mac, vlan: mac % 3 == 0 ? 7 : 0, domain: domain))
            }
        }
        var seen = Set<LearnResult>()
        var evictions = 0
        var now = UInt32.max - 1_000_000
        for step in 0..<4_000 {
            now &+= UInt32([0, 1, 60, 150, 1_000][generator.below(5)])
            let station = stations[generator.below(stations.count)]
            let port = UInt16(1 + generator.below(5))
            if generator.below(60) == 0 {
                _ = rig.addStatic(station.mac, vlan: station.vlan, domain: station.domain, port: port, now: now)
            }
            if generator.below(30) == 0 { _ = rig.remove(station.mac, vlan: station.vlan, domain: station.domain) }
            let note = Comment("seed \(seed) step \(step)")

            let before = rig.image()
            let statistics = rig.statistics
            let counts = (1...5).map { rig.count($0) }
            let rows = rig.entries(now: now)
            let foresight = rig.foresee(
                station.mac, vlan: station.vlan, domain: station.domain, port: port, now: now)
            let supposed = stations.map {
                // Lookups of another domain's stations aren't asked: a frame has one domain.
                $0.domain != station.domain
                    ? nil
                    : rig.lookup($0.mac, vlan: $0.vlan, domain: $0.domain, now: now, after: foresight, of: station.key)
            }
            #expect(rig.image() == before && rig.statistics == statistics, "looking changes nothing")
            #expect((1...5).map { rig.count($0) } == counts, note)

            let result = rig.learn(station.mac, vlan: station.vlan, domain: station.domain, port: port, now: now)
            seen.insert(result)
            #expect(result == foresight.result, note)
            for (other, expected) in zip(stations, supposed) {
                guard let expected else { continue }
                #expect(rig.lookup(other.mac, vlan: other.vlan, domain: other.domain, now: now) == expected, note)
            }
            let isEvicting = rig.statistics.evicted != statistics.evicted
            #expect(isEvicting == (foresight.evictedKey != 0), note)
            if isEvicting {
                evictions += 1
                let victim = StationEntry(key: foresight.evictedKey, place: foresight.evictedPlace, now: now)
                #expect(rows.contains(victim) && !rig.entries(now: now).contains(victim), note)
            }
        }
        #expect(seen.isSuperset(of: [.known, .refreshed, .new, .moved, .staticElsewhere, .refused]))
        #expect(evictions > 50)
    }
}
