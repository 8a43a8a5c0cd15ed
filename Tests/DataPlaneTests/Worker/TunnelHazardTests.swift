import Addresses
import DataPlane
import Glibc
import Testing

@Suite("What could go wrong in a tunnel")
struct TunnelHazardTests {
    private typealias Make = TestFrames

    @Test("super-frames cut most finely by a tunnel without trains: every segment once, and counted once")
    func finestWithoutTrains() throws {
        let rig = try ScriptedWorker(overlay: nil, senders: 1)
        try rig.addRemote(Make.bob)
        rig.device.fate = { _ in .fails(EIO) }
        _ = rig.put(Make.plain(), into: 1)
        rig.step()
        rig.device.fate = { _ in .taken }
        // One that takes much, some that take a little, and one that takes most of all.
        var shapes = [TunnelFlow(options: [UInt8](repeating: 1, count: 40))]
        shapes += Array(repeating: TunnelFlow(), count: 30)
        shapes.append(TunnelFlow(isIPv4: false, networkOptions: [6, 21, 1, 172] + [UInt8](repeating: 0, count: 172)))
        var expected: [[UInt8]] = []
        for (number, flow) in shapes.enumerated() {
            let isLarge = number == 0 || number == shapes.count - 1
            let count = isLarge ? 65_535 - (flow.headerLength - flow.networkOffset) : 100
            let bytes = [UInt8](repeating: UInt8(number), count: count)
            expected += isLarge ? flow.frames(bytes, segment: 48) : [flow.frame(bytes)]
            let header = isLarge ? flow.header(segment: 48) : Make.vnet()
            rig.device.deliver(.frame(port: 1, bytes: header + flow.frame(bytes, partial: isLarge)))
        }
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.flatMap { $0.inner() } == expected && sent.allSatisfy { $0.control == [] })
        #expect(rig.overlayCounters().sentFrames == 32)
        #expect(rig.overlayCounters().drops == [.egressRejected: 1])
        rig.expectTunnelSound()
    }

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

    @Test("a VTEP's number that goes to another VTEP takes no frame with it that was meant for the first")
    func reusedNumber() throws {
        let rig = try ScriptedWorker(
            overlay: ScriptedWorker.overlay(peers: [], acceptsAnyPeer: true), senders: 1, slots: 64)
        let toAlice = Make.plain(to: Make.alice, from: Make.bob)
        _ = rig.put(Make.plain(), into: 1)
        _ = rig.arrive(Underlay.datagram(toAlice, from: Underlay.first))
        // Others, until all numbers are given.
        for number in UInt32(0)..<4_094 {
            let stray = Make.plain(to: Make.alice, from: 0x0200_1000_0000 + UInt64(number))
            _ = rig.arrive(Underlay.datagram(stray, from: Underlay.ipv4(0x0B00_0000 + number)))
        }
        // In one round: a frame for bob, a segment of bob's, and the stranger for whom all are forgotten.
        let segment = TunnelFlow(destination: Make.alice, source: Make.bob).frame([UInt8](repeating: 1, count: 100))
        rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + Make.plain()))
        rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(segment, from: Underlay.first)))
        for number in UInt32(0)..<3 {
            let stranger = Make.plain(to: Make.alice, from: Make.carol + UInt64(number))
            let address = Underlay.ipv4(0x0C00_0000 + number)
            rig.device.deliver(.frame(port: 100, bytes: Make.vnet() + Underlay.datagram(stranger, from: address)))
        }
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.filter { $0.port > 100 }.map(\.name) == [Underlay.name(Underlay.first)])
        #expect(sent.filter { $0.port == 1 }.count == 4)
        // Nor is bob looked for where he never was.
        let later = rig.put(Make.plain(), into: 1).filter { $0.port > 100 }
        #expect(later.allSatisfy { $0.name == Underlay.name(Underlay.first) })
        rig.expectTunnelSound()
    }

    @Test("trains that fail by the thousand in one round are all taken back")
    func manyFailures() throws {
        let peers = (1...64).map { Underlay.ipv4(0xC000_0200 + UInt32($0)) }
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: peers), slots: 256)
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 2))) == 0)
        try rig.setOverlay(OverlayConfiguration(vni: 43, tunnel: 100, peers: peers), domain: 2)
        try rig.addPort(8, domain: 2)
        rig.device.fate = { $0.port > 100 ? .fails(ENETUNREACH) : .taken }
        for round in 0..<2 {
            for number in 0..<100 {
                let frame = Make.plain(to: Make.broadcast, length: 60 + number)
                rig.device.deliver(.frame(port: number % 2 == round ? 1 : 8, bytes: Make.vnet() + frame))
            }
            rig.step()
        }
        rig.step()
        for domain in UInt16(1)...2 {
            var expected = PortCounters()
            expected.drops = [.egressDown: 6_400]
            #expect(rig.overlayCounters(domain) == expected)
        }
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
