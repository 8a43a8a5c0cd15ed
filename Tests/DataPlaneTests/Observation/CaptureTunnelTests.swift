import Testing

@testable import DataPlane

@Suite("Captures of an overlay's tunnel side")
struct CaptureTunnelTests {
    private typealias Make = TestFrames

    @Test("what comes out of the tunnel, and what goes into it")
    func both() throws {
        let rig = try ScriptedWorker(overlay: nil)
        _ = rig.put(Make.plain(), into: 1)
        try rig.addRemote(Make.bob)
        let probe = try CaptureProbe(rig) { _ in }
        let back = Make.plain(to: Make.alice, from: Make.bob, length: 90)
        _ = rig.arrive(Underlay.datagram(back))
        var records = probe.take()
        #expect(records.map(\.port) == [0, 1] && records.map(\.isOut) == [false, true])
        #expect(records.map(\.verdict) == [.forwarded, .sent] && records[0].target == 1)
        #expect(records.allSatisfy { $0.bytes == back && $0.domain == 1 } && records[0].number == records[1].number)
        // Port 1 is the only one: what it sends to Bob goes by the tunnel alone.
        _ = rig.put(Make.plain(), into: 1)
        records = probe.take()
        #expect(records.map(\.port) == [1, 0] && records.map(\.verdict) == [.tunnelled, .sent])
        #expect(records[0].target == records[1].target && records[0].target >= VTEPTable.firstNumber)
        #expect(records[1].bytes == Make.plain())
        // From a stranger's station to a station behind the same tunnel.
        _ = rig.arrive(Underlay.datagram(Make.plain(to: Make.bob, from: Make.carol)))
        records = probe.take()
        #expect(records.map(\.reason) == [.splitHorizon] && records.map(\.verdict) == [.dropped], "\(records)")
        rig.expectTunnelSound()
    }

    @Test("segments that were put together are recorded as the super-frame that they became")
    func joined() throws {
        let rig = try ScriptedWorker(overlay: nil)
        _ = rig.put(Make.plain(), into: 1)
        let probe = try CaptureProbe(rig) { _ in }
        var flow = TunnelFlow(
            destination: Make.alice, source: Make.bob, tags: [], isIPv4: true, options: TunnelFlow.timestamps)
        flow.flags = 0x18
        let payload = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 5) }
        let train = Underlay.train(flow.frames(payload, segment: 1_400))
        #expect(rig.arrive(Array(train.dropFirst(10)), header: Array(train.prefix(10))).count == 1)
        let records = probe.take()
        let whole = flow.frame(payload, partial: false)
        #expect(records.map(\.port) == [0, 1] && records.map(\.segments) == [15, 15])
        #expect(records.allSatisfy { $0.bytes == whole && !$0.hasPartialChecksum })
        rig.expectTunnelSound()
    }
}
