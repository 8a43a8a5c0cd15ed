import DataPlane
import Testing

@Suite("Verdicts")
struct SwitchVerdictTests {
    private typealias Make = TestFrames

    @Test("Unknown destinations are flooded, known ones go to one port, moved ones follow")
    func learning() throws {
        let rig = try SwitchRig(ports: [1, 2, 3])
        let first = rig.put(Make.plain(), into: 1)
        #expect(first.verdict == .flood)
        #expect(first.ports == [2, 3])
        let answer = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        #expect(answer.verdict == .forward)
        #expect(answer.ports == [1])
        let known = rig.put(Make.plain(), into: 1)
        #expect(known.ports == [2])
        #expect(known.sent[2] == Make.plain())
        // Bob moves to port 3.
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 3)
        let moved = rig.put(Make.plain(), into: 1)
        #expect(moved.ports == [3])
        #expect(rig.statistics.moved == 1)
        #expect(rig.statistics.learned == 2)
    }

    @Test("A destination behind the ingress port is dropped")
    func samePort() throws {
        let rig = try SwitchRig(ports: [1, 2])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 1)
        #expect(rig.put(Make.plain(), into: 1).reason == .samePort)
    }

    @Test("Group addresses are flooded, the sixteen reserved ones are not")
    func groups() throws {
        let rig = try SwitchRig(ports: [1, 2, 3])
        for last in UInt64(0)...0x2F {
            let outcome = rig.put(Make.plain(to: 0x0180_C200_0000 | last), into: 1)
            #expect(outcome.reason == (last < 16 ? .reservedGroup : .none))
            #expect(outcome.ports == (last < 16 ? [] : [2, 3]))
        }
        #expect(rig.put(Make.plain(to: Make.broadcast), into: 2).ports == [1, 3])
        // A frame to a reserved group teaches nothing.
        let fresh = try SwitchRig(ports: [1, 2])
        _ = fresh.put(Make.plain(to: 0x0180_C200_0000), into: 1)
        #expect(fresh.statistics.learned == 0)
    }

    @Test("Sources that can't be are dropped and not learned")
    func sources() throws {
        let rig = try SwitchRig(ports: [1, 2])
        #expect(rig.put(Make.plain(from: Make.broadcast), into: 1).reason == .groupSource)
        #expect(rig.put(Make.plain(from: 0x0100_5E00_0001), into: 1).reason == .groupSource)
        #expect(rig.put(Make.plain(from: 0), into: 1).reason == .zeroSource)
        #expect(rig.statistics.learned == 0)
    }

    @Test("Lengths: 14 bytes are a frame, 13 are not; a tag must be whole")
    func lengths() throws {
        let rig = try SwitchRig(ports: [1, 2])
        for length in 0..<14 {
            #expect(rig.put(Array(Make.plain().prefix(length)), into: 1).reason == .tooShort)
        }
        #expect(rig.put(Array(Make.plain().prefix(14)), into: 1).ports == [2])
        for length in 14..<20 {
            #expect(rig.put(Array(Make.plain(tags: Make.tag(1)).prefix(length)), into: 1).reason == .truncated)
        }
        #expect(rig.put(Array(Make.plain(tags: Make.tag(1)).prefix(20)), into: 1).ports == [2])
        let header = Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16)
        let largest = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(payload: 65557 - 54)))
        #expect(largest.count == 65557)
        #expect(rig.put(largest, into: 1, header: header).ports == [2])
        #expect(rig.put(largest + [0], into: 1, header: header).reason == .tooLong)
    }

    @Test("MTU as the kernel's bridge has it: Ethernet header and one tag on top; super-frames pass")
    func mtu() throws {
        let rig = try SwitchRig(ports: [1])
        rig.setPort(2, domain: 1, mtu: 1400)
        rig.setPort(3, domain: 1, mtu: 9000)
        #expect(rig.put(Make.plain(length: 1418), into: 1).ports == [2, 3])
        let long = rig.put(Make.plain(length: 1419), into: 1)
        #expect(long.verdict == .flood)
        #expect(long.ports == [3])
        #expect(long.egressDrops == [2: .exceedsMTU])
        let header = Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16)
        let superframe = Make.ethernet(type: 0x0800, Make.ipv4(protocol: 6, Make.tcp(payload: 60000)))
        #expect(rig.put(superframe, into: 1, header: header).ports == [2, 3])
        #expect(rig.put(superframe, into: 1).egressDrops == [2: .exceedsMTU, 3: .exceedsMTU])
    }

    @Test("A super-frame is told by the verdict, dropped ones too")
    func superframes() throws {
        let rig = try SwitchRig(ports: [1, 2])
        let header = Make.vnet(flags: 1, type: 1, segment: 1448, start: 34, offset: 16)
        let packet = Make.ipv4(protocol: 6, Make.tcp(payload: 6000))
        let passing = rig.verdict(Make.ethernet(type: 0x0800, packet), from: 1, header: header)
        #expect(passing.isSuperframe)
        let dropped = rig.verdict(Make.ethernet(from: 0, type: 0x0800, packet), from: 1, header: header)
        #expect(dropped.isSuperframe)
        #expect(dropped.reason == .zeroSource)
        let plain = rig.verdict(Make.plain(), from: 1)
        #expect(!plain.isSuperframe)
    }

    @Test("A vnet header that lies is dropped before anything is learned")
    func lyingHeader() throws {
        let rig = try SwitchRig(ports: [1, 2])
        #expect(rig.put(Make.plain(), into: 1, header: Make.vnet(flags: 1, start: 9000)).reason == .vnetChecksum)
        #expect(rig.put(Make.plain(), into: 1, header: Make.vnet(type: 9)).reason == .vnetGSOType)
        #expect(rig.statistics.learned == 0)
    }

    @Test("Ports without a domain, and numbers that aren't ports")
    func noDomain() throws {
        let rig = try SwitchRig(ports: [1, 2])
        for port in [UInt16(0), 3, 4095, 16_383, 16_384, 65535] {
            #expect(rig.put(Make.plain(), into: port).reason == .noDomain)
        }
        // 4097 is port 1 for the table's mask: such numbers are never given to a port.
        #expect(!rig.hasPort(4097))
    }

    @Test("Nobody to flood to")
    func lonely() throws {
        let rig = try SwitchRig(ports: [1])
        #expect(rig.put(Make.plain(), into: 1).reason == .noOtherPort)
        #expect(rig.put(Make.plain(to: Make.broadcast), into: 1).reason == .noOtherPort)
        rig.setPort(2, domain: 1, isolated: true)
        #expect(rig.put(Make.plain(), into: 1).ports == [2])
        rig.setPort(1, domain: 1, isolated: true)
        #expect(rig.put(Make.plain(), into: 1).reason == .noOtherPort)
        rig.setPort(3, domain: 1)
        #expect(rig.put(Make.plain(), into: 1).ports == [3])
    }

    @Test("Isolated ports reach open ones only")
    func isolated() throws {
        let rig = try SwitchRig(ports: [3])
        rig.setPort(1, domain: 1, isolated: true)
        rig.setPort(2, domain: 1, isolated: true)
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.bob), into: 2).ports == [3])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.carol), into: 3).ports == [1, 2])
        #expect(rig.put(Make.plain(to: Make.bob), into: 1).reason == .isolated)
        #expect(rig.put(Make.plain(to: Make.carol), into: 1).ports == [3])
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.carol), into: 3).ports == [1])
    }

    @Test("Domains see nothing of each other, even with the same stations")
    func domains() throws {
        let rig = try SwitchRig(ports: [1, 2])
        rig.addDomain(2, ageingMilliseconds: 300_000)
        rig.setPort(11, domain: 2)
        rig.setPort(12, domain: 2)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        #expect(rig.put(Make.plain(), into: 11).ports == [12])
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 12).ports == [11])
        #expect(rig.put(Make.plain(), into: 1).ports == [2])
        // A verdict of one domain opens no way out in another.
        let verdict = rig.verdict(Make.plain(to: Make.broadcast), from: 1)
        let action = rig.forwarding.egress(to: 11, from: 1, verdict: verdict, length: 60)
        #expect(action.kind == .skip)
    }

    @Test("Stations age: there after 299 s, flooded after 301 s")
    func ageing() throws {
        let rig = try SwitchRig(ports: [1, 2, 3])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        rig.now &+= 299_000
        #expect(rig.put(Make.plain(), into: 1).ports == [2])
        rig.now &+= 2000
        #expect(rig.put(Make.plain(), into: 1).ports == [2, 3])
    }

    @Test("Removing a port forgets its stations and takes it out of flooding")
    func removePort() throws {
        let rig = try SwitchRig(ports: [1, 2, 3, 4])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        #expect(rig.removePort(2))
        #expect(!rig.removePort(2))
        #expect(rig.put(Make.plain(), into: 1).ports == [3, 4])
        #expect(rig.put(Make.plain(), into: 2).reason == .noDomain)
        rig.setPort(2, domain: 1)
        #expect(rig.put(Make.plain(), into: 1).ports == [2, 3, 4])
    }

    @Test("Removing a domain takes its ports and static stations with it")
    func removeDomain() throws {
        let rig = try SwitchRig(ports: [1, 2])
        #expect(rig.addStatic(Make.bob, vlan: 0, port: 2))
        #expect(rig.removeDomain(1))
        #expect(!rig.removeDomain(1))
        #expect(!rig.hasPort(1))
        #expect(rig.put(Make.plain(), into: 1).reason == .noDomain)
        #expect(rig.entries().isEmpty)
    }

    @Test("A station behind a port that isn't there, or is elsewhere now, is not known")
    func foreignStations() throws {
        let rig = try SwitchRig(ports: [1, 2, 3])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        _ = rig.put(Make.plain(to: Make.alice, from: Make.carol), into: 3)
        let count = StationTable.bytes(capacity: 1024)
        guard let table = StationTable(attaching: rig.memory, byteCount: count, now: rig.now) else {
            Issue.record("not attached")
            return
        }
        // A new engine is told otherwise: port 2 is in another domain, port 3 is no more.
        rig.forwarding = Switch(stations: table)
        rig.addDomain(1)
        rig.addDomain(2)
        rig.setPort(1)
        rig.setPort(2, domain: 2)
        rig.setPort(4)
        #expect(rig.put(Make.plain(to: Make.bob), into: 1).ports == [4])
        #expect(rig.put(Make.plain(to: Make.carol), into: 1).ports == [4])
    }

    @Test("Changing a port keeps its stations unless its domain changes")
    func changePort() throws {
        let rig = try SwitchRig(ports: [1, 2, 3])
        _ = rig.put(Make.plain(to: Make.alice, from: Make.bob), into: 2)
        rig.setPort(2, domain: 1, isolated: true, mtu: 9000)
        #expect(rig.put(Make.plain(), into: 1).ports == [2])
        rig.addDomain(2, ageingMilliseconds: 1000)
        rig.setPort(2, domain: 2)
        #expect(rig.put(Make.plain(), into: 1).ports == [3])
        #expect(rig.members(1) == [1, 3])
        #expect(rig.members(2) == [2])
    }

    @Test("Configuration that can't be is refused and changes nothing")
    func refusals() throws {
        let rig = try SwitchRig(ports: [1])
        for id in [UInt16(0), 4096, 65535] {
            #expect(!rig.addDomain(id, ageingMilliseconds: 1))
            #expect(!rig.removeDomain(id))
        }
        for id in [UInt16(0), 16_384, 65535] {
            #expect(!rig.setPort(id, domain: 1))
            #expect(!rig.removePort(id))
        }
        #expect(!rig.setPort(2, domain: 9))
        #expect(!rig.setPort(1, domain: 1, accessVLAN: 4095))
        #expect(rig.members(1) == [1])
    }

    @Test("Members survive any order of joining and leaving", arguments: 0..<4)
    func members(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let rig = try SwitchRig()
        var expected: Set<UInt16> = []
        for _ in 0..<2000 {
            let port = UInt16(1 + generator.below(16_383))
            if expected.contains(port) || generator.below(3) == 0 {
                #expect(rig.removePort(port) == (expected.remove(port) != nil))
            } else {
                #expect(rig.setPort(port, domain: 1, isolated: generator.below(2) == 0))
                expected.insert(port)
            }
        }
        #expect(rig.members(1) == expected.sorted())
        for port in expected {
            rig.removePort(port)
        }
        rig.setPort(1, domain: 1, isolated: true)
        #expect(rig.put(Make.plain(), into: 1).reason == .noOtherPort)
    }
}
