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

    @Test("a failure that is told when its sender is gone already is nobody's")
    func lateFailure() throws {
        let rig = try ScriptedWorker(overlay: nil, senders: 1)
        // As epoll tells it: in the next round, whatever happened since.
        rig.device.tellsOfDetached = true
        try rig.addRemote(Make.bob)
        rig.device.deliver(.ended(port: 101, error: ECANCELED))
        rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain()))
        rig.device.fate = { _ in .fails(ENETUNREACH) }
        #expect(rig.perform(.removePort(101)) == 0)
        rig.step()
        #expect(rig.counters(101).sentFrames == 0 && rig.counters(101).drops == [:])
        rig.expectTunnelSound()
    }

    @Test("a tunnel's port that is changed goes on as it was")
    func changedPort() throws {
        let rig = try ScriptedWorker(overlay: nil)
        var receiver = PortConfiguration(id: 100, domain: 0, kind: .tunnel, token: 1)
        receiver.mtu = 9_000
        #expect(rig.perform(.setPort(receiver, descriptor: nil)) == 0)
        #expect(rig.device.take().requests == [])
        // One that waits for the rest of its configuration waits on.
        let late = PortConfiguration(id: 110, domain: 0, kind: .tunnel, token: 1)
        #expect(rig.perform(.setPort(late, descriptor: 0, waits: true)) == 0)
        #expect(rig.perform(.setPort(late, descriptor: nil)) == 0)
        #expect(rig.device.take().requests == [.attach(110)])
        #expect(rig.perform(.receive) == 0)
        #expect(rig.device.take().requests == [.receive(110)])
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
