import Addresses
import DataPlane
import Testing

@Suite("Into a tunnel")
struct EncapsulationTests {
    private typealias Make = TestFrames

    @Test("a frame for a remote station, byte by byte: VXLAN header, the frame as it was, the peer's address")
    func exact() throws {
        let rig = try ScriptedWorker()
        try rig.addTunnel(senders: 1, udpPort: 8_472)
        try rig.setOverlay(OverlayConfiguration(vni: 0xAB_CDEF, tunnel: ScriptedWorker.tunnel, peers: [Underlay.first]))
        try rig.addPort(1)
        try rig.addRemote(Make.bob)
        let sent = rig.put(Make.plain(), into: 1)
        try #require(sent.count == 1)
        #expect(sent[0].port == 101)
        #expect(sent[0].bytes == [0x08, 0, 0, 0, 0xAB, 0xCD, 0xEF, 0] + Make.plain())
        #expect(sent[0].name == [2, 0, 0x21, 0x18, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(sent[0].control == [])
        var expected = PortCounters()
        expected.sentFrames = 1
        expected.sentBytes = 60
        #expect(rig.overlayCounters() == expected)
        #expect(rig.counters(1).forwarded == 1 && rig.counters(1).flooded == 0)
        #expect(rig.counters(101) == PortCounters(), "a sender has nothing of its own to count")
        rig.expectTunnelSound()
    }

    @Test("a peer of IPv6 has its address in a sockaddr_in6")
    func ipv6() throws {
        let rig = try ScriptedWorker(
            overlay: ScriptedWorker.overlay(peers: [Underlay.sixth]),
            local: .v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1)))
        try rig.addRemote(Make.bob, behind: Underlay.sixth)
        let sent = rig.put(Make.plain(), into: 1)
        try #require(sent.count == 1)
        #expect(sent[0].name == Underlay.name(Underlay.sixth) && sent[0].name.count == 28)
        #expect(sent[0].name.prefix(4) == [10, 0, 0x12, 0xB5])
        #expect(sent[0].inner() == [Make.plain()])
        rig.expectTunnelSound()
    }

    @Test("the outer packet has the inner one's ECN bits", arguments: [true, false], UInt8(0)...3)
    func congestion(isIPv4: Bool, mark: UInt8) throws {
        let peer = isIPv4 ? Underlay.first : Underlay.sixth
        let rig = try ScriptedWorker(
            overlay: ScriptedWorker.overlay(peers: [peer]), local: isIPv4 ? Underlay.local : Underlay.sixth)
        try rig.addRemote(Make.bob, behind: peer)
        // Whatever the inner family is.
        for inner in [true, false] {
            let frame = TunnelFlow(isIPv4: inner, trafficClass: 0xB8 | mark).frame([1, 2, 3])
            let sent = rig.put(frame, into: 1)
            #expect(sent.map(\.control) == [mark == 0 ? [] : Underlay.marking(mark, isIPv4: isIPv4)])
            #expect(sent.first?.inner() == [frame])
        }
        rig.expectTunnelSound()
    }

    @Test("frames of one flow leave as one train; a shorter one ends it, a longer one or another mark begins another")
    func trains() throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        func flow(_ payload: Int, mark: UInt8 = 0) -> [UInt8] {
            TunnelFlow(trafficClass: mark).frame([UInt8](repeating: 7, count: payload))
        }
        let frames = [
            flow(100), flow(100), flow(100), flow(60), flow(100), flow(101), flow(101), flow(101, mark: 2),
            flow(101, mark: 2),
        ]
        for frame in frames { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + frame)) }
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.map { $0.inner().count } == [4, 1, 2, 2])
        #expect(sent.flatMap { $0.inner() } == frames)
        let size = { (payload: Int) in 8 + 54 + payload }
        #expect(
            sent.map(\.control) == [
                Underlay.cutting(size(100)), [], Underlay.cutting(size(101)),
                Underlay.cutting(size(101)) + Underlay.marking(2),
            ])
        #expect(Set(sent.map(\.port)).count == 1, "one flow, one sender")
        #expect(rig.overlayCounters().sentFrames == 9)
        #expect(rig.overlayCounters().sentBytes == UInt64(frames.map(\.count).reduce(0, +)))
        rig.expectTunnelSound()
    }

    @Test("a train has at most 64 datagrams and 65,507 bytes", arguments: [(60, 70, [64, 6]), (1_464, 50, [44, 6])])
    func longTrains(length: Int, count: Int, trains: [Int]) throws {
        let rig = try ScriptedWorker(overlay: nil, slots: 128)
        try rig.addRemote(Make.bob)
        for _ in 0..<count { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain(length: length))) }
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.map { $0.datagrams.count } == trains)
        #expect(sent.allSatisfy { $0.bytes.count <= 65_507 })
        #expect(sent.flatMap { $0.inner() } == Array(repeating: Make.plain(length: length), count: count))
        rig.expectTunnelSound()
    }

    @Test("a flow keeps to its sender, and flows use all of them")
    func senders() throws {
        let rig = try ScriptedWorker(overlay: nil, senders: 8)
        try rig.addRemote(Make.bob)
        var ports: Set<UInt16> = []
        for number in UInt16(0)..<200 {
            let flow = TunnelFlow(isIPv4: number % 2 == 0, ports: (10_000 + number, 443))
            let first = rig.put(flow.frame([1]), into: 1)
            let second = rig.put(flow.frame([1, 2, 3, 4]), into: 1)
            #expect(first.count == 1 && first.map(\.port) == second.map(\.port))
            ports.formUnion(first.map(\.port))
        }
        #expect(ports == Set(101...108))
        rig.expectTunnelSound()
    }

    @Test("to all means each peer once, each port once, as it came")
    func flood() throws {
        let peers = [Underlay.first, Underlay.second, Underlay.third]
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: peers), ports: [1, 2, 3])
        for frame in [Make.plain(to: Make.broadcast), Make.plain(to: 0x0100_5E00_0001), Make.plain(to: Make.carol)] {
            let sent = rig.put(frame, into: 1)
            let datagrams = sent.filter { $0.port > 100 }
            #expect(Set(datagrams.map(\.name)) == Set(peers.map { Underlay.name($0) }) && datagrams.count == 3)
            #expect(datagrams.allSatisfy { $0.inner() == [frame] })
            #expect(sent.filter { $0.port < 100 }.map(\.port).sorted() == [2, 3])
            #expect(sent.filter { $0.port < 100 }.allSatisfy { $0.bytes == Make.vnet() + frame })
        }
        #expect(rig.counters(1).flooded == 3 && rig.overlayCounters().sentFrames == 9)
        rig.expectTunnelSound()
    }

    @Test("many frames to many peers in one round: nothing is lost and nothing twice")
    func floods() throws {
        let peers = (1...64).map { Underlay.ipv4(0xC000_0200 + UInt32($0)) }
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: peers))
        let frames = (0..<40).map { Make.plain(to: Make.broadcast, length: 60 + $0) }
        for frame in frames { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + frame)) }
        rig.step()
        let sent = rig.device.take().sent.filter { $0.port > 100 }
        for peer in peers {
            let inner = sent.filter { $0.name == Underlay.name(peer) }.flatMap { $0.inner() }
            #expect(inner == frames)
        }
        #expect(rig.overlayCounters().sentFrames == 64 * 40)
        rig.expectTunnelSound()
    }

    @Test("a checksum that is only partial is finished, for the peers and for the ports that get the same frame")
    func partialChecksum() throws {
        let rig = try ScriptedWorker(overlay: nil)
        for flow in TunnelFlow.shapes {
            let (partial, whole) = (flow.frame([1, 2, 3], partial: true), flow.frame([1, 2, 3]))
            let header = Make.vnet(flags: 1, start: UInt16(flow.transportOffset), offset: 16)
            let sent = rig.put(partial, into: 1, header: header)
            #expect(sent.count == 3)
            #expect(sent.filter { $0.port > 100 }.allSatisfy { $0.inner() == [whole] })
            #expect(sent.filter { $0.port == 2 }.map(\.bytes) == [Make.vnet() + whole])
        }
        rig.expectTunnelSound()
    }

    @Test("tags: a tunnel is a trunk", arguments: [false, true])
    func tags(isFlooded: Bool) throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [])
        try rig.addPort(1, accessVLAN: 7)
        try rig.addPort(2)
        try rig.addRemote(Make.bob, vlan: 7)
        let destination = isFlooded ? Make.broadcast : Make.bob
        let tagged = Make.plain(to: destination, tags: Make.tag(7), length: 64)
        let copies = isFlooded ? 2 : 1
        func inner(_ frame: [UInt8], _ port: UInt16, header: [UInt8] = Make.vnet()) -> [[UInt8]?] {
            rig.put(frame, into: port, header: header).filter { $0.port > 100 }.flatMap { $0.inner() }
        }
        #expect(inner(Make.plain(to: destination), 1) == Array(repeating: tagged, count: copies), "gets its tag")
        #expect(inner(tagged, 2) == Array(repeating: tagged, count: copies), "keeps its tag")
        let priority = Make.plain(to: destination, tags: Make.tag(0, priority: 5), length: 64)
        let known = Make.plain(to: destination, tags: Make.tag(7, priority: 5), length: 64)
        #expect(inner(priority, 1) == Array(repeating: known, count: copies), "gets its VLAN, keeps its priority")
        // A partial checksum moves with the tag.
        let flow = TunnelFlow(destination: destination)
        var whole = flow
        whole.tags = Make.tag(7)
        let header = Make.vnet(flags: 1, start: UInt16(flow.transportOffset), offset: 16)
        #expect(
            inner(flow.frame([9], partial: true), 1, header: header)
                == Array(repeating: whole.frame([9]), count: copies))
        // So does a super-frame.
        let payload = [UInt8](repeating: 3, count: 3_000)
        #expect(
            inner(flow.frame(payload, partial: true), 1, header: flow.header(segment: 1_000))
                == (0..<copies).flatMap { _ in whole.frames(payload, segment: 1_000) })
        rig.expectTunnelSound()
    }

    @Test("many frames that get a tag in one round: each has a copy of its own")
    func manyTagged() throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [])
        try rig.addPort(1, accessVLAN: 7)
        let frames = (0..<30).map { Make.plain(to: Make.broadcast, length: 60 + $0) }
        for frame in frames { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + frame)) }
        rig.step()
        let sent = rig.device.take().sent
        for peer in [Underlay.first, Underlay.second] {
            let inner = sent.filter { $0.name == Underlay.name(peer) }.flatMap { $0.inner() }
            #expect(inner == (0..<30).map { Make.plain(to: Make.broadcast, tags: Make.tag(7), length: 64 + $0) })
        }
        rig.expectTunnelSound()
    }

    @Test("an injected frame goes to the peers too")
    func injected() throws {
        let rig = try ScriptedWorker(overlay: nil)
        let frame = Make.plain(to: Make.broadcast)
        #expect(rig.perform(.inject(port: 1, frame: frame)) == 0)
        let sent = rig.device.take().sent
        #expect(sent.filter { $0.port > 100 }.map { $0.inner() } == [[frame], [frame]])
        #expect(sent.filter { $0.port < 100 }.map(\.frame) == [frame])
        rig.expectTunnelSound()
    }
}
