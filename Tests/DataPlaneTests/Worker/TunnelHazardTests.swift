import Addresses
import DataPlane
import Glibc
import Testing

@Suite("What could go wrong in a tunnel")
struct TunnelHazardTests {
    private typealias Make = TestFrames

    @Test("a sender that is gone takes nothing, and its number may be another port's")
    func senderGone() throws {
        let rig = try ScriptedWorker(overlay: nil, senders: 1)
        try rig.addRemote(Make.bob)
        rig.device.deliver(.ended(port: 101, error: ECANCELED))
        #expect(rig.perform(.removePort(101)) == 0)
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        try rig.addPort(101, domain: 1)
        _ = rig.device.take()
        #expect(rig.put(Make.plain(), into: 1).isEmpty, "datagrams have no business in a sandbox")
        #expect(rig.overlayCounters().drops == [.noTunnel: 2])
        rig.expectTunnelSound()
    }

    @Test("a tunnel that changes its family sends nothing to addresses of the other one")
    func changedFamily() throws {
        let rig = try ScriptedWorker(overlay: nil, senders: 1)
        try rig.addRemote(Make.bob)
        let other = TunnelConfiguration(id: 100, senders: [101], local: Underlay.sixth)
        #expect(rig.perform(.setTunnel(other)) == 0)
        #expect(rig.put(Make.plain(), into: 1).isEmpty)
        #expect(rig.overlayCounters().drops == [.noTunnel: 1])
        rig.expectTunnelSound()
    }
}
