import DataPlane
import Testing

@Suite("Super-frames into a tunnel")
struct SuperframeTunnelTests {
    private typealias Make = TestFrames

    private func payload(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    }

    @Test("cut into its segments, with whole checksums, and sent as one train", arguments: TunnelFlow.shapes)
    func cut(flow: TunnelFlow) throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        for isTCP in [true, false] {
            var flow = flow
            flow.isTCP = isTCP
            flow.flags = 0x18
            flow.trafficClass = 2
            let bytes = payload(20_001)
            let sent = rig.put(flow.frame(bytes, partial: true), into: 1, header: flow.header(segment: 1_300))
            try #require(sent.count == 1)
            #expect(sent[0].inner() == flow.frames(bytes, segment: 1_300))
            let size = 8 + flow.headerLength + 1_300
            #expect(sent[0].control == Underlay.cutting(size) + Underlay.marking(2))
        }
        let counted = rig.overlayCounters()
        #expect(counted.sentFrames == 2 && counted.sentSuperframes == 2)
        #expect(rig.counters(1).forwarded == 2)
        rig.expectTunnelSound()
    }

    @Test("the largest, cut as finely as can be, several in a round: every segment once, in order", arguments: [1, 4])
    func finest(senders: Int) throws {
        let rig = try ScriptedWorker(overlay: nil, senders: senders)
        try rig.addRemote(Make.bob)
        var expected: [[UInt8]] = []
        for number in UInt16(0)..<5 {
            let flow = TunnelFlow(identification: number &* 2_000, ports: (40_000, 80))
            let bytes = payload(65_535 - 40)
            expected += flow.frames(bytes, segment: 48)
            rig.device.deliver(
                .frame(port: 1, bytes: flow.header(segment: 48) + flow.frame(bytes, partial: true)))
        }
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.flatMap { $0.inner() } == expected)
        #expect(sent.allSatisfy { $0.datagrams.count <= 64 })
        #expect(rig.overlayCounters().sentFrames == 5 && rig.overlayCounters().drops.isEmpty)
        rig.expectTunnelSound()
    }

    @Test("flooded to many peers: each gets every segment, the ports the super-frame as it was")
    func flooded() throws {
        let peers = (1...64).map { Underlay.ipv4(0xC000_0200 + UInt32($0)) }
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: peers))
        let flow = TunnelFlow(destination: Make.carol)
        let bytes = payload(60_000)
        let frame = flow.frame(bytes, partial: true)
        let sent = rig.put(frame, into: 1, header: flow.header(segment: 200))
        let expected = flow.frames(bytes, segment: 200)
        for peer in peers {
            #expect(sent.filter { $0.name == Underlay.name(peer) }.flatMap { $0.inner() } == expected)
        }
        #expect(sent.filter { $0.port == 2 }.map(\.bytes) == [flow.header(segment: 200) + frame])
        #expect(rig.overlayCounters().sentFrames == 64)
        rig.expectTunnelSound()
    }

    @Test("one that can't be cut is refused and counted", arguments: [true, false])
    func uncuttable(isFlooded: Bool) throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [1])
        if !isFlooded { try rig.addRemote(Make.bob) }
        // More headers than are copied, and none of the payload that it announces.
        let options = [UInt8](repeating: 0, count: 240)
        var long = TunnelFlow(isIPv4: false, networkOptions: [6, 29] + options.dropFirst(2))
        long.networkOptions[2] = 1
        long.networkOptions[3] = 234
        let empty = TunnelFlow()
        for (flow, count) in [(long, 3_000), (empty, 0)] {
            let frame = flow.frame(payload(count), partial: true)
            #expect(rig.put(frame, into: 1, header: flow.header(segment: 1_000)).isEmpty)
        }
        let counted = rig.overlayCounters()
        #expect(counted.sentFrames == 0)
        #expect(counted.drops == [.egressRejected: 2])
        rig.expectTunnelSound()
    }
}
