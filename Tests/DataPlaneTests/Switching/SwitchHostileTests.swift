import DataPlane
import Testing

@Suite("Hostile frames")
struct SwitchHostileTests {
    private typealias Make = TestFrames

    /// Something that looks like traffic.
    private static func honest(_ generator: inout SeededGenerator) -> [UInt8] {
        let stations = [Make.alice, Make.bob, Make.carol, Make.broadcast, 0x0180_C200_0003, 0, 0x0100_5E00_0001]
        let destination = stations[generator.below(stations.count)]
        let source = generator.below(8) == 0 ? stations[generator.below(stations.count)] : stations[generator.below(3)]
        let tags = (0..<[0, 0, 0, 1, 2, 3][generator.below(6)]).flatMap { _ in
            Make.tag(
                [0, 10, 20, 4095][generator.below(4)], tpid: [0x8100, 0x8100, 0x88A8, 0x9100][generator.below(4)])
        }
        let size = generator.below(5) == 0 ? generator.below(3000) : generator.below(100)
        let fill = [UInt8](repeating: 7, count: size)
        let transports: [(UInt8, [UInt8])] = [
            (6, Make.tcp(headerWords: UInt8(generator.below(16)), payload: size)),
            (17, Make.udp(from: 68, to: 67, payload: fill)), (58, [UInt8(130 + generator.below(9))] + fill),
            (44, [58, 0, 0, UInt8(generator.below(16))] + fill), (0, [58, UInt8(generator.below(4))] + fill),
        ]
        let (number, payload) = transports[generator.below(transports.count)]
        switch generator.below(4) {
        case 0:
            let source4 = [0x0A00_0002, 0x0A00_0003, 0][generator.below(3)] as UInt32
            let packet = Make.ipv4(from: source4, protocol: number, fragment: 0x4000, payload)
            return Make.ethernet(to: destination, from: source, tags: tags, type: 0x0800, packet)
        case 1:
            let source6: UInt128 = [0, 0xFE80_0000_0000_0000_0000_0AFF_FE00_0002, 5][generator.below(3)]
            let packet = Make.ipv6(from: source6, next: number, payload)
            return Make.ethernet(to: destination, from: source, tags: tags, type: 0x86DD, packet)
        case 2:
            let packet = Make.arp(operation: 1, sender: source, senderIP: 0x0A00_0002, targetIP: 1)
            return Make.ethernet(to: destination, from: source, tags: tags, type: 0x0806, packet)
        default:
            return Make.plain(to: destination, from: source, tags: tags, length: size)
        }
    }

    /// A frame, perhaps cut, perhaps with bytes changed, and a header that lies more often than not.
    private static func hostile(_ generator: inout SeededGenerator) -> (header: [UInt8], frame: [UInt8]) {
        var frame = honest(&generator)
        if generator.below(3) == 0 { frame = Array(frame.prefix(generator.below(frame.count + 1))) }
        if generator.below(3) == 0 {
            for _ in 0..<generator.below(8) where !frame.isEmpty {
                frame[generator.below(min(80, frame.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
        }
        var header = Make.vnet()
        switch generator.below(4) {
        case 0: header = header.map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        case 1:
            header = Make.vnet(
                flags: UInt8(generator.below(4)), type: [0, 1, 4, 5, 0x81][generator.below(5)],
                segment: UInt16(generator.below(1500)), start: UInt16(14 + 4 * generator.below(20)),
                offset: [6, 16][generator.below(2)])
        default: break
        }
        return (header, frame)
    }

    private func rig() throws -> SwitchRig {
        let rig = try SwitchRig(ports: [1, 2], capacity: 64)
        rig.setPort(3, isolated: true)
        rig.setPort(4, isolated: true, sourceGuard: SourceGuard(mac: Make.alice, ipv4: [0x0A00_0002], ipv6: [5]))
        rig.addDomain(2, ageingMilliseconds: 5000)
        rig.setPort(11, domain: 2, accessVLAN: 10)
        rig.setPort(12, domain: 2, accessVLAN: 20, sourceGuard: SourceGuard(mac: Make.bob))
        rig.setPort(13, domain: 2, mtu: 500)
        rig.setPort(14, domain: 2, isolated: true, accessVLAN: 10)
        return rig
    }

    @Test("200,000 frames: none traps, each has exactly one verdict, and the sums close", arguments: 1...4)
    func storm(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let rig = try rig()
        let ports: [UInt16] = [1, 2, 3, 4, 11, 12, 13, 14, 99]
        var received = 0
        var forwarded = 0
        var flooded = 0
        var drops: [DropReason: Int] = [:]
        let scratch = ExactBytes([UInt8](repeating: 0, count: TagRewrite.scratchLength))
        for step in 0..<50_000 {
            let (header, frame) = Self.hostile(&generator)
            let ingress = ports[generator.below(ports.count)]
            rig.now &+= UInt32(generator.below(50))
            let slot = ExactBytes(header + frame)
            let verdict = rig.forwarding.verdict(
                ingress: ingress, header: slot.start, length: frame.count, now: rig.now)
            received += 1
            #expect(slot.bytes.dropFirst(VirtioNetHeader.length).elementsEqual(frame), "seed \(seed) step \(step)")
            var ways: [UInt16] = []
            switch verdict.kind {
            case .drop:
                #expect(verdict.reason.isDrop && verdict.reason.direction == .ingress, "seed \(seed) step \(step)")
                drops[verdict.reason, default: 0] += 1
            case .forward:
                forwarded += 1
                ways = [verdict.port]
            case .tunnel, .route:
                Issue.record("a frame to a tunnel or router, of which there is none: seed \(seed) step \(step)")
            case .flood:
                flooded += 1
                ways = Array(rig.forwarding.floodMembers(verdict.domain))
            }
            var taken = 0
            for way in ways {
                let action = rig.forwarding.egress(to: way, from: ingress, verdict: verdict, length: frame.count)
                let rewrite = TagRewrite.write(action, header: slot.start, length: frame.count, into: scratch.start)
                #expect(rewrite.skip <= frame.count)
                if action.kind != .skip { taken += 1 }
                #expect(way != ingress || action.kind == .skip, "seed \(seed) step \(step)")
            }
            #expect(verdict.kind == .drop || taken > 0, "seed \(seed) step \(step)")
        }
        #expect(received == forwarded + flooded + drops.values.reduce(0, +))
        #expect(forwarded > 500)
        #expect(flooded > 500)
        // Every reason of the way in has come up, but for frames of more than 64 KiB and domains of one port, and what
        // only tunnels give.
        for reason in DropReason.allCases where reason.isDrop && reason.direction == .ingress {
            let isOfTunnels = reason.rawValue >= DropReason.outerMalformed.rawValue
            let isLeftOut = reason == .tooLong || reason == .noOtherPort || isOfTunnels
            #expect(isLeftOut || drops[reason] != nil, "\(reason.name), seed \(seed)")
        }
    }

    @Test("Every way out for every verdict, also ports that make no sense")
    func anyPort() throws {
        let rig = try rig()
        for ingress in [UInt16(1), 4, 11, 13] {
            let verdict = rig.verdict(Make.plain(to: Make.broadcast), from: ingress)
            for port in UInt16.min ... .max {
                let action = rig.forwarding.egress(to: port, from: ingress, verdict: verdict, length: 60)
                if action.kind != .skip { #expect(rig.members(verdict.domain).contains(port & 16_383)) }
            }
        }
    }
}
