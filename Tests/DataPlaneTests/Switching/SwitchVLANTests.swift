import DataPlane
import Testing

/// A frame's tags at one way in, and what leaves where.
struct VLANCase: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var ingress: UInt16
    var tags: [UInt8]
    var reason: DropReason = .none
    /// The tags that leave, by port.
    var leaves: [UInt16: [UInt8]] = [:]
}

private func tag(_ vlan: UInt16, _ priority: UInt16 = 0, _ tpid: UInt16 = 0x8100) -> [UInt8] {
    TestFrames.tag(vlan, priority: priority, tpid: tpid)
}

/// Ports 1 and 2: access ports of VLAN 10; 3: of VLAN 20; 4 and 5: trunks.
private let cases: [VLANCase] = [
    VLANCase(
        testDescription: "untagged at an access port", ingress: 1, tags: [], leaves: [2: [], 4: tag(10), 5: tag(10)]),
    VLANCase(
        testDescription: "the only access port of its VLAN", ingress: 3, tags: [], leaves: [4: tag(20), 5: tag(20)]),
    VLANCase(
        testDescription: "priority tag at an access port", ingress: 1, tags: tag(0, 5),
        leaves: [2: [], 4: tag(10, 5), 5: tag(10, 5)]),
    VLANCase(testDescription: "own VLAN at an access port", ingress: 1, tags: tag(10), reason: .vlanTagged),
    VLANCase(testDescription: "other VLAN at an access port", ingress: 1, tags: tag(20), reason: .vlanTagged),
    VLANCase(testDescription: "4095 at an access port", ingress: 1, tags: tag(4095), reason: .vlanReserved),
    VLANCase(testDescription: "two tags at an access port", ingress: 1, tags: tag(10) + tag(20), reason: .vlanTagged),
    VLANCase(
        testDescription: "a tag behind a priority tag at an access port", ingress: 1, tags: tag(0) + tag(20),
        reason: .vlanTagged),
    VLANCase(
        testDescription: "two priority tags at an access port", ingress: 1, tags: tag(0) + tag(0), reason: .vlanTagged),
    VLANCase(
        testDescription: "a legacy tag behind a priority tag", ingress: 1, tags: tag(0) + tag(20, 0, 0x9100),
        reason: .vlanTagged),
    VLANCase(
        testDescription: "service tag at an access port", ingress: 1, tags: tag(20, 0, 0x88A8), reason: .vlanTagged),
    VLANCase(
        testDescription: "legacy tag at an access port", ingress: 1, tags: tag(20, 0, 0x9100), reason: .vlanTagged),
    VLANCase(
        testDescription: "VLAN 10 at a trunk", ingress: 4, tags: tag(10, 3), leaves: [1: [], 2: [], 5: tag(10, 3)]),
    VLANCase(testDescription: "VLAN 20 at a trunk", ingress: 5, tags: tag(20), leaves: [3: [], 4: tag(20)]),
    VLANCase(testDescription: "VLAN 30 at a trunk", ingress: 5, tags: tag(30), leaves: [4: tag(30)]),
    VLANCase(
        testDescription: "two tags at a trunk", ingress: 4, tags: tag(10) + tag(20),
        leaves: [1: tag(20), 2: tag(20), 5: tag(10) + tag(20)]),
    VLANCase(testDescription: "untagged at a trunk", ingress: 4, tags: [], leaves: [5: []]),
    VLANCase(testDescription: "priority tag at a trunk", ingress: 4, tags: tag(0, 7), leaves: [5: tag(0, 7)]),
    VLANCase(testDescription: "4095 at a trunk", ingress: 4, tags: tag(4095), reason: .vlanReserved),
    VLANCase(
        testDescription: "service tag at a trunk", ingress: 4, tags: tag(10, 0, 0x88A8),
        leaves: [5: tag(10, 0, 0x88A8)]),
]

@Suite("VLANs")
struct SwitchVLANTests {
    private typealias Make = TestFrames

    private func rig() throws -> SwitchRig {
        let rig = try SwitchRig()
        rig.setPort(1, domain: 1, accessVLAN: 10)
        rig.setPort(2, domain: 1, accessVLAN: 10)
        rig.setPort(3, domain: 1, accessVLAN: 20)
        rig.setPort(4, domain: 1)
        rig.setPort(5, domain: 1)
        return rig
    }

    @Test("Every way in against every way out", arguments: cases)
    func matrix(example: VLANCase) throws {
        let rig = try rig()
        let length = 100 + example.tags.count
        let outcome = rig.put(
            Make.plain(to: Make.broadcast, tags: example.tags, length: length), into: example.ingress)
        #expect(outcome.reason == example.reason)
        #expect(outcome.egressDrops.isEmpty)
        #expect(outcome.ports == example.leaves.keys.sorted())
        for (port, tags) in example.leaves {
            let expected = Make.plain(to: Make.broadcast, tags: tags, length: 100 + tags.count)
            #expect(outcome.sent[port] == expected, "port \(port)")
        }
    }

    @Test("Tags pass untouched where there is no access port, whatever they are")
    func unaware() throws {
        let rig = try SwitchRig(ports: [1, 2])
        let kinds = [
            tag(0), tag(4095), tag(1) + tag(2), tag(7, 7, 0x88A8), tag(9, 0, 0x9100), tag(1) + tag(2) + tag(3),
        ]
        for tags in kinds {
            let frame = Make.plain(tags: tags)
            #expect(rig.put(frame, into: 1).sent == [2: frame])
        }
        // One station whatever its tag.
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob, tags: tag(7)), into: 2)
        rig.setPort(3, domain: 1)
        #expect(rig.put(Make.plain(tags: tag(9)), into: 1).ports == [2])
    }

    @Test("The same station in two VLANs is two stations")
    func keys() throws {
        let rig = try rig()
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 3)
        #expect(rig.statistics.moved == 0)
        #expect(rig.put(Make.plain(), into: 1).ports == [2])
        #expect(rig.put(Make.plain(tags: tag(10)), into: 4).ports == [2])
        #expect(rig.put(Make.plain(tags: tag(20)), into: 4).ports == [3])
        #expect(rig.put(Make.plain(tags: tag(30)), into: 4).ports == [5])
    }

    @Test("Known unicast changes its tag like flooded frames do")
    func unicast() throws {
        let rig = try rig()
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob, tags: tag(10)), into: 4)
        let out = rig.put(Make.plain(length: 60), into: 1)
        #expect(out.verdict == .forward)
        #expect(out.sent == [4: Make.plain(tags: tag(10), length: 64)])
        let back = rig.put(Make.plain(to: Make.alice, from: Make.bob, tags: tag(10), length: 64), into: 4)
        #expect(back.sent == [1: Make.plain(to: Make.alice, from: Make.bob, length: 60)])
    }

    @Test("A static station in the wrong VLAN leads to a port that doesn't carry it")
    func mismatch() throws {
        let rig = try rig()
        #expect(rig.addStatic(Make.bob, vlan: 10, port: 3))
        let outcome = rig.put(Make.plain(), into: 1)
        #expect(outcome.verdict == .forward)
        #expect(outcome.egressDrops == [3: .vlanMismatch])
    }

    @Test(
        "Stations that were learned in the other way are forgotten when the domain starts or stops to tell VLANs apart")
    func awareness() throws {
        let rig = try SwitchRig(ports: [1, 2, 3])
        #expect(rig.addStatic(Make.carol, port: 1))
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        rig.setPort(3, accessVLAN: 5)
        #expect(rig.entries().map(\.mac) == [Make.carol])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 3)
        _ = rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 2)
        rig.removePort(3)
        // Alice has no VLAN in either way.
        #expect(rig.entries().map(\.mac) == [Make.alice, Make.carol])
        rig.setPort(3, accessVLAN: 5)
        rig.setPort(2, accessVLAN: 6)
        _ = rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 2)
        rig.setPort(2)
        rig.setPort(3)
        #expect(rig.entries().map(\.mac) == [Make.carol])
    }

    @Test("The only access port changed in another respect keeps everybody's stations")
    func sameVLAN() throws {
        let rig = try SwitchRig(ports: [1])
        rig.setPort(2, accessVLAN: 5)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        _ = rig.put(Make.plain(tags: tag(5)), into: 1)
        let before = rig.entries()
        #expect(before.count == 2)
        rig.setPort(2, isolated: true, accessVLAN: 5, mtu: 9000)
        #expect(rig.entries() == before)
        rig.setPort(2, accessVLAN: 6)
        #expect(rig.entries().map(\.mac) == [Make.alice])
    }

    @Test("A new engine that gets its ports one by one keeps the stations of the one before")
    func newEngine() throws {
        let rig = try rig()
        _ = rig.put(Make.plain(), into: 1)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 3)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.carol), into: 4)
        let before = rig.entries()
        #expect(before.map(\.vlan) == [0, 10, 20])
        let count = StationTable.bytes(capacity: 1024)
        guard let table = StationTable(attaching: rig.memory, byteCount: count, now: rig.now) else {
            Issue.record("not attached")
            return
        }
        rig.forwarding = Switch(stations: table)
        rig.addDomain(1)
        for port in UInt16(4)...5 { rig.setPort(port) }
        rig.setPort(1, accessVLAN: 10)
        rig.setPort(3, accessVLAN: 20)
        // Those without a VLAN may be of a time without access ports.
        #expect(rig.entries() == before.filter { $0.vlan != 0 })
    }

    @Test("Nobody in the VLAN: dropped, counted once")
    func noOtherPort() throws {
        let rig = try SwitchRig()
        rig.setPort(1, domain: 1, accessVLAN: 10)
        rig.setPort(2, domain: 1, accessVLAN: 20)
        #expect(rig.put(Make.plain(), into: 1).reason == .noOtherPort)
        rig.setPort(3, domain: 1, isolated: true, accessVLAN: 10)
        #expect(rig.put(Make.plain(), into: 1).ports == [3])
        rig.setPort(1, domain: 1, isolated: true, accessVLAN: 10)
        #expect(rig.put(Make.plain(), into: 1).reason == .noOtherPort)
    }

    @Test("MTU counts what leaves, tag and all")
    func mtu() throws {
        let rig = try rig()
        // 1518 bytes untagged leave untagged by port 2, and would be 1522 by the trunks.
        let outcome = rig.put(Make.plain(to: Make.broadcast, length: 1518), into: 1)
        #expect(outcome.ports == [2])
        #expect(outcome.egressDrops == [4: .exceedsMTU, 5: .exceedsMTU])
        let tagged = rig.put(Make.plain(to: Make.broadcast, tags: tag(10), length: 1522), into: 4)
        #expect(tagged.ports == [1, 2])
        #expect(tagged.egressDrops == [5: .exceedsMTU])
    }
}
