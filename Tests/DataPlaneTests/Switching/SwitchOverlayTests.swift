import Addresses
import DataPlane
import Testing

@Suite("A domain's VXLAN side")
struct SwitchOverlayTests {
    private typealias Make = TestFrames

    private static func overlay(
        _ vni: UInt32 = 42, tunnel: UInt16 = 100, peers: [IPAddress] = [], acceptsAnyPeer: Bool = false
    ) -> OverlayConfiguration {
        OverlayConfiguration(vni: vni, tunnel: tunnel, acceptsAnyPeer: acceptsAnyPeer, peers: peers)
    }

    private func rig() throws -> SwitchRig {
        let rig = try SwitchRig(ports: [1, 2])
        rig.addDomain(2)
        #expect(rig.setTunnel())
        return rig
    }

    @Test("refused, and nothing changed: no such domain, no such tunnel, another domain's VNI")
    func refused() throws {
        let rig = try rig()
        #expect(!rig.setOverlay(0, Self.overlay()) && !rig.setOverlay(9, Self.overlay()))
        #expect(!rig.setOverlay(4_096, Self.overlay()) && !rig.setOverlay(.max, Self.overlay()))
        #expect(!rig.setOverlay(1, Self.overlay(tunnel: 0)) && !rig.setOverlay(1, Self.overlay(tunnel: 16_384)))
        #expect(rig.domain(vni: 42) == 0)
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first])))
        #expect(!rig.setOverlay(2, Self.overlay(peers: [Underlay.second])))
        #expect(rig.domain(vni: 42) == 1 && rig.peers() == [Underlay.first] && rig.peers(2) == [])
        #expect(rig.setOverlay(2, nil), "it has none")
        #expect(rig.setOverlay(2, Self.overlay(43)))
        #expect(!rig.setOverlay(2, Self.overlay(42)), "the other one's")
        #expect(rig.domain(vni: 43) == 2 && rig.domain(vni: 42) == 1)
        // The same number in another tunnel is another network.
        #expect(rig.setTunnel(200, senders: [201, 202]))
        #expect(rig.setOverlay(2, Self.overlay(42, tunnel: 200)))
        #expect(rig.domain(vni: 42, tunnel: 200) == 2 && rig.domain(vni: 43) == 0)
    }

    @Test("tunnels that can't be")
    func tunnels() throws {
        let rig = try rig()
        #expect(!rig.setTunnel(0) && !rig.setTunnel(16_384))
        for count in [0, 3, 5, 31, 33, 64] { #expect(!rig.setTunnel(senders: (0..<UInt16(count)).map { $0 + 1 })) }
        for count in [1, 2, 4, 8, 16, 32] { #expect(rig.setTunnel(senders: (0..<UInt16(count)).map { $0 + 1 })) }
    }

    @Test("a VNI that changes leaves the old one free")
    func changedVNI() throws {
        let rig = try rig()
        #expect(rig.setOverlay(1, Self.overlay(42)) && rig.setOverlay(1, Self.overlay(50)))
        #expect(rig.domain(vni: 42) == 0 && rig.domain(vni: 50) == 1)
        #expect(rig.setOverlay(2, Self.overlay(42)))
        #expect(rig.setOverlay(1, nil) && rig.domain(vni: 50) == 0 && rig.domain(vni: 42) == 2)
        rig.removeDomain(2)
        #expect(rig.domain(vni: 42) == 0)
    }

    @Test("peers are referred to as long as some domain has them")
    func references() throws {
        let rig = try rig()
        let (first, second, third) = (Underlay.first, Underlay.second, Underlay.third)
        #expect(rig.setOverlay(1, Self.overlay(peers: [first, second, first])))
        #expect(rig.peers() == [first, second], "twice is once")
        #expect(rig.setOverlay(2, Self.overlay(43, peers: [second, third])))
        #expect([first, second, third].allSatisfy { rig.isReferred($0) })
        #expect(rig.setOverlay(1, Self.overlay(peers: [third, first])))
        #expect(rig.peers() == [third, first] && rig.isReferred(second), "domain 2 has it")
        #expect(rig.setOverlay(2, nil))
        #expect(!rig.isReferred(second) && rig.isReferred(third) && rig.isReferred(first))
        rig.removeDomain(1)
        #expect(![first, second, third].contains { rig.isReferred($0) })
        // The same again and again counts once.
        rig.addDomain(1)
        for _ in 0..<5 { #expect(rig.setOverlay(1, Self.overlay(peers: [first]))) }
        #expect(rig.setOverlay(1, Self.overlay()) && !rig.isReferred(first))
    }

    @Test("stations behind a peer that is one no more are forgotten, but those set by hand")
    func droppedPeer() throws {
        let rig = try rig()
        let peers = [Underlay.first, Underlay.second]
        #expect(rig.setOverlay(1, Self.overlay(peers: peers)))
        #expect(rig.setOverlay(2, Self.overlay(43, peers: peers)))
        for domain in UInt16(1)...2 {
            _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.first, domain: domain)
            _ = rig.fromTunnel(Make.plain(from: Make.carol), behind: Underlay.second, domain: domain)
        }
        #expect(rig.addRemote(0x0200_0000_0099, behind: Underlay.first))
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.second])))
        #expect(rig.place(Make.bob) == 0 && rig.place(Make.carol) == rig.number(Underlay.second))
        #expect(rig.place(0x0200_0000_0099) == rig.number(Underlay.first))
        #expect(rig.place(Make.bob, domain: 2) == rig.number(Underlay.first), "of another domain")
        // Where any peer will do they stay.
        #expect(rig.setOverlay(2, Self.overlay(43, acceptsAnyPeer: true)))
        #expect(rig.place(Make.bob, domain: 2) == rig.number(Underlay.first))
    }

    @Test("when only peers are wanted any more, stations behind others are forgotten")
    func noStrangers() throws {
        let rig = try rig()
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first], acceptsAnyPeer: true)))
        _ = rig.verdict(Make.plain(), from: 1)
        _ = rig.fromTunnel(Make.plain(from: Make.bob), behind: Underlay.third)
        _ = rig.fromTunnel(Make.plain(from: Make.carol), behind: Underlay.first)
        #expect(rig.place(Make.bob) == rig.number(Underlay.third))
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first])))
        #expect(rig.place(Make.bob) == 0 && rig.place(Make.carol) == rig.number(Underlay.first))
        #expect(rig.place(Make.alice) == 1)
    }

    @Test("a station behind a VTEP needs an overlay; it can be any VTEP")
    func statics() throws {
        let rig = try rig()
        #expect(!rig.addRemote(Make.bob, behind: Underlay.third))
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first])))
        #expect(rig.addRemote(Make.bob, behind: Underlay.third))
        #expect(rig.place(Make.bob) == rig.number(Underlay.third) && rig.place(Make.bob) > 16_384)
        #expect(rig.addRemote(Make.bob, vlan: 5, behind: Underlay.first))
        #expect(rig.place(Make.bob, vlan: 5) == rig.number(Underlay.first))
        #expect(!rig.addRemote(Make.broadcast, behind: Underlay.first) && !rig.addRemote(0, behind: Underlay.first))
        #expect(!rig.addRemote(Make.bob, vlan: 4_095, behind: Underlay.first))
        #expect(rig.entries().filter(\.isStatic).count == 2)
        // They go with the domain.
        rig.removeDomain(1)
        rig.addDomain(1)
        #expect(rig.place(Make.bob) == 0)
    }

    @Test("when all numbers are given, VTEPs that nobody refers to make room with their stations; others stay")
    func crowded() throws {
        let rig = try rig()
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first], acceptsAnyPeer: true)))
        #expect(rig.addRemote(Make.bob, behind: Underlay.second))
        let (first, second) = (rig.number(Underlay.first), rig.number(Underlay.second))
        _ = rig.fromTunnel(Make.plain(from: Make.carol), behind: Underlay.third)
        #expect(rig.place(Make.carol) == rig.number(Underlay.third))
        for number in UInt32(0)..<4_092 { #expect(rig.intern(Underlay.ipv4(0x0B00_0000 + number)) != 0) }
        #expect(rig.place(Make.carol) == rig.number(Underlay.third), "the table is just full")
        #expect(rig.intern(Underlay.sixth) != 0)
        #expect(rig.number(Underlay.third) == 0 && rig.place(Make.carol) == 0)
        #expect(rig.number(Underlay.first) == first && rig.number(Underlay.second) == second)
        #expect(rig.place(Make.bob) == second)
        #expect(!rig.isReferred(Underlay.second), "referred to by its station alone, and only while that was asked")
    }

    @Test("peers that are named while the table is full all get numbers of their own")
    func crowdedPeers() throws {
        let rig = try rig()
        for number in UInt32(0)..<4_094 { #expect(rig.intern(Underlay.ipv4(0x0B00_0000 + number)) != 0) }
        // The first finds the last free number, the second has the others forgotten.
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first, Underlay.second, Underlay.third])))
        #expect(rig.peers() == [Underlay.first, Underlay.second, Underlay.third])
        #expect(rig.isReferred(Underlay.first) && rig.isReferred(Underlay.second))
    }

    @Test("no more peers than there are places for")
    func manyPeers() throws {
        let rig = try rig()
        var overlay = Self.overlay()
        overlay.peers = (1...200).map { Underlay.ipv4(UInt32($0)) }
        #expect(rig.setOverlay(1, overlay))
        #expect(rig.peers() == overlay.peers.prefix(64).map { $0 })
    }

    @Test("a VTEP of the other family than the tunnel's is none: it couldn't be sent to")
    func families() throws {
        let rig = try rig()
        #expect(!rig.setOverlay(1, Self.overlay(peers: [Underlay.first, Underlay.sixth])))
        #expect(rig.domain(vni: 42) == 0)
        #expect(rig.setOverlay(1, Self.overlay(peers: [Underlay.first])))
        #expect(!rig.addRemote(Make.bob, behind: Underlay.sixth))
        #expect(rig.setTunnel(200, local: Underlay.sixth))
        #expect(!rig.setOverlay(2, Self.overlay(tunnel: 200, peers: [Underlay.first])))
        #expect(rig.setOverlay(2, Self.overlay(tunnel: 200, peers: [Underlay.sixth])))
    }
}
