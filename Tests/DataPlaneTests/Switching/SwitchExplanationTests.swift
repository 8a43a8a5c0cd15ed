import Addresses
import Testing

@testable import DataPlane

/// What the switch foresees, and what would happen at each way out.
private struct SwitchExplanation {
    let verdict: Verdict
    let learning: LearningForesight?
    /// Ports that would send or drop it, in the order of sending.
    var egress: [(port: UInt16, action: EgressAction)] = []

    var sending: Int { egress.count { $0.action.kind != .drop } }
    var dropping: Int { egress.count { $0.action.kind == .drop } }
}

// As in SwitchRig+Configuration: calls of a class, since `#expect` can't hold what isn't copyable.
extension SwitchRig {
    fileprivate func explain(
        _ frame: [UInt8], from ingress: UInt16, header: [UInt8] = TestFrames.vnet()
    )
        -> SwitchExplanation
    {
        let slot = ExactBytes(header + frame)
        let foresight = forwarding.foresee(ingress: ingress, header: slot.start, length: frame.count, now: now)
        var explanation = SwitchExplanation(verdict: foresight.verdict, learning: foresight.learning)
        let ways: [UInt16] =
            switch foresight.verdict.kind {
            case .drop, .tunnel, .route: []
            case .forward: [foresight.verdict.port]
            case .flood: forwarding.floodMembers(foresight.verdict.domain).filter { $0 != ingress }
            }
        for port in ways {
            let action = forwarding.egress(
                to: port, from: ingress, verdict: foresight.verdict, length: frame.count)
            if action.kind != .skip { explanation.egress.append((port, action)) }
        }
        return explanation
    }

    fileprivate func explain(_ frame: [UInt8], behind vtep: UInt16) -> SwitchExplanation {
        let slot = ExactBytes(TestFrames.vnet() + frame)
        let foresight = forwarding.foresee(
            vtep: vtep, domain: 1, header: slot.start, frame: slot.start + VirtioNetHeader.length,
            length: frame.count, now: now)
        return SwitchExplanation(verdict: foresight.verdict, learning: foresight.learning)
    }

    fileprivate func image(capacity: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory, count: StationTable.bytes(capacity: capacity)))
    }
}

@Suite("What the switch would do")
struct SwitchExplanationTests {
    private typealias Make = TestFrames
    private static let capacity = 16
    private static let gateway: UInt64 = 0x0200_0A00_0001
    private static let names: UInt16 = 9
    private static let ports: [UInt16] = [1, 2, 3, 4, 5, 6, 7, 8, names, 12]

    /// A switch of which a seed says all: VLANs, isolation, guards, MTUs, a router, a parent of any mode, peers.
    private func rig(_ generator: inout SeededGenerator) throws -> SwitchRig {
        let rig = try SwitchRig(capacity: Self.capacity)
        rig.addDomain(1, ageingMilliseconds: [0, 2_000, 300_000][generator.below(3)])
        let hasVLANs = generator.below(2) == 0
        for port in UInt16(1)...8 where generator.below(6) != 0 {
            let mac = UInt64(0x0200_0A00_0000) + UInt64(port) + 1
            let guarded = SourceGuard(mac: mac, ipv4: [0x0A00_0000 + UInt32(port) + 1], isOpen: generator.below(3) == 0)
            rig.setPort(
                port, isolated: generator.below(4) == 0,
                accessVLAN: hasVLANs ? UInt16([0, 5, 6][generator.below(3)]) : 0,
                mtu: generator.below(4) == 0 ? 100 : 1_500, sourceGuard: generator.below(2) == 0 ? guarded : nil)
        }
        switch generator.below(4) {
        case 0:
            rig.forwarding.setParent(1, mode: ParentMode.allCases[generator.below(ParentMode.allCases.count)])
            if generator.below(5) != 0 { rig.forwarding.setParent(1, port: UInt16(1 + generator.below(8))) }
        case 1:
            rig.forwarding.setGateway(1, port: 1, mac: Self.gateway)
            rig.forwarding.setPort(Self.names, domain: 1, isNames: true)
        case 2:
            rig.setTunnel()
            let peers = generator.below(2) == 0 ? [] : [Underlay.first, Underlay.second]
            rig.setOverlay(
                1,
                OverlayConfiguration(
                    vni: 42, tunnel: 100, learning: generator.below(2) == 0, acceptsAnyPeer: true, peers: peers))
            _ = rig.addRemote(0x0200_0A00_00AA, behind: Underlay.first)
        default:
            break
        }
        if generator.below(3) == 0 { _ = rig.addStatic(Make.bob, port: UInt16(1 + generator.below(8))) }
        return rig
    }

    private func address(_ generator: inout SeededGenerator) -> UInt64 {
        switch generator.below(24) {
        case 0: Make.broadcast
        case 1: 0x0180_C200_0000 + UInt64(generator.below(18))
        case 2: 0
        case 3: 0x0100_5E00_0001
        case 4: Self.gateway
        case 5: 0x0200_0A00_00AA
        default: 0x0200_0A00_0002 + UInt64(generator.below(20))
        }
    }

    private func frame(_ generator: inout SeededGenerator) -> (header: [UInt8], frame: [UInt8]) {
        let (to, from) = (address(&generator), address(&generator))
        let tags: [UInt8] =
            switch generator.below(6) {
            case 0: Make.tag([0, 5, 6, 4_095][generator.below(4)])
            case 1: Make.tag(5) + Make.tag(6)
            case 2 where generator.below(3) == 0: Make.tag(5, tpid: 0x88A8)
            default: []
            }
        var frame: [UInt8]
        switch generator.below(4) {
        case 0:
            let sender = UInt32(truncatingIfNeeded: from & 0xFF) | 0x0A00_0000
            frame = Make.ethernet(
                to: to, from: from, tags: tags, type: 0x0806,
                Make.arp(
                    operation: UInt16(1 + generator.below(2)), sender: from, senderIP: sender, targetIP: 0x0A00_0003))
        case 1:
            let source = UInt32(truncatingIfNeeded: from & 0xFF) | 0x0A00_0000
            frame = Make.ethernet(
                to: to, from: from, tags: tags, type: 0x0800,
                Make.ipv4(from: source, protocol: 17, Make.udp(from: generator.below(2) == 0 ? 53 : 1_000)))
        default:
            frame = Make.plain(to: to, from: from, tags: tags, length: [60, 118, 119, 400, 1_600][generator.below(5)])
        }
        if generator.below(20) == 0 { frame = Array(frame.prefix(generator.below(22))) }
        var header = Make.vnet()
        if generator.below(12) == 0 { header = (0..<10).map { _ in UInt8(generator.below(8)) } }
        return (header, frame)
    }

    @Test("is what it then does: verdict, every way out, what is learned", arguments: 1...60)
    func model(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let rig = try rig(&generator)
        for step in 0..<600 {
            rig.now &+= UInt32([0, 20, 150, 1_500][generator.below(4)])
            let ingress = Self.ports[generator.below(Self.ports.count)]
            let (header, frame) = frame(&generator)
            let note = Comment("seed \(seed) step \(step)")
            let image = rig.image(capacity: Self.capacity)
            let statistics = rig.statistics
            let explanation = rig.explain(frame, from: ingress, header: header)
            #expect(rig.image(capacity: Self.capacity) == image && rig.statistics == statistics, note)

            let outcome = rig.put(frame, into: ingress, header: header)
            #expect(explanation.verdict.kind == outcome.verdict && explanation.verdict.reason == outcome.reason, note)
            let sending = explanation.egress.filter { $0.action.kind != .drop }.map(\.port)
            #expect(sending.sorted() == outcome.ports && explanation.sending == outcome.ports.count, note)
            let dropping = explanation.egress.filter { $0.action.kind == .drop }
            #expect(
                Dictionary(uniqueKeysWithValues: dropping.map { ($0.port, $0.action.reason) }) == outcome.egressDrops)
            #expect(explanation.dropping == outcome.egressDrops.count, note)
            if explanation.learning == nil { #expect(rig.statistics == statistics, note) }
            if case .refused? = explanation.learning?.result {
                #expect(rig.statistics.refused == statistics.refused + 1, note)
            }
            if let learning = explanation.learning, learning.evictedKey != 0 {
                #expect(rig.statistics.evicted == statistics.evicted + 1, note)
            }
        }
    }

    @Test("of a frame out of a tunnel, too", arguments: 1...20)
    func tunnel(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed) &+ 1_000)
        let rig = try rig(&generator)
        rig.setTunnel()
        rig.setOverlay(
            1,
            OverlayConfiguration(vni: 42, tunnel: 100, learning: seed % 2 == 0, acceptsAnyPeer: true, peers: []))
        let vtep = rig.intern(Underlay.third)
        #expect(vtep != 0)
        for step in 0..<600 {
            rig.now &+= UInt32([0, 20, 150, 1_500][generator.below(4)])
            let (_, frame) = frame(&generator)
            let note = Comment("seed \(seed) step \(step)")
            let image = rig.image(capacity: Self.capacity)
            let explanation = rig.explain(frame, behind: vtep)
            #expect(rig.image(capacity: Self.capacity) == image, note)
            let verdict = rig.fromTunnel(frame, behind: Underlay.third)
            #expect(explanation.verdict.kind == verdict.kind && explanation.verdict.reason == verdict.reason, note)
            #expect(explanation.verdict.port == verdict.port, note)
            if generator.below(3) == 0 { _ = rig.put(frame, into: UInt16(1 + generator.below(8))) }
        }
    }

    @Test("a flood to many ports is foreseen at each")
    func many() throws {
        let rig = try SwitchRig(ports: (1...200).map { UInt16($0) })
        rig.setPort(7, mtu: 100)
        let frame = Make.plain(to: Make.broadcast, length: 400)
        let explanation = rig.explain(frame, from: 3)
        #expect(explanation.sending == 198 && explanation.dropping == 1)
        #expect(rig.put(frame, into: 3).ports.count == 198)
    }

    @Test("a station that speaks to itself would be found behind its own port, known before or not")
    func itself() throws {
        let rig = try SwitchRig(ports: [1, 2])
        let frame = Make.plain(to: Make.alice, from: Make.alice)
        let explanation = rig.explain(frame, from: 1)
        #expect(explanation.verdict.reason == .samePort && explanation.learning?.result == .new)
        #expect(rig.entries().isEmpty, "it wasn't learned")
        #expect(rig.put(frame, into: 1).reason == .samePort)
        #expect(rig.explain(frame, from: 2).learning?.formerPort == 1, "it would move")
        #expect(rig.entries().map(\.port) == [1])
    }
}
