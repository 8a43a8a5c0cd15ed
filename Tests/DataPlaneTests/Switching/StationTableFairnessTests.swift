import DataPlane
import Testing

@Suite("Station table: fairness")
struct StationTableFairnessTests {
    /// An individual, non-zero address.
    private func individual(_ number: UInt64) -> UInt64 {
        (number & 0xFCFF_FFFF_FFFF) | 0x0200_0000_0000
    }

    @Test("A million random sources on one port push out none of nine others' 900 stations", arguments: [1, 2, 3])
    func flood(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let rig = try TableRig(capacity: StationTable.defaultCapacity)
        var stations: [(mac: UInt64, port: UInt16)] = []
        for port in UInt16(2)...10 {
            for _ in 0..<100 {
                let mac = individual(generator.next())
                stations.append((mac, port))
                #expect(rig.learn(mac, port: port, now: 0) == .new)
            }
        }
        for _ in 0..<1_000_000 {
            _ = rig.learn(individual(generator.next()), port: 1, now: 1000)
        }
        let lost = stations.filter { rig.lookup($0.mac, now: 1000) != $0.port }
        #expect(lost.isEmpty)
        #expect((2...10).allSatisfy { rig.count($0) == 100 })
        #expect(rig.count(1) == Int(StationTable.defaultPortCap))
        #expect(rig.statistics.learned - rig.statistics.evicted == 900 + 4096)
    }

    @Test("Without a cap the flooder fills the table and still pushes nobody out")
    func uncapped() throws {
        var generator = SeededGenerator(seed: 99)
        let rig = try TableRig(capacity: 4096, portCap: .max)
        let stations = (0..<200).map { _ in individual(generator.next()) }
        for (index, mac) in stations.enumerated() {
            #expect(rig.learn(mac, port: UInt16(2 + index % 4), now: 0) == .new)
        }
        for _ in 0..<200_000 {
            _ = rig.learn(individual(generator.next()), port: 1, now: 1000)
        }
        #expect(rig.count(1) + 200 == 4096)
        let lost = stations.enumerated().filter { rig.lookup($0.element, now: 1000) != UInt16(2 + $0.offset % 4) }
        #expect(lost.isEmpty)
        // The table is full; newcomers of quiet ports still find room, at the flooder's cost.
        let newcomers = (0..<200).map { _ in individual(generator.next()) }
        for mac in newcomers {
            #expect(rig.learn(mac, port: 6, now: 1000) == .new)
        }
        #expect(newcomers.allSatisfy { rig.lookup($0, now: 1000) == 6 })
        #expect(rig.count(1) + 400 == 4096)
    }

    @Test("Many flooders share what there is")
    func sharing() throws {
        var generator = SeededGenerator(seed: 5)
        let rig = try TableRig(capacity: 4096, portCap: .max)
        for round in 0..<400_000 {
            _ = rig.learn(individual(generator.next()), port: UInt16(1 + round % 16), now: 1000)
        }
        let counts = (UInt16(1)...16).map { rig.count($0) }
        #expect(counts.reduce(0, +) == 4096)
        // 256 each, within the luck of buckets.
        #expect(counts.allSatisfy { $0 > 250 && $0 < 262 }, "\(counts)")
    }

    @Test("The oldest station of the largest port gives way")
    func oldest() throws {
        let rig = try TableRig(capacity: 4, portCap: .max)
        #expect(rig.learn(0x10, port: 1, now: 30) == .new)
        #expect(rig.learn(0x20, port: 1, now: 10) == .new)
        #expect(rig.learn(0x30, port: 1, now: 20) == .new)
        #expect(rig.learn(0x40, port: 2, now: 1) == .new)
        #expect(rig.learn(0x50, port: 3, now: 40) == .new)
        #expect(rig.entries(now: 40).map(\.mac) == [0x10, 0x30, 0x40, 0x50])
        // Port 1 holds two and port 3 one: one more for port 3 makes them change places.
        #expect(rig.learn(0x60, port: 3, now: 50) == .new)
        #expect(rig.entries(now: 50).map(\.mac) == [0x10, 0x40, 0x50, 0x60])
        // Now port 3 itself holds most: it replaces its own oldest.
        #expect(rig.learn(0x70, port: 3, now: 60) == .new)
        #expect(rig.entries(now: 60).map(\.mac) == [0x10, 0x40, 0x60, 0x70])
        // Port 2 holds one, not fewer than port 1: port 3, which holds two, gives way.
        #expect(rig.learn(0x80, port: 2, now: 70) == .new)
        #expect(rig.entries(now: 70).map(\.mac) == [0x10, 0x40, 0x70, 0x80])
        #expect(rig.statistics.evicted == 4)
    }

    @Test("Nobody gives way to a port that holds as many, if it has nothing of its own to replace")
    func refused() throws {
        let rig = try TableRig(capacity: 8, portCap: .max)
        // Two buckets, which are the two of every station: eight places.
        for index in UInt64(1)...8 {
            #expect(rig.learn(index << 4, port: UInt16(index), now: 0) == .new)
        }
        #expect(rig.learn(0x1000, port: 9, now: 0) == .new)
        #expect(rig.statistics.evicted == 1)
        let holder = (UInt16(1)...9).first { rig.count($0) == 0 } ?? 0
        #expect(rig.learn(0x2000, port: holder, now: 1) == .new)
        #expect(rig.learn(0x3000, port: holder, now: 2) == .new)
        #expect(rig.lookup(0x2000, now: 2) == 0)
        #expect(rig.lookup(0x3000, now: 2) == holder)
    }

    @Test("MACs in a row fill half the table without a collision that costs anything", arguments: 1...10)
    func rows(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let rig = try TableRig(capacity: 16384, portCap: .max, seed: (generator.next(), generator.next()))
        for index in UInt64(0)..<8192 {
            #expect(rig.learn(0x0200_0A00_0000 + index, port: UInt16(1 + index % 200), now: 0) == .new)
        }
        #expect(rig.statistics.evicted == 0)
        #expect(rig.statistics.refused == 0)
    }

    @Test("Aged stations give way first")
    func aged() throws {
        let rig = try TableRig(capacity: 4, portCap: .max)
        for index in UInt64(1)...4 {
            #expect(rig.learn(index << 4, port: 1, now: UInt32(index) * 100_000) == .new)
        }
        #expect(rig.learn(0x50, port: 1, now: 450_000) == .new)
        #expect(rig.entries(now: 450_000).map(\.mac) == [0x20, 0x30, 0x40, 0x50])
        #expect(rig.statistics.evicted == 0)
        #expect(rig.statistics.aged == 1)
        #expect(rig.count(1) == 4)
    }
}
