import DataPlane
import Testing

@Suite("TCP out of a tunnel, put together")
struct SegmentJoiningTests {
    private typealias Make = TestFrames

    private static func flow(isIPv4: Bool = true, tags: [UInt8] = []) -> TunnelFlow {
        TunnelFlow(
            destination: Make.alice, source: Make.bob, tags: tags, isIPv4: isIPv4, options: TunnelFlow.timestamps)
    }

    private func payload(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 5 ^ $0 >> 8) }
    }

    private func rig(slots: Int = 64) throws -> ScriptedWorker {
        let rig = try ScriptedWorker(overlay: nil, slots: slots)
        _ = rig.put(Make.plain(), into: 1)
        return rig
    }

    @Test(
        "segments of datagrams of their own, and of a train, leave as one super-frame", arguments: [true, false],
        [true, false])
    func join(isIPv4: Bool, isTrain: Bool) throws {
        let rig = try rig()
        var flow = Self.flow(isIPv4: isIPv4)
        flow.flags = 0x18
        let bytes = payload(20_000)
        let frames = flow.frames(bytes, segment: 1_400)
        let sent: [ScriptedDevice.Sent]
        if isTrain {
            let train = Underlay.train(frames)
            sent = rig.arrive(Array(train.dropFirst(10)), header: Array(train.prefix(10)))
        } else {
            for frame in frames { rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frame))) }
            rig.step()
            sent = rig.device.take().sent
        }
        #expect(sent.map(\.bytes) == [flow.header(segment: 1_400) + flow.frame(bytes, partial: true)])
        #expect(sent.map(\.isSuperframe) == [true])
        #expect(rig.overlayCounters().forwarded == 15 && rig.overlayCounters().receivedFrames == 15)
        let counted = rig.counters(1)
        #expect(counted.sentFrames == 1 && counted.sentSuperframes == 1)
        #expect(counted.sentBytes == UInt64(flow.headerLength + 20_000))
        rig.expectTunnelSound()
    }

    @Test("segments whose checksum is still to be finished are joined, too, and one alone keeps what it came with")
    func partial() throws {
        let rig = try rig()
        let flow = Self.flow()
        let bytes = payload(2_800)
        let outer = Underlay.flow()
        func deliver(_ flow: TunnelFlow, _ payload: [UInt8], offset: UInt16 = 16) -> [UInt8] {
            let inner = flow.frame(payload, partial: true)
            let start = UInt16(outer.headerLength + 8 + flow.transportOffset)
            let header = Make.vnet(flags: 1, start: start, offset: offset)
            rig.device.deliver(.frame(port: 100, bytes: header + outer.frame(vxlan(inner, vni: 42), partial: true)))
            return inner
        }
        var second = flow
        second.sequence += 1_400
        second.identification += 1
        _ = deliver(flow, Array(bytes.prefix(1_400)))
        _ = deliver(second, Array(bytes.suffix(1_400)))
        rig.step()
        let joined = flow.header(segment: 1_400) + flow.frame(bytes, partial: true)
        #expect(rig.device.take().sent.map(\.bytes) == [joined])
        let alone = deliver(flow, Array(bytes.prefix(1_400)))
        rig.step()
        let told = Make.vnet(flags: 1, start: UInt16(flow.transportOffset), offset: 16)
        #expect(rig.device.take().sent.map { Array($0.bytes.dropFirst(4)) } == [Array((told + alone).dropFirst(4))])
        // Nothing that a lie about the checksum's place could be joined with.
        _ = deliver(flow, Array(bytes.prefix(1_400)), offset: 6)
        _ = deliver(second, Array(bytes.suffix(1_400)), offset: 6)
        rig.step()
        #expect(rig.device.take().sent.allSatisfy { !$0.isSuperframe })
        rig.expectTunnelSound()
    }

    @Test("a lone segment goes on as it is")
    func lone() throws {
        let rig = try rig()
        let frame = Self.flow().frame(payload(1_400))
        #expect(rig.arrive(Underlay.datagram(frame)).map(\.bytes) == [Make.vnet() + frame])
        #expect(rig.counters(1).sentSuperframes == 0)
        rig.expectTunnelSound()
    }

    @Test("what comes between ends the run, and nothing is overtaken within a flow")
    func order() throws {
        let rig = try rig()
        let flow = Self.flow()
        let frames = flow.frames(payload(4_000), segment: 1_000)
        var wrong = frames[2]
        wrong[wrong.count - 1] ^= 1
        let other = Make.plain(to: Make.alice, from: Make.bob)
        for frame in [frames[0], frames[1], wrong, other, frames[2], frames[3]] {
            rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frame)))
        }
        rig.step()
        let sent = rig.device.take().sent
        var second = flow
        second.sequence += 2_000
        second.identification += 2
        #expect(
            sent.map(\.bytes) == [
                flow.header(segment: 1_000) + flow.frame(Array(payload(2_000)), partial: true),
                Make.vnet() + wrong, Make.vnet() + other,
                second.header(segment: 1_000) + second.frame(Array(payload(4_000).dropFirst(2_000)), partial: true),
            ])
        #expect(rig.overlayCounters().forwarded == 6)
        rig.expectTunnelSound()
    }

    @Test("segments from another peer, or of another network, are another run")
    func apart() throws {
        let rig = try rig()
        try rig.setOverlay(ScriptedWorker.overlay())
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 2))) == 0)
        try rig.setOverlay(OverlayConfiguration(vni: 43, tunnel: 100, peers: [Underlay.first]), domain: 2)
        try rig.addPort(9, domain: 2)
        _ = rig.device.take()
        let frames = Self.flow().frames(payload(4_000), segment: 1_000)
        rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frames[0])))
        rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frames[1], from: Underlay.second)))
        rig.device.deliver(
            .frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frames[2], vni: 43, from: Underlay.first)))
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.map(\.port) == [1, 1, 9])
        #expect(sent.map(\.bytes) == frames.prefix(3).map { Make.vnet() + $0 })
        rig.expectTunnelSound()
    }

    @Test("flooded, with and without a tag: every port gets the whole super-frame", arguments: [true, false])
    func flooded(isIPv4: Bool) throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [])
        try rig.addPort(1, accessVLAN: 7)
        try rig.addPort(2)
        try rig.addPort(3, accessVLAN: 7)
        var flow = Self.flow(isIPv4: isIPv4, tags: Make.tag(7))
        let bytes = payload(10_000)
        for frame in flow.frames(bytes, segment: 1_000) {
            rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frame)))
        }
        rig.step()
        let sent = rig.device.take().sent
        let trunk = flow.header(segment: 1_000) + flow.frame(bytes, partial: true)
        flow.tags = []
        let access = flow.header(segment: 1_000) + flow.frame(bytes, partial: true)
        #expect(sent.map(\.port) == [1, 2, 3])
        #expect(sent.map(\.bytes) == [access, trunk, access])
        #expect(rig.counters(1).sentBytes == UInt64(access.count - 10))
        #expect(rig.counters(2).sentBytes == UInt64(trunk.count - 10))
        rig.expectTunnelSound()
    }

    @Test("a run has at most 64 segments and 65,535 bytes of packet", arguments: [(100, 150, 3), (1_400, 100, 3)])
    func longest(segment: Int, count: Int, expected: Int) throws {
        let rig = try rig(slots: 256)
        let flow = Self.flow()
        let bytes = payload(segment * count)
        for frame in flow.frames(bytes, segment: segment) {
            rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(frame)))
        }
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.count == expected)
        #expect(sent.flatMap { $0.frame.dropFirst(flow.headerLength) } == bytes)
        #expect(sent.allSatisfy { $0.frame.count - 14 <= 65_535 })
        #expect(rig.overlayCounters().forwarded == UInt64(count))
        rig.expectTunnelSound()
    }

    @Test("flooded runs without end in one datagram: no segment is lost without being counted")
    func manyRuns() throws {
        let ports = Array(UInt16(110)...309)
        let rig = try ScriptedWorker(overlay: nil, ports: ports)
        // Pairs of segments of ever another flow, 128 in a datagram: more runs than there is memory for at a time.
        var frames: [[UInt8]] = []
        for number in UInt16(0)..<64 {
            var flow = Self.flow()
            flow.destination = Make.carol
            flow.ports = (10_000 + number, 80)
            frames += flow.frames(payload(400), segment: 200)
        }
        let train = Underlay.train(frames)
        let sent = rig.arrive(Array(train.dropFirst(10)), header: Array(train.prefix(10)))
        #expect(rig.overlayCounters().flooded == 128)
        for port in ports {
            #expect(sent.filter { $0.port == port }.count == 64, "port \(port)")
            #expect(rig.counters(port).drops == [:])
        }
        rig.expectTunnelSound()
    }
}
