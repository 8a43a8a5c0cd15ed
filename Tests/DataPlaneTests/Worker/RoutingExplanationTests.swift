import Addresses
import Glibc
import Testing

@testable import DataPlane

/// As `WorkerExplanationTests`, of what a worker routes.
@Suite("What a worker would route")
struct RoutingExplanationTests {
    private typealias Rig = RouterRig

    private func step(_ kind: ExplanationKind, _ steps: [ExplanationStep]) throws -> ExplanationStep {
        try #require(steps.first { $0.kind == kind }, "\(kind) in \(steps)")
    }

    @Test("a new flow with its outside port, then the flow that is there, and its answer")
    func flow() throws {
        let rig = try Rig.worker(hasNames: true)
        let frame = Rig.out(.udp).frame
        let first = try rig.putExplained(frame, into: 2)
        #expect(
            first.map(\.kind) == [
                .arrived, .admitted, .learned, .lookedUp, .routerTakes, .routed, .nextHop, .flow, .translated, .sent,
            ])
        let route = try step(.routed, first)
        #expect(route.port == Rig.uplink && route.end(0, hasPort: false)?.address == Rig.v4(Rig.remote))
        #expect(route.end(1, hasPort: false)?.address == Rig.v4(0xC633_64FE) && route.second == 1_500)
        #expect(try step(.nextHop, first).first == Rig.nextHopMAC)
        let new = try step(.flow, first)
        #expect(new.first == 0 && new.second == ExplainedFlow.new.rawValue && new.port == 2)
        #expect(new.end(1)?.address == Rig.v4(Rig.host) && Rig.poolPorts.contains(new.end(1)?.port ?? 0))
        let translated = try step(.translated, first)
        #expect(translated.first == 17 && translated.end(0)?.address == Rig.v4(Rig.alice))
        #expect(translated.end(2)?.port == new.end(1)?.port && translated.end(1)?.address == translated.end(3)?.address)
        let second = try step(.flow, try rig.putExplained(frame, into: 2))
        #expect(second.first != 0 && second.second == ExplainedFlow.existing.rawValue && second.bytes == new.bytes)
        let left = Rig.left(Rig.out(.udp), from: new.end(1)?.port ?? 0)
        let back = try rig.putExplained(Rig.answer(to: left).frame, into: Rig.uplink)
        #expect(back.map(\.kind) == [.arrived, .admitted, .routerTakes, .flow, .translated, .leaves, .sent])
        rig.expectSound()
    }

    @Test("a published port, from outside and from a neighbour in the network")
    func publish() throws {
        let rig = try Rig.worker(hasNames: true)
        let outside = try rig.putExplained(Rig.into(.udp).frame, into: Rig.uplink)
        let published = try step(.published, outside)
        #expect(published.first == 10 && published.second == 1 && published.port == 2)
        #expect(published.end(0)?.address == Rig.v4(Rig.alice) && published.end(0)?.port == 80)
        var hairpin = Rig.out(.udp, to: Rig.host)
        hairpin.source = Rig.bob
        hairpin.destinationPort = 8_080
        let steps = try rig.putExplained(hairpin.frame, into: 3)
        #expect(steps.count { $0.kind == .flow } == 2 && steps.contains { $0.kind == .published })
        #expect(steps.last?.kind == .sent && steps.last?.port == 2)
        #expect(try rig.putExplained(hairpin.frame, into: 3).count { $0.kind == .published } == 0, "it is there now")
        rig.expectSound()
    }

    @Test("what waits, what is the host's, what is refused, what is cut")
    func others() throws {
        let rig = try Rig.worker(hasNames: true, mtu: 1_000)
        let waiting = try rig.putExplained(Rig.out(.udp, to: Rig.neighbour).frame, into: 2)
        #expect(try step(.nextHop, waiting).first == 0)
        #expect(waiting.last == ExplanationStep(.held, port: 2, first: ExplainedWait.nextHop.rawValue))
        let host = try rig.putExplained(Rig.out(.udp, to: 0x0A00_0001).frame, into: 2)
        #expect(
            try step(.toHost, host) == ExplanationStep(.toHost, port: 100, first: ExplainedHostReason.address.rawValue))
        var question = Rig.out(.udp, to: 0x0A00_0001)
        question.destinationPort = 53
        #expect(try step(.toNames, try rig.putExplained(question.frame, into: 2)).port == 101)
        var tired = Rig.out(.udp)
        tired.hopLimit = 1
        rig.step(after: 2_000_000)
        let refused = try rig.putExplained(tired.frame, into: 2)
        #expect(try step(.dropped, refused).reason == .hopLimitExceeded)
        #expect(try step(.senderTold, refused).first == ExplainedMessage.timeExceeded.rawValue)
        var long = Rig.out(.udp)
        long.payload = [UInt8](repeating: 4, count: 2_500)
        let cut = try rig.putExplained(long.frame, into: 2)
        #expect(
            try step(.fragmented, cut) == ExplanationStep(.fragmented, port: Rig.uplink, first: 1_000, second: 3))
        #expect(try rig.putExplained(Rig.out(flags: TCP.ack).frame, into: 2).last?.reason == .noFlow)
        rig.expectSound()
    }

    @Test(
        "random packets both ways, fragments, ICMP errors, a table with little room",
        arguments: 1...6 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        let rig = try Rig.worker(hasNames: true, mtu: seed % 2 == 0 ? 1_500 : 600)
        var random = SeededGenerator(seed: seed)
        var kinds: Set<ExplanationKind> = []
        for number in 0..<700 {
            let isOutgoing = random.below(2) == 0
            let bodies: [RoutedFrame.Body] = [.tcp, .tcp, .udp, .udp, .echoRequest, .echoReply]
            let body = bodies[random.below(bodies.count)]
            var frame = isOutgoing ? Rig.out(body) : Rig.into(body)
            if random.below(3) == 0 {
                frame.destination = [Rig.neighbour, Rig.host, Rig.alice, 0x0A00_0001][random.below(4)]
            }
            frame.sourcePort = [40_000, 40_001, 61_440, 61_441, 53][random.below(5)]
            frame.destinationPort = [80, 8_080, 53, 61_440, 40_000][random.below(5)]
            frame.flags = [TCP.syn, TCP.syn, TCP.ack, TCP.synAck, TCP.finAck, TCP.rst][random.below(6)]
            if random.below(10) == 0 { frame.hopLimit = 1 }
            frame.payload = [UInt8](repeating: 3, count: random.below(150) * 8)
            if body == .udp, random.below(4) == 0 {
                // A first one now and then; later ones of others, which are held.
                frame.fragment = random.below(2) == 0 ? 0x2000 : 0x2002
                frame.identification = UInt16(number) | (frame.fragment == 0x2000 ? 0 : 0x8000)
            }
            let port = isOutgoing ? UInt16(2 + random.below(2)) : Rig.uplink
            // Mostly its own address; now and then the other endpoint's, whose flows have to go.
            if isOutgoing, port == 3, random.below(8) > 0 { frame.source = Rig.bob }
            var bytes = frame.frame
            if random.below(10) == 0 { bytes[random.below(bytes.count)] ^= 1 }
            rig.step(after: Int64(1 + random.below(50)) * 1_000_000)
            kinds.formUnion(try rig.putExplained(bytes, into: port, "seed \(seed), packet \(number)").map(\.kind))
            if random.below(40) == 0 {
                let mac: UInt64? = random.below(2) == 0 ? nil : 0x77
                try #require(rig.perform(.setNextHop(Rig.hop(Rig.neighbour, mac))) == 0)
                rig.step()
                _ = rig.device.take()
            }
        }
        #expect(
            kinds.isSuperset(of: [
                .routed, .nextHop, .flow, .translated, .published, .toHost, .toNames, .held, .senderTold, .dropped,
                .sent,
            ]), "\(kinds)")
        rig.expectSound()
    }
}
