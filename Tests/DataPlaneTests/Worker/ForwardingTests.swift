import Addresses
import DataPlane
import Glibc
import Testing

@Suite("What a worker sends")
struct ForwardingTests {
    @Test("a known station gets the frame alone, bytes and header as they came")
    func forward() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        _ = rig.put(TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob), into: 2)
        let header = TestFrames.vnet(flags: VirtioNetHeader.dataValid)
        let sent = rig.put(TestFrames.plain(length: 1_514), into: 1, header: header)
        #expect(sent.map(\.port) == [2])
        #expect(sent.first?.bytes == header + TestFrames.plain(length: 1_514))
        let counted = rig.counters(1)
        #expect(counted.receivedFrames == 1 && counted.receivedBytes == 1_514 && counted.forwarded == 1)
        #expect(rig.counters(2).sentFrames == 1 && rig.counters(2).sentBytes == 1_514)
        rig.expectSound()
    }

    @Test("a flooded frame goes to all others out of the one slot that it came in")
    func floodShares() throws {
        let rig = try ScriptedWorker(ports: Array(1...200), slots: 1)
        let sent = rig.put(TestFrames.plain(), into: 77)
        #expect(Set(sent.map(\.port)) == Set((UInt16(1)...200).filter { $0 != 77 }))
        #expect(sent.count == 199)
        #expect(sent.allSatisfy { $0.slot == 0 && !$0.isGathered })
        #expect(sent.allSatisfy { $0.frame == TestFrames.plain() })
        #expect(rig.counters(77).flooded == 1)
        rig.expectSound()
    }

    @Test("a flooded frame has its tag pushed and popped in heads of its own; the slot stays as it is")
    func floodWithTags() throws {
        let rig = try ScriptedWorker(ports: [1])
        try rig.addPort(2)
        try rig.addPort(3, accessVLAN: 7)
        try rig.addPort(4, accessVLAN: 7)
        try rig.addPort(5, accessVLAN: 8)
        _ = rig.device.take()
        let untagged = TestFrames.plain(to: TestFrames.broadcast)
        let tagged = TestFrames.plain(to: TestFrames.broadcast, tags: TestFrames.tag(7), length: 64)
        // From an access port: as it is to its like, with a tag to trunks, not to other VLANs.
        let fromAccess = rig.put(untagged, into: 3)
        #expect(Set(fromAccess.map(\.port)) == [1, 2, 4])
        for frame in fromAccess {
            let expected = frame.port == 4 ? untagged : Array(untagged[..<12]) + TestFrames.tag(7) + untagged[12...]
            #expect(frame.frame == expected)
            #expect(frame.isGathered == (frame.port != 4) && frame.slot == fromAccess.first?.slot)
        }
        // From a trunk: popped for the VLAN's access ports.
        let fromTrunk = rig.put(tagged, into: 1)
        #expect(Set(fromTrunk.map(\.port)) == [2, 3, 4])
        for frame in fromTrunk {
            #expect(frame.frame == (frame.port == 2 ? tagged : Array(tagged[..<12]) + tagged[16...]))
        }
        #expect(rig.counters(2).sentBytes == 64 + 64 && rig.counters(4).sentBytes == 60 + 60)
        rig.expectSound()
    }

    @Test("the partial checksum of a super-frame moves with its tag")
    func superframeWithTag() throws {
        let rig = try ScriptedWorker(ports: [1])
        try rig.addPort(2, accessVLAN: 7)
        _ = rig.device.take()
        let packet = TestFrames.ipv4(protocol: 6, TestFrames.tcp(payload: 8_000))
        let frame = TestFrames.ethernet(to: TestFrames.broadcast, type: 0x0800, packet)
        let header = TestFrames.vnet(flags: 1, type: 1, headerLength: 54, segment: 1_448, start: 34, offset: 16)
        let pushed = try #require(rig.put(frame, into: 2, header: header).first)
        let moved = TestFrames.vnet(flags: 1, type: 1, headerLength: 58, segment: 1_448, start: 38, offset: 16)
        #expect(pushed.port == 1 && pushed.isSuperframe)
        #expect(pushed.bytes == moved + frame[..<12] + TestFrames.tag(7) + frame[12...])
        let popped = try #require(rig.put(pushed.frame, into: 1, header: moved).first)
        #expect(popped.port == 2 && popped.bytes == header + frame)
        #expect(rig.counters(1).sentSuperframes == 1 && rig.counters(1).receivedSuperframes == 1)
        #expect(rig.counters(2).sentSuperframes == 1 && rig.counters(2).receivedSuperframes == 1)
        rig.expectSound()
    }

    @Test("a tag that makes a frame too long for its way out is a drop there")
    func tagBeyondMTU() throws {
        let rig = try ScriptedWorker(ports: [1])
        try rig.addPort(2, accessVLAN: 7)
        _ = rig.device.take()
        #expect(rig.put(TestFrames.plain(length: 1_514), into: 2).map(\.frame.count) == [1_518])
        #expect(rig.put(TestFrames.plain(length: 1_515), into: 2) == [])
        #expect(rig.drops(1, .exceedsMTU) == 1)
        rig.expectIngressCloses(2)
        rig.expectSound()
    }

    @Test("nothing passes between domains")
    func domains() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 2))) == 0)
        try rig.addPort(3, domain: 2)
        try rig.addPort(4, domain: 2)
        _ = rig.put(TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob), into: 4)
        #expect(rig.put(TestFrames.plain(), into: 1).map(\.port) == [2], "bob lives in the other domain")
        #expect(rig.put(TestFrames.plain(to: TestFrames.broadcast), into: 3).map(\.port) == [4])
        #expect(rig.perform(.removeDomain(2)) == 0)
        #expect(rig.put(TestFrames.plain(), into: 3) == [])
        #expect(rig.drops(3, .noDomain) == 1)
        rig.expectIngressCloses(3)
        rig.expectSound()
    }

    @Test("an injected frame goes the way of one that came in, and counts as one")
    func inject() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        #expect(rig.perform(.inject(port: 2, frame: TestFrames.plain(to: TestFrames.broadcast, length: 9_216))) == 0)
        #expect(rig.device.take().sent == [], "too long for MTU 1500")
        #expect(rig.drops(1, .exceedsMTU) == 1 && rig.drops(3, .exceedsMTU) == 1)
        #expect(rig.perform(.inject(port: 2, frame: TestFrames.plain(to: TestFrames.broadcast))) == 0)
        let sent = rig.device.take().sent
        #expect(Set(sent.map(\.port)) == [1, 3])
        #expect(sent.allSatisfy { $0.bytes == TestFrames.vnet() + TestFrames.plain(to: TestFrames.broadcast) })
        #expect(sent.allSatisfy { $0.slot == nil })
        #expect(rig.counters(2).receivedFrames == 2 && rig.counters(2).flooded == 2)
        // It was learned: answers come back.
        #expect(rig.put(TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob), into: 3).map(\.port) == [2])
        rig.expectSound()
    }

    @Test("what can't be injected is refused")
    func injectRefused() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        #expect(rig.perform(.inject(port: 3, frame: TestFrames.plain())) == ENOENT)
        #expect(rig.perform(.inject(port: 0, frame: TestFrames.plain())) == ENOENT)
        #expect(rig.perform(.inject(port: 65_535, frame: TestFrames.plain())) == ENOENT)
        #expect(rig.perform(.inject(port: 1, frame: Array(repeating: 1, count: 13))) == EMSGSIZE)
        #expect(rig.perform(.inject(port: 1, frame: Array(repeating: 1, count: 9_217))) == EMSGSIZE)
        #expect(rig.counters(1) == PortCounters())
        rig.expectSound()
    }

    @Test("a static station is found from the first frame on, and no frame moves it")
    func staticStation() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        let bob = MACAddress(value: TestFrames.bob)
        let station = StationConfiguration(domain: 1, mac: bob, port: 3)
        #expect(rig.perform(.addStation(station)) == 0)
        #expect(rig.put(TestFrames.plain(), into: 1).map(\.port) == [3])
        _ = rig.put(TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.bob), into: 2)
        #expect(rig.put(TestFrames.plain(), into: 1).map(\.port) == [3])
        // It outlives the ageing time.
        rig.step(after: 400_000_000_000)
        rig.step(after: 400_000_000_000)
        #expect(rig.put(TestFrames.plain(), into: 1).map(\.port) == [3])
        #expect(rig.perform(.removeStation(station)) == 0)
        #expect(Set(rig.put(TestFrames.plain(), into: 1).map(\.port)) == [2, 3])
        #expect(rig.perform(.removeStation(station)) == ENOENT)
        rig.expectSound()
    }

    @Test("a learned station is forgotten when its time is over")
    func ageing() throws {
        let rig = try ScriptedWorker(ports: [1, 2, 3])
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 1, ageingMilliseconds: 5_000))) == 0)
        _ = rig.put(TestFrames.plain(to: TestFrames.alice, from: TestFrames.bob), into: 2)
        rig.clock += 4_999_000_000
        #expect(rig.put(TestFrames.plain(), into: 1).map(\.port) == [2])
        rig.clock += 1_000_000
        #expect(Set(rig.put(TestFrames.plain(), into: 1).map(\.port)) == [2, 3])
        rig.expectSound()
    }

    @Test("a source guard comes and goes by message")
    func sourceGuard() throws {
        let rig = try ScriptedWorker(ports: [2])
        let own = PortGuard(
            mac: MACAddress(value: TestFrames.alice), ipv4: [IPv4Address(value: 0x0A00_0002)], ipv6: [])
        try rig.addPort(1, sourceGuard: own)
        _ = rig.device.take()
        let spoofed = TestFrames.ethernet(type: 0x0800, TestFrames.ipv4(from: 0x0A00_0009, protocol: 17, [1, 2, 3, 4]))
        let honest = TestFrames.ethernet(type: 0x0800, TestFrames.ipv4(protocol: 17, [1, 2, 3, 4]))
        #expect(rig.put(TestFrames.plain(from: TestFrames.carol), into: 1) == [])
        #expect(rig.put(spoofed, into: 1) == [])
        #expect(rig.put(honest, into: 1).map(\.port) == [2])
        #expect(rig.drops(1, .guardMAC) == 1 && rig.drops(1, .guardIPv4) == 1)
        // Configured again without one, and without its descriptor: it goes on as it is.
        let open = PortConfiguration(id: 1, domain: 1, kind: .tap, token: 1)
        #expect(rig.perform(.setPort(open, descriptor: nil)) == 0)
        #expect(rig.device.take().requests == [])
        #expect(rig.put(spoofed, into: 1).map(\.port) == [2])
        #expect(rig.put(TestFrames.plain(from: TestFrames.carol), into: 1).map(\.port) == [2])
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("isolated ports reach the others and not each other")
    func isolated() throws {
        let rig = try ScriptedWorker(ports: [1])
        try rig.addPort(2, isolated: true)
        try rig.addPort(3, isolated: true)
        _ = rig.device.take()
        let fromTwo = TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.bob)
        #expect(rig.put(fromTwo, into: 2).map(\.port) == [1])
        #expect(rig.put(TestFrames.plain(to: TestFrames.bob), into: 3) == [])
        #expect(rig.drops(3, .isolated) == 1)
        #expect(rig.put(TestFrames.plain(to: TestFrames.bob, from: TestFrames.carol), into: 1).map(\.port) == [2])
        for port in [UInt16(1), 2, 3] { rig.expectIngressCloses(port) }
        rig.expectSound()
    }

    @Test("what the kernel cut is counted and goes nowhere")
    func truncated() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(
            .frame(port: 1, bytes: TestFrames.vnet() + TestFrames.plain(), isTruncated: true))
        rig.step()
        #expect(rig.device.take().sent == [])
        #expect(rig.drops(1, .truncated) == 1 && rig.counters(1).receivedFrames == 1)
        rig.expectIngressCloses(1)
        rig.expectSound()
    }

    @Test("reads that end inside the header or the Ethernet header are counted drops", arguments: 0...23)
    func runts(count: Int) throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        let bytes = Array((TestFrames.vnet() + TestFrames.plain()).prefix(count))
        rig.device.deliver(.frame(port: 1, bytes: bytes))
        rig.step()
        #expect(rig.device.take().sent == [])
        #expect(rig.drops(1, .tooShort) == 1)
        #expect(rig.counters(1).receivedBytes == UInt64(max(count - 10, 0)))
        rig.expectIngressCloses(1)
        rig.expectSound()
    }
}
