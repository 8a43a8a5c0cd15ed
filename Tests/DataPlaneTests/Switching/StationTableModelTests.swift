import DataPlane
import Testing

/// What a table without limits would know.
private struct Model {
    struct Key: Hashable {
        var mac: UInt64
        var vlan: UInt16
        var domain: UInt16
    }

    struct Place: Equatable {
        var port: UInt16
        var seen: UInt32
        var isStatic: Bool
    }

    var stations: [Key: Place] = [:]
    var ageing: [UInt16: UInt32] = [:]

    func isLive(_ key: Key, _ place: Place, now: UInt32) -> Bool {
        place.isStatic || now &- place.seen < ageing[key.domain] ?? 300_000
    }

    func lookup(_ key: Key, now: UInt32) -> UInt16 {
        guard let place = stations[key], isLive(key, place, now: now) else { return 0 }
        return place.port
    }

    mutating func learn(_ key: Key, port: UInt16, now: UInt32) -> LearnResult {
        guard let old = stations[key] else {
            stations[key] = Place(port: port, seen: now, isStatic: false)
            return .new
        }
        if old.port == port {
            if now &- old.seen < 100 { return .known }
            stations[key]?.seen = now
            return isLive(key, old, now: now) ? .refreshed : .new
        }
        if old.isStatic { return .staticElsewhere }
        stations[key] = Place(port: port, seen: now, isStatic: false)
        return isLive(key, old, now: now) ? .moved : .new
    }

    func rows(now: UInt32) -> [StationEntry] {
        stations.filter { isLive($0.key, $0.value, now: now) }.map { key, place in
            StationEntry(
                mac: key.mac, vlan: key.vlan, domain: key.domain, port: place.port, isStatic: place.isStatic,
                age: place.isStatic ? 0 : now &- place.seen)
        }.sorted { ($0.domain, $0.vlan, $0.mac) < ($1.domain, $1.vlan, $1.mac) }
    }
}

@Suite("Station table against a model")
struct StationTableModelTests {
    @Test("Thousands of random operations, with room for all", arguments: 1...20)
    func roomy(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        // The clock comes round in the middle of it.
        var now = UInt32.max - 2_000_000
        let rig = try TableRig(capacity: 4096, portCap: .max)
        var model = Model()
        for domain in UInt16(1)...3 {
            let ageing = [UInt32(1000), 30_000, 300_000][Int(domain) - 1]
            rig.table.setAgeing(domain: domain, milliseconds: ageing)
            model.ageing[domain] = ageing
        }
        for step in 0..<6000 {
            now &+= UInt32(generator.below(1000))
            // Few enough that both buckets of a station are never full.
            let key = Model.Key(
                mac: UInt64(0x0200_0000_0000 + generator.below(100)), vlan: UInt16(generator.below(2) * 7),
                domain: UInt16(1 + generator.below(3)))
            let port = UInt16(1 + generator.below(5))
            switch generator.below(100) {
            case 0..<60:
                let result = rig.learn(key.mac, vlan: key.vlan, domain: key.domain, port: port, now: now)
                #expect(result == model.learn(key, port: port, now: now), "seed \(seed) step \(step)")
            case 60..<90:
                let found = rig.lookup(key.mac, vlan: key.vlan, domain: key.domain, now: now)
                #expect(found == model.lookup(key, now: now), "seed \(seed) step \(step)")
            case 90..<92:
                #expect(rig.addStatic(key.mac, vlan: key.vlan, domain: key.domain, port: port, now: now))
                model.stations[key] = Model.Place(port: port, seen: now, isStatic: true)
            case 92..<96:
                let removed = rig.remove(key.mac, vlan: key.vlan, domain: key.domain)
                // One that has aged may still be in the table or have given its room away.
                if let old = model.stations.removeValue(forKey: key) {
                    #expect(removed || !model.isLive(key, old, now: now), "seed \(seed) step \(step)")
                } else {
                    #expect(!removed, "seed \(seed) step \(step)")
                }
            case 96:
                _ = rig.flush(port: port)
                model.stations = model.stations.filter { $0.value.isStatic || $0.value.port != port }
            case 97:
                _ = rig.flush(domain: key.domain)
                model.stations = model.stations.filter { $0.value.isStatic || $0.key.domain != key.domain }
            default:
                _ = rig.age(budget: 1024, now: now)
                model.stations = model.stations.filter { model.isLive($0.key, $0.value, now: now) }
            }
            if step % 500 == 0 {
                #expect(rig.entries(now: now) == model.rows(now: now), "seed \(seed) step \(step)")
            }
        }
        #expect(rig.statistics.evicted == 0)
        #expect(rig.statistics.refused == 0)
        _ = rig.age(budget: 1024, now: now)
        for port in UInt16(1)...5 {
            let expected = model.rows(now: now).filter { $0.port == port && !$0.isStatic }.count
            #expect(rig.count(port) == expected, "seed \(seed)")
        }
    }

    @Test("A table that is far too small forgets, and never lies", arguments: 1...20)
    func crowded(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var now: UInt32 = 0
        let rig = try TableRig(capacity: 32, portCap: 10)
        var model = Model()
        for step in 0..<8000 {
            now &+= UInt32(generator.below(300))
            let key = Model.Key(mac: UInt64(0x0200_0000_0000 + generator.below(300)), vlan: 0, domain: 1)
            let port = UInt16(1 + generator.below(6))
            let expected = model.learn(key, port: port, now: now)
            let result = rig.learn(key.mac, port: port, now: now)
            switch result {
            case .known, .refreshed, .moved: #expect(result == expected, "seed \(seed) step \(step)")
            case .new: break
            case .refused: #expect(rig.lookup(key.mac, now: now) == 0, "seed \(seed) step \(step)")
            case .staticElsewhere: Issue.record("nothing is static, seed \(seed) step \(step)")
            }
            let other = Model.Key(mac: UInt64(0x0200_0000_0000 + generator.below(300)), vlan: 0, domain: 1)
            let found = rig.lookup(other.mac, now: now)
            #expect(found == 0 || found == model.lookup(other, now: now), "seed \(seed) step \(step)")
        }
        // The counts are those of a table that counts anew, and no port is above its cap.
        let attached = try #require(Self.recount(rig, now: now))
        for port in UInt16(1)...6 {
            #expect(rig.count(port) == attached[Int(port)], "seed \(seed)")
            #expect(rig.count(port) <= 10)
        }
    }

    /// Learned stations by port, counted from the memory.
    private static func recount(_ rig: TableRig, now: UInt32) -> [Int]? {
        guard let table = StationTable(attaching: rig.memory, byteCount: rig.byteCount, now: now) else { return nil }
        return (UInt16(0)...6).map { table.learnedCount(port: $0) }
    }
}
