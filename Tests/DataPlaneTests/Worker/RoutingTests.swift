import Addresses
import Glibc
import Testing

@testable import DataPlane

@Suite("A worker that routes")
struct RoutingTests {
    typealias Rig = RouterRig

    private func closes(_ rig: ScriptedWorker, location: SourceLocation = #_sourceLocation) {
        for port: UInt16 in [2, 3, 100, Rig.uplink] {
            rig.expectIngressCloses(port, "port \(port)", location: location)
        }
        rig.expectSound(location: location)
    }

    /// A datagram in two fragments.
    private func fragments(_ frame: RoutedFrame) -> [RoutedFrame] {
        var first = frame
        first.fragment = 0x2000
        first.payload = [UInt8](repeating: 1, count: 800)
        var later = first
        later.fragment = 101
        return [first, later]
    }

    @Test("a packet goes out by the uplink, its answer comes in by it")
    func bothWays() throws {
        let rig = try Rig.worker()
        let sent = rig.put(Rig.out(.udp).frame, into: 2)
        try #require(sent.map(\.port) == [Rig.uplink])
        let left = Rig.left(Rig.out(.udp), from: routed(sent[0].frame).source.port)
        #expect(sent[0].frame == left.frame)
        let back = rig.put(Rig.answer(to: left).frame, into: Rig.uplink)
        #expect(back.map(\.port) == [2] && back[0].frame == Rig.arrived(Rig.answer(to: left), at: 40_000).frame)
        #expect(rig.counters(2).forwarded == 1 && rig.counters(Rig.uplink).forwarded == 1)
        #expect(rig.counters(Rig.uplink).sentFrames == 1 && rig.counters(2).sentFrames == 1)
        // For the host itself.
        #expect(rig.put(Rig.out(.udp, to: 0x0A00_0001).frame, into: 2).map(\.port) == [100])
        closes(rig)
    }

    @Test("what is refused is told by the way it came, and what is dropped by none; both count as drops")
    func refused() throws {
        let rig = try Rig.worker()
        var tired = Rig.out(.udp)
        tired.hopLimit = 1
        let told = rig.put(tired.frame, into: 2)
        #expect(told.map(\.port) == [2])
        #expect(routed(told[0].frame).errorType == 11 && routed(told[0].frame).source.ipv4 == 0x0A00_0001)
        #expect(rig.drops(2, .hopLimitExceeded) == 1 && rig.counters(2).forwarded == 0)
        #expect(rig.put(Rig.out(flags: TCP.ack).frame, into: 2).isEmpty && rig.drops(2, .noFlow) == 1)
        #expect(rig.put(Rig.into(.udp, port: 9).frame, into: Rig.uplink).isEmpty)
        #expect(rig.drops(Rig.uplink, .noFlow) == 1 && rig.counters(Rig.uplink).forwarded == 0)
        closes(rig)
    }

    @Test("packets that wait go out when their next hop is known, in their order, or count as dropped")
    func waiting() throws {
        let rig = try Rig.worker()
        var frame = Rig.out(.udp, to: Rig.neighbour)
        for number in 0..<3 {
            frame.payload = [UInt8(number)]
            #expect(rig.put(frame.frame, into: 2).isEmpty)
        }
        #expect(rig.mailbox.takeEvents().map(\.number) == [Rig.uplink])
        #expect(rig.counters(2).forwarded == 3, "held ones count as forwarded")
        closes(rig)
        try #require(rig.perform(.setNextHop(Rig.hop(Rig.neighbour, 0x77))) == 0)
        rig.step()
        let sent = rig.device.take().sent
        #expect(sent.map(\.port) == [Rig.uplink, Rig.uplink, Rig.uplink])
        #expect(sent.map { $0.frame[42] } == [0, 1, 2])
        #expect(sent.allSatisfy { Array($0.frame.prefix(6)) == TestFrames.big(0x77, 6) })
        closes(rig)
        // Nobody ever answers for this one.
        frame.destination += 1
        #expect(rig.put(frame.frame, into: 2).isEmpty)
        rig.step(after: 4_000_000_000)
        #expect(rig.drops(2, .neighbourUnknown) == 1 && rig.counters(2).forwarded == 3)
        closes(rig)
    }

    @Test("a port that goes takes along what waits, and its flows; the next one of its number gets nothing of it")
    func portGone() throws {
        let rig = try Rig.worker()
        let sent = rig.put(Rig.out(.udp).frame, into: 2)
        let left = Rig.left(Rig.out(.udp), from: routed(sent[0].frame).source.port)
        #expect(rig.put(Rig.out(.udp, to: Rig.neighbour).frame, into: 2).isEmpty)
        rig.device.deliver(.ended(port: 2, error: 0))
        _ = rig.perform(.removePort(2))
        for _ in 0..<3 { rig.step() }
        #expect(rig.drops(2, .neighbourUnknown) == 1)
        try rig.addPort(2)
        _ = rig.device.take()
        try #require(rig.perform(.setNextHop(Rig.hop(Rig.neighbour, 0x77))) == 0)
        #expect(rig.put(Rig.answer(to: left).frame, into: Rig.uplink).isEmpty)
        #expect(rig.drops(Rig.uplink, .noFlow) == 1)
        closes(rig)
    }

    @Test("fragments that come before their first one follow it, both ways; those of none count as dropped")
    func reversedFragments() throws {
        let rig = try Rig.worker()
        for (frame, way, out) in [(Rig.out(.udp), UInt16(2), Rig.uplink), (Rig.into(.udp), Rig.uplink, 2)] {
            let parts = fragments(frame)
            #expect(rig.put(parts[1].frame, into: way).isEmpty && rig.drops(way, .fragmentRefused) == 1)
            closes(rig)
            #expect(rig.put(parts[0].frame, into: way).map(\.port) == [out, out])
            #expect(rig.drops(way, .fragmentRefused) == 0 && rig.counters(way).forwarded == 2)
            closes(rig)
        }
    }

    @Test("what is longer than the way out carries goes in fragments that make up the whole", arguments: [true, false])
    func cut(isOutgoing: Bool) throws {
        let rig = try Rig.worker(mtu: isOutgoing ? 1_000 : 9_000)
        for sum in [RoutedFrame.Sum.full, .partial] {
            var frame = isOutgoing ? Rig.out(.udp) : Rig.into(.udp)
            frame.sum = sum
            frame.payload = (0..<2_500).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let sent = rig.put(frame.frame, into: isOutgoing ? 2 : Rig.uplink, header: frame.header)
            #expect(sent.count == (isOutgoing ? 3 : 2))
            #expect(
                sent.allSatisfy {
                    $0.port == (isOutgoing ? Rig.uplink : 2) && $0.bytes.prefix(10).allSatisfy { $0 == 0 }
                })
            #expect(sent.allSatisfy { $0.frame.count <= 14 + (isOutgoing ? 1_000 : 1_500) })
            var whole: [UInt8] = []
            for piece in sent {
                let packet = routed(piece.frame)
                #expect(packet.kind != .malformed && packet.fragmentOffset == whole.count)
                #expect(packet.hasMoreFragments == (piece != sent.last))
                whole += piece.frame[34...]
            }
            frame.sum = .full
            let port = UInt16(whole[0]) << 8 | UInt16(whole[1])
            let expected = isOutgoing ? Rig.left(frame, from: port) : Rig.arrived(frame, at: 80)
            #expect(whole == Array(expected.frame[34...]))
        }
        closes(rig)
    }

    @Test("a flow's endpoint that is in another domain now gets nothing")
    func moved() throws {
        let rig = try Rig.worker()
        let sent = rig.put(Rig.out(.udp).frame, into: 2)
        let left = Rig.left(Rig.out(.udp), from: routed(sent[0].frame).source.port)
        try #require(rig.perform(.setDomain(DomainConfiguration(id: 5))) == 0)
        try #require(
            rig.perform(.setPort(PortConfiguration(id: 2, domain: 5, kind: .tap, token: 2), descriptor: nil)) == 0)
        #expect(rig.put(Rig.answer(to: left).frame, into: Rig.uplink).isEmpty)
        #expect(rig.drops(Rig.uplink, .noFlow) == 1)
        closes(rig)
    }

    @Test(
        "received = forwarded + flooded + consumed + drops with random packets", arguments: 1...4 as ClosedRange<UInt64>
    )
    func randomAccounting(seed: UInt64) throws {
        let rig = try Rig.worker(mtu: seed % 2 == 0 ? 1_500 : 600)
        var random = SeededGenerator(seed: seed)
        for number in 0..<3_000 {
            let isOutgoing = random.below(2) == 0
            let body: RoutedFrame.Body = random.below(3) == 0 ? .tcp : random.below(3) == 0 ? .echoRequest : .udp
            var frame = isOutgoing ? Rig.out(body) : Rig.into(body)
            if random.below(3) == 0 { frame.destination = random.below(2) == 0 ? Rig.neighbour : Rig.host }
            frame.sourcePort = UInt16(40_000 + random.below(50))
            if random.below(3) == 0 { frame.destinationPort = 8_080 }
            if random.below(10) == 0 { frame.hopLimit = 1 }
            frame.payload = [UInt8](repeating: 3, count: random.below(150) * 8)
            if body == .udp, random.below(4) == 0 {
                frame.fragment = [0x2000, UInt16(random.below(4)), 0x2002][random.below(3)]
                frame.identification = UInt16(random.below(3))
            }
            var bytes = frame.frame
            if random.below(10) == 0 { bytes[random.below(bytes.count)] ^= 1 }
            _ = rig.put(bytes, into: isOutgoing ? UInt16(2 + random.below(2)) : Rig.uplink)
            if random.below(50) == 0 {
                let mac: UInt64? = random.below(2) == 0 ? nil : 0x77
                try #require(rig.perform(.setNextHop(Rig.hop(Rig.neighbour, mac))) == 0)
            }
            if random.below(100) == 0 { rig.step(after: Int64(random.below(5_000)) * 1_000_000) }
            if number % 500 == 0 { closes(rig) }
        }
        rig.step(after: 5_000_000_000)
        closes(rig)
        #expect(rig.counters(Rig.uplink).sentFrames > 100 && rig.counters(2).sentFrames > 10, "seed \(seed)")
    }
}
