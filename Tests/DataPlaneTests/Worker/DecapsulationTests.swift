import Addresses
import DataPlane
import Testing

@Suite("Out of a tunnel")
struct DecapsulationTests {
    private typealias Make = TestFrames

    private static func frame(_ number: Int, length: Int = 80) -> [UInt8] {
        Array(Make.plain(to: Make.alice, from: Make.bob, length: length).dropLast()) + [
            UInt8(truncatingIfNeeded: number)
        ]
    }

    @Test(
        "one datagram of either family, with tags and options outside: the frame as it was put in",
        arguments: [Underlay.first, Underlay.sixth])
    func single(peer: IPAddress) throws {
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: [peer]), local: peer)
        _ = rig.put(Make.plain(), into: 1)
        var received = 0
        for tags in [[], Make.tag(5), Make.tag(6, tpid: 0x88A8) + Make.tag(5)] {
            var flow = Underlay.flow(from: peer)
            flow.tags = tags
            if flow.isIPv4 { flow.networkOptions = [1, 1, 1, 1] }
            for length in [15, 60, 1_514, 9_014] {
                let inner = Self.frame(length, length: length)
                let outer = flow.frame(vxlan(inner)) + [0xDD, 0xDD]
                let sent = rig.arrive(outer, networkOffset: flow.networkOffset)
                let isSent = length < 9_000
                #expect(
                    sent.map(\.port) == (isSent ? [1] : [])
                        && sent.map(\.bytes) == (isSent ? [Make.vnet() + inner] : []))
                received += 1
            }
        }
        #expect(rig.counters(1).drops == [.exceedsMTU: 3])
        #expect(rig.counters(100).consumed == UInt64(received) && rig.counters(100).receivedFrames == UInt64(received))
        #expect(rig.overlayCounters().forwarded == UInt64(received))
        rig.expectTunnelSound()
    }

    @Test("counters: the datagram is the tunnel's, the frame the overlay's")
    func counters() throws {
        let rig = try ScriptedWorker(overlay: nil)
        _ = rig.arrive(Underlay.datagram(Self.frame(1)))
        var tunnel = PortCounters()
        tunnel.receivedFrames = 1
        tunnel.receivedBytes = 80
        tunnel.consumed = 1
        #expect(rig.counters(100) == tunnel)
        var overlay = PortCounters()
        overlay.receivedFrames = 1
        overlay.receivedBytes = 80
        overlay.flooded = 1
        #expect(rig.overlayCounters() == overlay)
        rig.expectTunnelSound()
    }

    @Test(
        "a train of datagrams: every frame once, in order; the last may be shorter",
        arguments: [Underlay.first, Underlay.sixth])
    func train(peer: IPAddress) throws {
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: [peer]), local: peer)
        _ = rig.put(Make.plain(), into: 1)
        for count in [1, 2, 63, 128] {
            let frames = (0..<count).map { Self.frame($0, length: $0 == 40 || $0 < count - 1 ? 90 : 70) }
            let sent = rig.arrive(
                Array(Underlay.train(frames, from: peer).dropFirst(10)),
                header: Array(Underlay.train(frames, from: peer).prefix(10)))
            #expect(sent.map(\.bytes) == frames.map { Make.vnet() + $0 })
        }
        #expect(rig.counters(100).consumed == 194 && rig.overlayCounters().forwarded == 194)
        rig.expectTunnelSound()
    }

    @Test(
        "what a kernel on the same machine sends: a frame with a partial checksum, a super-frame",
        arguments: TunnelFlow.shapes)
    func partial(flow: TunnelFlow) throws {
        let rig = try ScriptedWorker(overlay: nil)
        let (port, outer) = (rig.put(Make.plain(to: Make.bob), into: 1), Underlay.flow())
        #expect(!port.isEmpty)
        var flow = flow
        (flow.destination, flow.source) = (Make.alice, Make.bob)
        // Where the outer frame's bytes put the inner one's checksum.
        let offset = outer.headerLength + 8
        let single = flow.frame([1, 2, 3], partial: true)
        let told = Make.vnet(flags: 1, start: UInt16(offset + flow.transportOffset), offset: 16)
        let sent = rig.arrive(outer.frame(vxlan(single)), header: told)
        #expect(sent.map(\.bytes) == [Make.vnet(flags: 1, start: UInt16(flow.transportOffset), offset: 16) + single])
        for isTCP in [true, false] {
            flow.isTCP = isTCP
            let bytes = [UInt8](repeating: 9, count: 20_000)
            let superframe = flow.frame(bytes, partial: true)
            var inner = flow.header(segment: 1_300)
            let start = offset + flow.transportOffset
            inner.replaceSubrange(6..<8, with: [UInt8(start & 0xFF), UInt8(start >> 8)])
            let whole = rig.arrive(outer.frame(vxlan(superframe)), header: inner)
            #expect(whole.map(\.bytes) == [flow.header(segment: 1_300) + superframe])
            #expect(whole.map(\.isSuperframe) == [true])
        }
        let counted = rig.overlayCounters()
        #expect(counted.receivedFrames == 3 && counted.receivedSuperframes == 2 && counted.forwarded == 3)
        #expect(rig.counters(1).sentSuperframes == 2)
        rig.expectTunnelSound()
    }

    @Test("to all: every port once, no peer", arguments: [1, 5])
    func flood(frames: Int) throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [1, 2, 3])
        let inner = (0..<frames).map { _ in Make.plain(to: Make.broadcast, from: Make.bob) }
        let train = Underlay.train(inner)
        let sent = rig.arrive(Array(train.dropFirst(10)), header: Array(train.prefix(10)))
        for port in UInt16(1)...3 {
            #expect(sent.filter { $0.port == port }.map(\.bytes) == inner.map { Make.vnet() + $0 })
        }
        #expect(sent.count == 3 * frames)
        #expect(rig.overlayCounters().flooded == UInt64(frames) && rig.overlayCounters().sentFrames == 0)
        rig.expectTunnelSound()
    }

    @Test("tags: a tunnel is a trunk, an access port gets its VLAN's frames without the tag")
    func tags() throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [])
        try rig.addPort(1, accessVLAN: 7)
        try rig.addPort(2)
        try rig.addPort(3, accessVLAN: 8)
        let tagged = Make.plain(to: Make.broadcast, from: Make.bob, tags: Make.tag(7, priority: 3))
        let plain = Make.plain(to: Make.broadcast, from: Make.bob, length: 56)
        func sent(_ outer: [UInt8], header: [UInt8] = Make.vnet()) -> [UInt16: [UInt8]] {
            Dictionary(rig.arrive(outer, header: header).map { ($0.port, $0.bytes) }) { first, _ in first }
        }
        #expect(sent(Underlay.datagram(tagged)) == [1: Make.vnet() + plain, 2: Make.vnet() + tagged])
        #expect(sent(Underlay.datagram(plain)) == [2: Make.vnet() + plain])
        #expect(rig.counters(3).drops == [:], "flooding skips the others")
        // A super-frame of the kernel's loses its tag as well.
        var flow = TunnelFlow(destination: Make.broadcast, source: Make.bob, tags: Make.tag(7))
        let bytes = [UInt8](repeating: 9, count: 5_000)
        var told = flow.header(segment: 1_300)
        told[6] += UInt8(Underlay.flow().headerLength + 8)
        let way = sent(Underlay.flow().frame(vxlan(flow.frame(bytes, partial: true))), header: told)
        let onTrunk = flow.header(segment: 1_300) + flow.frame(bytes, partial: true)
        flow.tags = []
        #expect(way == [1: flow.header(segment: 1_300) + flow.frame(bytes, partial: true), 2: onTrunk])
        rig.expectTunnelSound()
    }

    @Test("ECN comes out as RFC 6040 says", arguments: UInt8(0)...3, UInt8(0)...3)
    func congestion(outer: UInt8, inner: UInt8) throws {
        let rig = try ScriptedWorker(overlay: nil)
        _ = rig.put(Make.plain(), into: 1)
        // Figure 4: rows are the inner codepoint, columns the outer one in the order Not-ECT, ECT(1), ECT(0), CE.
        let table: [[UInt8?]] = [[0, 0, 0, nil], [1, 1, 1, 3], [2, 1, 2, 3], [3, 3, 3, 3]]
        let expected = table[Int(inner)][Int(outer)]
        for isIPv4 in [true, false] {
            var flow = TunnelFlow(destination: Make.alice, source: Make.bob, isIPv4: isIPv4, trafficClass: 0xB8 | inner)
            let datagram = Underlay.datagram(flow.frame([1, 2, 3]), congestion: outer)
            let sent = rig.arrive(datagram)
            if let expected {
                flow.trafficClass = 0xB8 | expected
                #expect(sent.map(\.frame) == [flow.frame([1, 2, 3])])
            } else {
                #expect(sent.isEmpty)
            }
        }
        #expect(rig.overlayCounters().drops == (expected == nil ? [.congestion: 2] : [:]))
        rig.expectTunnelSound()
    }

    @Test("VXLAN in VXLAN is a frame like any other")
    func nested() throws {
        let rig = try ScriptedWorker(overlay: nil)
        _ = rig.put(Make.plain(), into: 1)
        var inside = Underlay.flow()
        (inside.destination, inside.source) = (Make.alice, Make.bob)
        let inner = inside.frame(vxlan(Make.plain(to: Make.broadcast, from: Make.carol)))
        #expect(rig.arrive(Underlay.datagram(inner)).map(\.bytes) == [Make.vnet() + inner])
        #expect(rig.overlayCounters().receivedFrames == 1)
        rig.expectTunnelSound()
    }

    @Test("networks of one tunnel don't mix")
    func networks() throws {
        let rig = try ScriptedWorker(overlay: nil)
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 2))) == 0)
        try rig.setOverlay(OverlayConfiguration(vni: 43, tunnel: 100, peers: [Underlay.first]), domain: 2)
        try rig.addPort(9, domain: 2)
        _ = rig.device.take()
        let frame = Make.plain(to: Make.broadcast, from: Make.bob)
        #expect(rig.arrive(Underlay.datagram(frame, vni: 42)).map(\.port) == [1, 2])
        #expect(rig.arrive(Underlay.datagram(frame, vni: 43)).map(\.port) == [9])
        #expect(
            rig.put(Make.plain(to: Make.broadcast), into: 9).map { $0.inner(vni: 43) } == [
                [Make.plain(to: Make.broadcast)]
            ])
        #expect(rig.arrive(Underlay.datagram(frame, vni: 43, from: Underlay.second)).isEmpty)
        #expect(rig.overlayCounters(2).drops == [.unknownVTEP: 1])
        rig.expectTunnelSound()
    }
}
