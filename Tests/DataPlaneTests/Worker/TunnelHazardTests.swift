import Addresses
import DataPlane
import Glibc
import Testing

@Suite("What could go wrong in a tunnel")
struct TunnelHazardTests {
    private typealias Make = TestFrames

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
