import Addresses
import Testing

@testable import DataPlane

@Suite("Verdicts into and out of a tunnel")
struct SwitchTunnelTests {
    private typealias Make = TestFrames

    private func rig(
        ports: [UInt16] = [1, 2], peers: [IPAddress] = [Underlay.first, Underlay.second], learning: Bool = true
    ) throws -> SwitchRig {
        let rig = try SwitchRig(ports: ports)
        #expect(rig.setTunnel())
        #expect(rig.setOverlay(1, OverlayConfiguration(vni: 42, tunnel: 100, learning: learning, peers: peers)))
        return rig
    }

    @Test("remote stations are learned, and frames for them go to their VTEP")
    func learning() throws {
        let rig = try rig()
        #expect(rig.verdict(Make.plain(), from: 1).kind == .flood)
        let arrived = rig.fromTunnel(Make.plain(to: Make.alice, from: Make.bob), behind: Underlay.first)
        #expect(arrived.kind == .forward && arrived.port == 1)
        let away = rig.verdict(Make.plain(), from: 1)
        #expect(away.kind == .tunnel && away.port == rig.number(Underlay.first) && away.domain == 1)
        // From another peer: moved.
        _ = rig.fromTunnel(Make.plain(to: Make.alice, from: Make.bob), behind: Underlay.second)
        #expect(rig.verdict(Make.plain(), from: 1).port == rig.number(Underlay.second))
        #expect(rig.statistics.moved == 1)
    }

    @Test("a station that moves, from remote to local and back, is followed at once")
    func moves() throws {
        let rig = try rig()
        for _ in 0..<3 {
            _ = rig.fromTunnel(Make.plain(to: Make.alice, from: Make.bob), behind: Underlay.first)
            #expect(rig.verdict(Make.plain(), from: 1).kind == .tunnel)
            _ = rig.verdict(Make.plain(to: Make.alice, from: Make.bob), from: 2)
            let here = rig.verdict(Make.plain(), from: 1)
            #expect(here.kind == .forward && here.port == 2)
        }
        #expect(rig.statistics.moved == 5)
    }

    @Test("stations that were set by hand don't move, wherever they speak")
    func statics() throws {
        let rig = try rig()
        #expect(rig.addRemote(Make.bob, behind: Underlay.first))
        #expect(rig.addStatic(Make.carol, port: 2))
        _ = rig.verdict(Make.plain(from: Make.bob), from: 2)
        _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.second)
        _ = rig.fromTunnel(Make.plain(from: Make.carol), behind: Underlay.second)
        #expect(rig.place(Make.bob) == rig.number(Underlay.first) && rig.place(Make.carol) == 2)
        rig.now &+= 400_000
        #expect(rig.verdict(Make.plain(), from: 1).port == rig.number(Underlay.first), "nor do they age")
    }

    @Test("a guarded endpoint's address doesn't come out of a tunnel, however long it was silent")
    func guarded() throws {
        for learning in [true, false] {
            let rig = try rig(learning: learning)
            rig.setPort(3, sourceGuard: SourceGuard(mac: Make.alice))
            func forged() -> DropReason {
                rig.fromTunnel(Make.plain(to: Make.broadcast, from: Make.alice), behind: Underlay.first).reason
            }
            #expect(forged() == .guardedStation)
            _ = rig.verdict(Make.plain(to: Make.broadcast, from: Make.alice), from: 3)
            #expect(forged() == .guardedStation && rig.place(Make.alice) == 3)
            rig.now &+= 400_000
            #expect(rig.place(Make.alice) == 0 && forged() == .guardedStation && rig.place(Make.alice) == 0)
            // With another address, or without a guard, or gone: others may speak.
            rig.setPort(3, sourceGuard: SourceGuard(mac: Make.carol))
            #expect(forged() == .none)
            rig.setPort(3, sourceGuard: SourceGuard(mac: Make.alice))
            #expect(forged() == .guardedStation)
            rig.setPort(3)
            #expect(forged() == .none)
            rig.setPort(3, sourceGuard: SourceGuard(mac: Make.alice))
            rig.removePort(3)
            #expect(forged() == .none)
            #expect(rig.place(Make.alice) == (learning ? rig.number(Underlay.first) : 0))
        }
        #expect(DropReason.guardedStation.direction == .ingress && DropReason.noTunnel.direction == .egress)
    }

    @Test("in another VLAN a guarded endpoint's address is another station; the gateway's is on every host")
    func guardedElsewhere() throws {
        let rig = try rig(ports: [2])
        rig.setPort(1, accessVLAN: 7, sourceGuard: SourceGuard(mac: Make.alice))
        func arrive(_ vlan: UInt16) -> DropReason {
            let frame = Make.plain(to: Make.broadcast, from: Make.alice, tags: Make.tag(vlan))
            return rig.fromTunnel(frame, behind: Underlay.first).reason
        }
        #expect(arrive(7) == .guardedStation && arrive(8) == .none)
        rig.setPort(3, sourceGuard: SourceGuard(mac: Make.carol))
        var overlay = OverlayConfiguration(vni: 42, tunnel: 100, peers: [Underlay.first])
        let frame = Make.plain(to: Make.broadcast, from: Make.carol)
        #expect(rig.fromTunnel(frame, behind: Underlay.first).reason == .guardedStation)
        overlay.routerMAC = MACAddress(value: Make.carol)
        #expect(rig.setOverlay(1, overlay))
        #expect(rig.fromTunnel(frame, behind: Underlay.first).kind == .flood)
    }

    @Test("guarded stations against a dictionary", arguments: 1...3)
    func guardedModel(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var table = GuardedStations()
        var model: [UInt16: (mac: UInt64, vlan: UInt16, domain: UInt16)] = [:]
        for step in 0..<20_000 {
            let port = UInt16(generator.below(300) + 1)
            if generator.below(3) == 0 {
                table.remove(port: port)
                model[port] = nil
            } else {
                let entry = (
                    UInt64(generator.below(40) + 1), UInt16(generator.below(3)), UInt16(generator.below(3) + 1)
                )
                table.set(port: port, mac: entry.0, vlan: entry.1, domain: entry.2)
                model[port] = entry
            }
            let (mac, vlan, domain) = (
                UInt64(generator.below(40) + 1), UInt16(generator.below(3)), UInt16(generator.below(3) + 1)
            )
            let expected = model.values.contains {
                $0.mac == mac && $0.domain == domain && ($0.vlan == 0 || $0.vlan == vlan)
            }
            let found = table.contains(mac: mac, vlan: vlan, domain: domain)
            #expect(found == expected, "seed \(seed), step \(step)")
        }
    }

    @Test("without learning nothing is learned from the tunnel; ports' stations are")
    func notLearning() throws {
        let rig = try rig(learning: false)
        let arrived = rig.fromTunnel(Make.plain(to: Make.alice, from: Make.bob), behind: Underlay.first)
        #expect(arrived.kind == .flood && rig.place(Make.bob) == 0)
        #expect(rig.verdict(Make.plain(), from: 1).kind == .flood)
        #expect(rig.place(Make.alice) == 1)
        // What a port's station was is not taken from it either.
        _ = rig.fromTunnel(Make.plain(to: Make.bob, from: Make.alice), behind: Underlay.first)
        #expect(rig.place(Make.alice) == 1)
    }

    @Test("remote stations age like others")
    func ageing() throws {
        let rig = try rig()
        rig.addDomain(1, ageingMilliseconds: 1_000)
        _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.first)
        rig.now &+= 999
        #expect(rig.verdict(Make.plain(), from: 1).kind == .tunnel)
        rig.now &+= 1
        #expect(rig.verdict(Make.plain(), from: 1).kind == .flood)
        _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.first)
        #expect(rig.verdict(Make.plain(), from: 1).kind == .tunnel)
    }

    @Test("split horizon: what came by a tunnel leaves by none")
    func splitHorizon() throws {
        let rig = try rig()
        _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.first)
        for peer in [Underlay.first, Underlay.second] {
            let verdict = rig.fromTunnel(Make.plain(from: Make.carol), behind: peer)
            #expect(verdict.kind == .drop && verdict.reason == .splitHorizon && verdict.domain == 1)
        }
        for destination in [Make.broadcast, 0x0100_5E00_0001, 0x0200_0000_0042] {
            #expect(rig.fromTunnel(Make.plain(to: destination, from: Make.bob), behind: Underlay.first).kind == .flood)
        }
        let alone = try self.rig(ports: [])
        let verdict = alone.fromTunnel(Make.plain(to: Make.broadcast, from: Make.bob), behind: Underlay.first)
        #expect(verdict.reason == .noOtherPort, "the other peer had it from its sender")
    }

    @Test("peers count as others: one port alone floods to them, without peers it has nobody")
    func floodToPeers() throws {
        for isolated in [false, true] {
            let rig = try rig(ports: [])
            rig.setPort(1, isolated: isolated)
            #expect(rig.verdict(Make.plain(), from: 1).kind == .flood)
            let alone = try self.rig(ports: [], peers: [])
            alone.setPort(1, isolated: isolated)
            #expect(alone.verdict(Make.plain(), from: 1).reason == .noOtherPort)
        }
    }

    @Test("isolated ports don't hear each other, but their peers")
    func isolated() throws {
        let rig = try rig(ports: [])
        rig.setPort(1, isolated: true)
        rig.setPort(2, isolated: true)
        let flooded = rig.verdict(Make.plain(to: Make.broadcast), from: 1)
        #expect(flooded.kind == .flood)
        #expect(rig.forwarding.egress(to: 2, from: 1, verdict: flooded, length: 60).kind == .skip)
        let arrived = rig.fromTunnel(Make.plain(to: Make.broadcast, from: Make.bob), behind: Underlay.first)
        for port in UInt16(1)...2 {
            #expect(rig.forwarding.egress(to: port, from: 0, verdict: arrived, length: 60).kind == .passUnchanged)
        }
        _ = rig.verdict(Make.plain(), from: 1)
        #expect(rig.fromTunnel(Make.plain(to: Make.alice, from: Make.bob), behind: Underlay.first).port == 1)
    }

    @Test("VLANs: a VLAN's stations are its own, and its frames go to its ports")
    func vlans() throws {
        let rig = try rig(ports: [])
        rig.setPort(1, accessVLAN: 7)
        rig.setPort(2, accessVLAN: 8)
        let tagged = Make.plain(to: Make.broadcast, from: Make.bob, tags: Make.tag(7))
        let arrived = rig.fromTunnel(tagged, behind: Underlay.first)
        #expect(arrived.kind == .flood && arrived.vlanIdentifier == 7)
        #expect(rig.forwarding.egress(to: 1, from: 0, verdict: arrived, length: 60).kind == .popTag)
        #expect(rig.forwarding.egress(to: 2, from: 0, verdict: arrived, length: 60).kind == .skip)
        #expect(rig.verdict(Make.plain(), from: 1).kind == .tunnel)
        #expect(rig.verdict(Make.plain(), from: 2).kind == .flood, "bob is in VLAN 7 alone")
        let none = rig.fromTunnel(Make.plain(to: Make.broadcast, from: Make.carol), behind: Underlay.first)
        #expect(none.reason == .noOtherPort, "untagged frames are for trunks, of which there is none")
        let reserved = Make.plain(to: Make.broadcast, from: Make.bob, tags: Make.tag(4_095))
        #expect(rig.fromTunnel(reserved, behind: Underlay.first).reason == .vlanReserved)
    }

    @Test("a domain that has no tunnel side any more floods to its ports what it knew behind a VTEP")
    func formerOverlay() throws {
        let rig = try rig()
        _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.first)
        #expect(rig.setOverlay(1, nil))
        let outcome = rig.put(Make.plain(), into: 1)
        #expect(outcome.verdict == .flood && outcome.ports == [2])
    }

    @Test("hostile frames out of a tunnel: each has one verdict, and the frame isn't changed", arguments: 1...3)
    func hostile(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let rig = try rig()
        rig.setPort(3, accessVLAN: 7)
        let peers = [Underlay.first, Underlay.second]
        var kinds: [Verdict.Kind: Int] = [:]
        for step in 0..<20_000 {
            let bytes = HostileFrames.next(&generator)
            let (header, frame) = (Array(bytes.prefix(10)), Array(bytes.dropFirst(10)))
            let padded = header + [UInt8](repeating: 0, count: 10 - header.count)
            let verdict = rig.fromTunnel(frame, behind: peers[generator.below(2)], header: padded)
            let note: Comment = "seed \(seed), step \(step)"
            #expect((verdict.kind == .drop) == verdict.reason.isDrop && verdict.kind != .tunnel, note)
            if verdict.kind == .drop { #expect(verdict.reason.direction == .ingress, note) }
            kinds[verdict.kind, default: 0] += 1
            if step % 16 == 0 { _ = rig.verdict(Make.plain(to: Make.alice, from: Make.bob), from: 1) }
        }
        #expect(kinds[.drop, default: 0] > 1_000 && kinds[.forward, default: 0] > 100, "seed \(seed)")
    }
}
