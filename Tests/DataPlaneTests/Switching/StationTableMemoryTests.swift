import DataPlane
import Testing

@Suite("Station table: memory")
struct StationTableMemoryTests {
    /// A table with some of everything.
    private func filled() throws -> TableRig {
        let rig = try TableRig(capacity: 64)
        for index in UInt64(1)...30 {
            let port = UInt16(1 + index % 3)
            _ = rig.learn(0x0200_0000_0000 | index << 5, vlan: UInt16(index % 2), port: port, now: UInt32(index))
        }
        _ = rig.addStatic(0x0200_0000_FFFF, port: 9, now: 40)
        return rig
    }

    @Test("A new table goes on where the old one was")
    func attach() throws {
        let rig = try filled()
        let before = rig.entries(now: 50)
        let attached = StationTable(attaching: rig.memory, byteCount: rig.byteCount, now: 50)
        guard let attached else {
            Issue.record("not attached")
            return
        }
        let after = attached.entries(now: 50)
        #expect(after == before)
        #expect(after.count == 31)
        let counts = [UInt16(1), 2, 3, 9].map { attached.learnedCount(port: $0) }
        #expect(counts == [10, 10, 10, 0])
        let found = attached.lookup(mac: 0x0200_0000_FFFF, vlan: 0, domain: 1, now: 50)
        #expect(found == 9)
    }

    @Test("Times from the future are taken to be of now")
    func future() throws {
        let rig = try TableRig(capacity: 64)
        #expect(rig.learn(0x0200_0000_0001, port: 1, now: 5_000_000) == .new)
        let attached = StationTable(attaching: rig.memory, byteCount: rig.byteCount, now: 1000)
        guard let attached else {
            Issue.record("not attached")
            return
        }
        let alive = attached.lookup(mac: 0x0200_0000_0001, vlan: 0, domain: 1, now: 300_999)
        let aged = attached.lookup(mac: 0x0200_0000_0001, vlan: 0, domain: 1, now: 301_000)
        #expect(alive == 1)
        #expect(aged == 0)
    }

    @Test("Another process reads the same rows, by domain and age")
    func reading() throws {
        let rig = try filled()
        let all = StationTable.entries(in: rig.memory, byteCount: rig.byteCount, now: 50)
        #expect(all == rig.entries(now: 50))
        let none = StationTable.entries(in: rig.memory, byteCount: rig.byteCount, domain: 2, now: 50)
        #expect(none == [])
        let young = StationTable.entries(in: rig.memory, byteCount: rig.byteCount, domain: 1, ageing: 25, now: 50)
        // Learned at 26…30, and the static one.
        #expect(young?.count == 6)
        #expect(young?.map(\.age).sorted() == [0, 20, 21, 22, 23, 24])
    }

    @Test("Memory that holds no table", arguments: [0, 1, 63, 64, 128, 1087])
    func tooSmall(count: Int) throws {
        let rig = try filled()
        #expect(rig.byteCount == 64 + 64 * 16)
        #expect(StationTable.entries(in: rig.memory, byteCount: count, now: 0) == nil)
        let attached = StationTable(attaching: rig.memory, byteCount: count, now: 0) != nil
        #expect(!attached)
        let formatted = StationTable(formatting: rig.memory, byteCount: count, capacity: 64) != nil
        #expect(!formatted)
    }

    @Test("Capacities that can't be", arguments: [-4, 0, 1, 2, 3, 5, 12, 1000, 1 << 23])
    func capacities(capacity: Int) throws {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
        defer { memory.deallocate() }
        let formatted = StationTable(formatting: memory, byteCount: .max, capacity: capacity) != nil
        #expect(!formatted)
    }

    @Test("Memory that isn't aligned to a cache line")
    func unaligned() throws {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
        defer { memory.deallocate() }
        let formatted = StationTable(formatting: memory + 8, byteCount: 4000, capacity: 64) != nil
        #expect(!formatted)
        let attached = StationTable(attaching: memory + 8, byteCount: 4000, now: 0) != nil
        #expect(!attached)
    }

    @Test("Any byte of the header changed: not a table")
    func header() throws {
        let rig = try filled()
        for offset in 0..<64 {
            for bit in 0..<8 {
                let old = rig.memory.load(fromByteOffset: offset, as: UInt8.self)
                rig.memory.storeBytes(of: old ^ 1 << UInt8(bit), toByteOffset: offset, as: UInt8.self)
                let attached = StationTable(attaching: rig.memory, byteCount: rig.byteCount, now: 50) != nil
                #expect(!attached, "byte \(offset) bit \(bit)")
                #expect(StationTable.entries(in: rig.memory, byteCount: rig.byteCount, now: 50) == nil)
                rig.memory.storeBytes(of: old, toByteOffset: offset, as: UInt8.self)
            }
        }
        let attached = StationTable(attaching: rig.memory, byteCount: rig.byteCount, now: 50) != nil
        #expect(attached)
    }

    @Test("Any bit of any entry changed: refused, or a table that works", arguments: [0, 1])
    func entries(half: Int) throws {
        let rig = try filled()
        var accepted = 0
        for offset in (64 + half * 512)..<(64 + (half + 1) * 512) {
            for bit in 0..<8 {
                let old = rig.memory.load(fromByteOffset: offset, as: UInt8.self)
                rig.memory.storeBytes(of: old ^ 1 << UInt8(bit), toByteOffset: offset, as: UInt8.self)
                if Self.works(rig) { accepted += 1 }
                rig.memory.storeBytes(of: old, toByteOffset: offset, as: UInt8.self)
            }
        }
        // Ports, times and the second words of free entries may be changed unnoticed; keys and domains may not.
        #expect(accepted > 0)
        #expect(accepted < 64 * 8 * 8)
    }

    /// Attaches to a copy and uses it; false if it is refused.
    private static func works(_ rig: TableRig) -> Bool {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: rig.byteCount, alignment: 64)
        defer { copy.deallocate() }
        copy.copyMemory(from: rig.memory, byteCount: rig.byteCount)
        guard var table = StationTable(attaching: copy, byteCount: rig.byteCount, now: 50) else { return false }
        for index in UInt64(1)...40 {
            _ = table.learn(mac: 0x0200_0000_0000 | index << 5, vlan: 1, domain: 1, port: 1, now: 60)
            _ = table.lookup(mac: index, vlan: 0, domain: 1, now: 60)
        }
        _ = table.age(budget: 64, now: 400_000)
        table.flush(domain: 1, includingStatic: true)
        return true
    }

    @Test("The same station twice is no table")
    func duplicate() throws {
        let rig = try TableRig(capacity: 4)
        _ = rig.learn(0x0200_0000_0001, port: 1, now: 0)
        let first = rig.memory + 64
        (first + 16).copyMemory(from: first, byteCount: 16)
        let attached = StationTable(attaching: rig.memory, byteCount: rig.byteCount, now: 0) != nil
        #expect(!attached)
    }
}
