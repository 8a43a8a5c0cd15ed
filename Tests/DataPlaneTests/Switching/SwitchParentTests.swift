import Testing

@testable import DataPlane

/// Domains with a parent: ports 1 and 2 are alice's and bob's, 9 leads to the LAN, where carol is.
@Suite("Verdicts in a domain with a parent")
struct SwitchParentTests {
    private typealias Make = TestFrames
    private static let dave: UInt64 = 0x0200_0A00_0005

    private func rig(_ mode: ParentMode, vlan: UInt16 = 0, parent: Bool = true) throws -> SwitchRig {
        let rig = try SwitchRig()
        rig.setParent(mode)
        for (port, mac) in [(UInt16(1), Make.alice), (2, Make.bob)] {
            rig.setPort(port, accessVLAN: vlan, sourceGuard: SourceGuard(mac: mac, isOpen: true))
        }
        if parent { rig.setParentPort(9) }
        return rig
    }

    @Test("bridge: endpoints reach each other and the LAN; nobody else is flooded to")
    func bridge() throws {
        let rig = try rig(.bridge)
        #expect(rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 1).ports == [2])
        // Never heard of: on the LAN all the same.
        #expect(rig.put(Make.plain(to: Make.carol, from: Make.alice), into: 1).ports == [9])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.alice), into: 1).ports == [2, 9])
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.carol), into: 9).ports == [1])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.carol), into: 9).ports == [1, 2])
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.alice), into: 1).reason == .samePort)
        #expect(rig.put(Make.plain(to: Self.dave, from: Make.carol), into: 9).reason == .noEndpoint)
        #expect(rig.put(Make.plain(to: Make.carol, from: Self.dave), into: 1).reason == .guardMAC)
        // Both are shown, with where they are.
        #expect(Set(rig.entries().map { [$0.mac, UInt64($0.port)] }) == [[Make.alice, 1], [Make.carol, 9]])
    }

    @Test("what pretends on the LAN to be an endpoint is dropped and moves nobody", arguments: ParentMode.allCases)
    func forged(mode: ParentMode) throws {
        guard mode != .passthru else { return }
        let rig = try rig(mode)
        _ = rig.put(Make.plain(to: Make.carol, from: Make.alice), into: 1)
        for target in [Make.bob, Make.alice, Make.broadcast] where mode != .vepa || target == Make.alice {
            #expect(rig.put(Make.plain(to: target, from: Make.alice), into: 9).reason == .guardedStation)
        }
        #expect(rig.put(Make.plain(to: Make.alice, from: Make.carol), into: 9).ports == [1])
        #expect(rig.entries().first { $0.mac == Make.alice }?.port == 1)
    }

    @Test("private: all goes to the LAN, and nothing of an endpoint comes back from there")
    func isolated() throws {
        let rig = try rig(.private)
        for target in [Make.bob, Make.carol, Make.broadcast, Make.alice] {
            #expect(rig.put(Make.plain(to: target, from: Make.alice), into: 1).ports == [9])
        }
        #expect(rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 9).reason == .guardedStation)
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.carol), into: 9).ports == [1, 2])
        #expect(rig.put(Make.plain(to: Make.bob, from: Make.carol), into: 9).ports == [2])
    }

    @Test("vepa: what a switch sends back reaches the others, not its sender")
    func vepa() throws {
        let rig = try rig(.vepa)
        for target in [Make.bob, Make.carol, Make.broadcast] {
            #expect(rig.put(Make.plain(to: target, from: Make.alice), into: 1).ports == [9])
        }
        #expect(rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 9).ports == [2])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.alice), into: 9).ports == [2])
        #expect(rig.put(Make.plain(to: Make.broadcast, from: Make.carol), into: 9).ports == [1, 2])
        rig.removePort(2)
        let alone = rig.put(Make.plain(to: Make.broadcast, from: Make.alice), into: 9)
        #expect(alone.reason == .noOtherPort)
    }

    @Test("passthru: a wire between the endpoint and the LAN, whoever speaks")
    func passthru() throws {
        let rig = try SwitchRig()
        rig.setParent(.passthru)
        rig.setPort(1)
        rig.setParentPort(9)
        for (source, target) in [(Make.alice, Make.bob), (Make.bob, Make.alice), (Make.carol, Make.broadcast)] {
            #expect(rig.put(Make.plain(to: target, from: source), into: 1).ports == [9])
            #expect(rig.put(Make.plain(to: target, from: source), into: 9).ports == [1])
        }
        rig.removePort(1)
        #expect(rig.put(Make.plain(), into: 9).reason == .noOtherPort)
    }

    @Test("one VLAN of the parent: tags come off and are put on, and others' frames reach nobody")
    func vlan() throws {
        let rig = try rig(.bridge, vlan: 10)
        let out = rig.put(Make.plain(to: Make.carol, from: Make.alice), into: 1)
        #expect(out.sent[9] == Make.plain(to: Make.carol, from: Make.alice, tags: Make.tag(10), length: 64))
        #expect(rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 1).sent[2] == Make.plain(length: 60))
        let answer = Make.plain(to: Make.alice, from: Make.carol, tags: Make.tag(10))
        let plain = Make.plain(to: Make.alice, from: Make.carol, length: 56)
        #expect(rig.put(answer, into: 9).sent[1] == plain)
        for tags in [[], Make.tag(11), Make.tag(0)] {
            let other = rig.put(Make.plain(to: Make.alice, from: Make.carol, tags: tags), into: 9)
            #expect(other.sent.isEmpty && other.reason == .noEndpoint)
            let all = rig.put(Make.plain(to: Make.broadcast, from: Make.carol, tags: tags), into: 9)
            #expect(all.sent.isEmpty)
        }
        #expect(rig.put(Make.plain(from: Make.alice, tags: Make.tag(11)), into: 1).reason == .vlanTagged)
    }

    @Test("without its parent only a bridge goes on, among the endpoints; the port may come and go")
    func withoutParent() throws {
        for mode in ParentMode.allCases {
            let rig = try rig(mode, parent: false)
            let toBob = rig.put(Make.plain(to: Make.bob, from: Make.alice), into: 1)
            #expect(mode == .bridge ? toBob.ports == [2] : toBob.reason == .noParent)
            #expect(rig.put(Make.plain(to: Make.carol, from: Make.alice), into: 1).reason == .noParent)
            rig.setParentPort(9)
            #expect(rig.put(Make.plain(to: Make.carol, from: Make.alice), into: 1).ports == [9])
            rig.removePort(9)
            #expect(rig.put(Make.plain(to: Make.carol, from: Make.alice), into: 1).reason == .noParent)
        }
    }

    @Test("an open guard looks at the MAC address alone")
    func openGuard() throws {
        let open = SourceGuard(mac: Make.alice, isOpen: true)
        let packet = Make.ethernet(from: Make.alice, type: 0x0800, Make.ipv4(protocol: 17, [0, 0, 0, 0, 0, 8, 0, 0]))
        let bytes = ExactBytes(packet)
        #expect(open.check(bytes.start, length: packet.count) == .none)
        let other = SourceGuard(mac: Make.bob, isOpen: true)
        #expect(other.check(bytes.start, length: packet.count) == .guardMAC)
        let closed = SourceGuard(mac: Make.alice)
        #expect(closed.check(bytes.start, length: packet.count) == .guardIPv4)
    }
}

extension SwitchRig {
    fileprivate func setParent(_ mode: ParentMode?) {
        forwarding.setParent(1, mode: mode)
    }

    fileprivate func setParentPort(_ id: UInt16) {
        setPort(id)
        forwarding.setParent(1, port: id)
    }
}
