import DataPlane
import Testing

@Suite("Station table")
struct StationTableTests {
    private let mac: UInt64 = 0x0200_0000_0001

    @Test("Learned, known, refreshed, moved")
    func learning() throws {
        let rig = try TableRig()
        #expect(rig.lookup(mac, now: 0) == 0)
        #expect(rig.learn(mac, port: 7, now: 1000) == .new)
        #expect(rig.lookup(mac, now: 1000) == 7)
        #expect(rig.learn(mac, port: 7, now: 1099) == .known)
        #expect(rig.entries(now: 1099).first?.age == 99)
        #expect(rig.learn(mac, port: 7, now: 1100) == .refreshed)
        #expect(rig.entries(now: 1100).first?.age == 0)
        #expect(rig.learn(mac, port: 8, now: 1100) == .moved)
        #expect(rig.lookup(mac, now: 1100) == 8)
        #expect(rig.count(7) == 0)
        #expect(rig.count(8) == 1)
        #expect(rig.statistics.learned == 1)
        #expect(rig.statistics.moved == 1)
    }

    @Test("MAC, VLAN and domain make the station")
    func keys() throws {
        let rig = try TableRig()
        #expect(rig.learn(mac, vlan: 1, domain: 1, port: 1, now: 0) == .new)
        #expect(rig.learn(mac, vlan: 2, domain: 1, port: 2, now: 0) == .new)
        #expect(rig.learn(mac, vlan: 1, domain: 2, port: 3, now: 0) == .new)
        #expect(rig.learn(mac ^ 1, vlan: 1, domain: 1, port: 4, now: 0) == .new)
        #expect(rig.lookup(mac, vlan: 1, domain: 1, now: 0) == 1)
        #expect(rig.lookup(mac, vlan: 2, domain: 1, now: 0) == 2)
        #expect(rig.lookup(mac, vlan: 1, domain: 2, now: 0) == 3)
        #expect(rig.lookup(mac ^ 1, vlan: 1, domain: 1, now: 0) == 4)
        #expect(rig.lookup(mac, vlan: 2, domain: 2, now: 0) == 0)
        let largest = try TableRig()
        #expect(largest.learn(0xFEFF_FFFF_FFFF, vlan: 4094, domain: 4095, port: 16_383, now: .max) == .new)
        #expect(largest.lookup(0xFEFF_FFFF_FFFF, vlan: 4094, domain: 4095, now: .max) == 16_383)
        #expect(
            largest.entries(now: .max) == [
                StationEntry(
                    mac: 0xFEFF_FFFF_FFFF, vlan: 4094, domain: 4095, port: 16_383, isStatic: false, age: 0)
            ])
    }

    @Test(
        "Ageing by domain: 300 s unless set, to the millisecond",
        arguments: [0, 5000, UInt32.max - 100_000] as [UInt32])
    func ageing(start: UInt32) throws {
        let rig = try TableRig()
        rig.table.setAgeing(domain: 2, milliseconds: 1000)
        #expect(rig.learn(mac, domain: 1, port: 1, now: start) == .new)
        #expect(rig.learn(mac, domain: 2, port: 2, now: start) == .new)
        #expect(rig.lookup(mac, domain: 2, now: start &+ 999) == 2)
        #expect(rig.lookup(mac, domain: 2, now: start &+ 1000) == 0)
        #expect(rig.lookup(mac, domain: 1, now: start &+ 299_000) == 1)
        #expect(rig.lookup(mac, domain: 1, now: start &+ 299_999) == 1)
        #expect(rig.lookup(mac, domain: 1, now: start &+ 300_000) == 0)
        #expect(rig.lookup(mac, domain: 1, now: start &+ 301_000) == 0)
        // Heard of again behind another port after it was forgotten: new, not moved.
        #expect(rig.learn(mac, domain: 1, port: 3, now: start &+ 301_000) == .new)
        #expect(rig.statistics.moved == 0)
        #expect(rig.count(1) == 0)
        #expect(rig.count(3) == 1)
    }

    @Test("A clock that is read once a batch may be behind: that ages nothing")
    func clockBehind() throws {
        let rig = try TableRig()
        #expect(rig.learn(mac, port: 1, now: 1000) == .new)
        #expect(rig.lookup(mac, now: 900) == 1)
        #expect(rig.learn(mac, port: 1, now: 900) == .known)
        #expect(rig.entries(now: 900).first?.age == 0)
    }

    @Test("A static station stays where it is and never ages")
    func statics() throws {
        let rig = try TableRig()
        #expect(rig.learn(mac, port: 1, now: 0) == .new)
        #expect(rig.addStatic(mac, port: 2))
        #expect(rig.count(1) == 0)
        #expect(rig.count(2) == 0)
        #expect(rig.learn(mac, port: 1, now: 5000) == .staticElsewhere)
        #expect(rig.lookup(mac, now: 2_000_000_000) == 2)
        #expect(rig.learn(mac, port: 2, now: 10) == .known)
        #expect(rig.learn(mac, port: 2, now: 1000) == .refreshed)
        #expect(rig.entries(now: 2000) == [StationEntry(mac: mac, vlan: 0, domain: 1, port: 2, isStatic: true, age: 0)])
        #expect(rig.age(budget: 1024, now: 2_000_000_000) == 0)
        #expect(rig.flush(port: 2) == 0)
        #expect(rig.addStatic(mac, port: 3))
        #expect(rig.lookup(mac, now: 0) == 3)
        #expect(rig.remove(mac))
        #expect(!rig.remove(mac))
        #expect(rig.lookup(mac, now: 0) == 0)
    }

    @Test("Static stations that can't be")
    func impossibleStatics() throws {
        let rig = try TableRig()
        #expect(!rig.addStatic(0, port: 1))
        #expect(!rig.addStatic(0x0100_5E00_0001, port: 1))
        #expect(!rig.addStatic(0x0001_0200_0000_0001, port: 1))
        #expect(!rig.addStatic(mac, vlan: 4095, port: 1))
        #expect(!rig.addStatic(mac, domain: 0, port: 1))
        #expect(!rig.addStatic(mac, domain: 4096, port: 1))
        #expect(!rig.addStatic(mac, port: 0))
        // Of the VTEPs' numbers the first is nobody's, as 0 is among the ports'.
        #expect(!rig.addStatic(mac, port: 16_384))
        #expect(!rig.addStatic(mac, port: 20_480))
        #expect(!rig.addStatic(mac, port: .max))
        #expect(rig.entries(now: 0).isEmpty)
        for place in [UInt16(16_383), 16_385, 20_479] {
            #expect(rig.addStatic(mac, port: place))
            #expect(rig.lookup(mac, now: 0) == place)
        }
    }

    @Test("Static stations take room from learned ones, not from each other")
    func staticsFirst() throws {
        let rig = try TableRig(capacity: 4)
        for index in UInt64(1)...4 {
            #expect(rig.learn(index << 8, port: 1, now: UInt32(index)) == .new)
        }
        for index in UInt64(1)...4 {
            #expect(rig.addStatic(index << 9 | 1, port: 2))
        }
        #expect(!rig.addStatic(0x9999, port: 2))
        #expect(rig.learn(0x7777_00, port: 3, now: 10) == .refused)
        #expect(rig.count(1) == 0)
        #expect(rig.entries(now: 10).allSatisfy { $0.isStatic })
    }

    @Test("Flushing by port and by domain")
    func flushing() throws {
        let rig = try TableRig()
        for index in UInt64(1)...40 {
            let domain = UInt16(1 + index % 2)
            #expect(rig.learn(index << 4, domain: domain, port: UInt16(1 + index % 4), now: 0) == .new)
        }
        #expect(rig.addStatic(mac, domain: 1, port: 1))
        #expect(rig.flush(port: 2) == 10)
        #expect(rig.count(2) == 0)
        #expect(rig.flush(domain: 1) == 20)
        #expect(rig.entries(now: 0).count == 11)
        #expect(rig.flush(domain: 1, includingStatic: true) == 1)
        #expect(rig.flush(port: 4) == 10)
        #expect(rig.entries(now: 0).isEmpty)
        #expect((1...4).allSatisfy { rig.count($0) == 0 })
    }

    @Test("Sweeping gives room back, as many buckets at a time as asked")
    func sweeping() throws {
        let rig = try TableRig(capacity: 256)
        for index in UInt64(1)...100 {
            #expect(rig.learn(index << 4, port: 1, now: 0) == .new)
        }
        #expect(rig.age(budget: 64, now: 299_999) == 0)
        var forgotten = 0
        for _ in 0..<64 {
            let now = rig.age(budget: 1, now: 300_000)
            #expect(now <= 4)
            forgotten += now
        }
        #expect(forgotten == 100)
        #expect(rig.count(1) == 0)
        #expect(rig.statistics.aged == 100)
        #expect(rig.age(budget: 0, now: 300_000) == 0)
        #expect(rig.age(budget: -5, now: 300_000) == 0)
    }

    @Test("A port at its cap replaces its own or isn't learned")
    func cap() throws {
        let rig = try TableRig(capacity: 1024, portCap: 50)
        for index in UInt64(1)...2000 {
            let result = rig.learn(index << 4, port: 1, now: UInt32(index))
            #expect(index <= 50 ? result == .new : result == .new || result == .refused)
            #expect(rig.count(1) <= 50)
        }
        #expect(rig.count(1) == 50)
        #expect(rig.entries(now: 2000).count == 50)
        #expect(rig.statistics.learned - rig.statistics.evicted == 50)
        #expect(rig.statistics.learned + rig.statistics.refused == 2000)
        // A station that moves to a port at its cap is no longer known anywhere, so that it is flooded to.
        #expect(rig.learn(mac, port: 2, now: 3000) == .new)
        #expect(rig.learn(mac, port: 1, now: 3000) == .refused)
        #expect(rig.lookup(mac, now: 3000) == 0)
        #expect(rig.count(2) == 0)
    }
}
