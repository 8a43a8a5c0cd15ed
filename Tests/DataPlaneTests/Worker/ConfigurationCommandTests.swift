import Addresses
import DataPlane
import Glibc
import Testing

@Suite("Commands of the control thread")
struct ConfigurationCommandTests {
    private func port(_ id: UInt16, domain: UInt16 = 1, accessVLAN: UInt16 = 0) -> PortConfiguration {
        PortConfiguration(id: id, domain: domain, kind: .tap, accessVLAN: accessVLAN, token: 1)
    }

    @Test("a port is attached and armed, and a second one of its number refused")
    func setPort() throws {
        let rig = try ScriptedWorker()
        #expect(rig.perform(.setPort(port(5), descriptor: 0)) == 0)
        #expect(rig.device.take().requests == [.attach(5), .receive(5)])
        #expect(rig.perform(.setPort(port(5), descriptor: 0)) == EEXIST)
        #expect(rig.device.take().requests == [])
        rig.expectSound()
    }

    @Test("a port that waits is attached, and armed when it is told")
    func waitingPort() throws {
        let rig = try ScriptedWorker()
        for id in UInt16(5)...7 { #expect(rig.perform(.setPort(port(id), descriptor: 0, waits: true)) == 0) }
        #expect(rig.device.take().requests == [.attach(5), .attach(6), .attach(7)])
        #expect(rig.perform(.removePort(6)) == 0, "nothing of it is under way")
        _ = rig.device.take()
        #expect(rig.perform(.receive) == 0)
        #expect(rig.device.take().requests == [.receive(5), .receive(7)])
        #expect(rig.perform(.receive) == 0)
        #expect(rig.device.take().requests == [])
        rig.expectSound()
    }

    @Test("a port that can't be: nothing of it stays")
    func refusedPorts() throws {
        let rig = try ScriptedWorker()
        #expect(rig.perform(.setPort(port(0), descriptor: 0)) == EINVAL)
        #expect(rig.perform(.setPort(port(16_384), descriptor: 0)) == EINVAL)
        #expect(rig.device.take().requests == [])
        // Not in that domain, not with that VLAN.
        #expect(rig.perform(.setPort(port(5, domain: 9), descriptor: 0)) == EINVAL)
        #expect(rig.perform(.setPort(port(5, accessVLAN: 4_095), descriptor: 0)) == EINVAL)
        #expect(rig.device.take().requests == [.attach(5), .detach(5), .attach(5), .detach(5)])
        // The I/O refuses.
        rig.device.attachResult = EBADF
        #expect(rig.perform(.setPort(port(5), descriptor: 0)) == EBADF)
        rig.device.attachResult = 0
        #expect(rig.perform(.setPort(port(5), descriptor: nil)) == ENOENT, "no such port to change")
        #expect(rig.perform(.setPort(port(5), descriptor: 0)) == 0)
        rig.expectSound()
    }

    @Test("a dead port and one that is being removed can't be changed")
    func changingTheDead() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        rig.device.deliver(.ended(port: 1, error: EBADFD))
        rig.step()
        #expect(rig.perform(.setPort(port(1), descriptor: nil)) == ENOENT)
        #expect(rig.perform(.setPort(port(1), descriptor: 0)) == EEXIST)
        #expect(rig.perform(.removePort(2)) == nil)
        #expect(rig.perform(.setPort(port(2), descriptor: nil)) == ENOENT)
        rig.expectSound()
    }

    @Test("domains and stations that can't be are refused")
    func refused() throws {
        let rig = try ScriptedWorker(ports: [1])
        let mac = MACAddress(value: TestFrames.bob)
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 0))) == EINVAL)
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 4_096))) == EINVAL)
        #expect(rig.perform(.addStation(StationConfiguration(domain: 1, mac: mac, port: 0))) == EINVAL)
        let group = StationConfiguration(domain: 1, mac: MACAddress(value: TestFrames.broadcast), port: 1)
        #expect(rig.perform(.addStation(group)) == EINVAL)
        #expect(rig.perform(.removeStation(StationConfiguration(domain: 1, mac: mac, port: 1))) == ENOENT)
        rig.expectSound()
    }

    @Test("a wake-up without a command is nothing")
    func idleWake() throws {
        let rig = try ScriptedWorker(ports: [1, 2])
        var one: UInt64 = 1
        #expect(write(rig.mailbox.waker, &one, 8) == 8)
        rig.step()
        #expect(rig.mailbox.takeResult() == nil && rig.device.take().requests == [])
        rig.expectSound()
    }
}
