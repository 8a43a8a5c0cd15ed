import Addresses
import Testing

@testable import DataPlane

@Suite("Fragments that are routed")
struct RouterFragmentTests {
    typealias Rig = RouterRig

    /// A datagram as fragments of 800 bytes of payload, its checksum right over all of them.
    private func pieces(_ whole: RoutedFrame, identification: UInt16 = 0x4321) -> [[UInt8]] {
        let packet = whole.packet
        let payload = Array(packet[(whole.isIPv4 ? 20 : 40)...])
        var pieces: [[UInt8]] = []
        for start in stride(from: 0, to: payload.count, by: 800) {
            let part = Array(payload[start..<min(start + 800, payload.count)])
            let isLast = start + 800 >= payload.count
            var header = Array(packet.prefix(whole.isIPv4 ? 20 : 40))
            if whole.isIPv4 {
                header.replaceSubrange(2..<4, with: TestFrames.big(UInt64(20 + part.count), 2))
                header.replaceSubrange(4..<6, with: TestFrames.big(UInt64(identification), 2))
                header.replaceSubrange(6..<8, with: TestFrames.big(UInt64((isLast ? 0 : 0x2000) | start / 8), 2))
            } else {
                header.replaceSubrange(4..<6, with: TestFrames.big(UInt64(8 + part.count), 2))
                header[6] = 44
                header += [whole.proto, 0] + TestFrames.big(UInt64(start | (isLast ? 0 : 1)), 2)
                header += TestFrames.big(UInt64(identification), 4)
            }
            let frame = TestFrames.ethernet(
                to: whole.ethernetDestination, from: whole.ethernetSource, type: whole.isIPv4 ? 0x0800 : 0x86DD,
                header + part)
            pieces.append(whole.isIPv4 ? RoutedFrame.mended(frame) : frame)
        }
        return pieces
    }

    private func datagram(_ frame: RoutedFrame) -> RoutedFrame {
        var frame = frame
        frame.payload = (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        return frame
    }

    /// Those that have come before their first one, as the worker sends them.
    private func followers(_ rig: Rig, _ outcome: Rig.Outcome, domain: UInt16) -> [Rig.Outcome] {
        guard let key = outcome.verdict.followers else { return [] }
        var sent: [Rig.Outcome] = []
        while let held = rig.router.fragments.takeHeld(key) {
            let bytes = Array(UnsafeRawBufferPointer(start: held.header, count: VirtioNetHeader.length + held.length))
            let frame = Array(bytes.dropFirst(VirtioNetHeader.length))
            sent.append(domain == 0 ? rig.come(raw: frame, by: held.port) : rig.send(raw: frame, from: held.port))
        }
        return sent
    }

    @Test(
        "in order, reversed and mixed they leave as one datagram", arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2]],
        [true, false])
    func outgoing(order: [Int], isIPv4: Bool) {
        let rig = Rig()
        let whole = datagram(Rig.out(.udp, isIPv4: isIPv4))
        let parts = pieces(whole)
        var sent: [Rig.Outcome] = []
        for index in order {
            let outcome = rig.send(raw: parts[index])
            if outcome.verdict.isDrop(.fragmentRefused) { continue }
            sent.append(outcome)
            sent += followers(rig, outcome, domain: 1)
        }
        #expect(sent.count == 3 && sent.allSatisfy { $0.verdict.isOut() })
        guard let first = sent.first(where: { $0.packet.isFirstFragment }) else {
            Issue.record("no first fragment")
            return
        }
        let expected = pieces(
            Rig.left(whole, from: first.packet.source.port),
            identification: isIPv4 ? UInt16(first.packet.identification) : 0x4321)
        #expect(Set(sent.map(\.frame)) == Set(expected))
    }

    @Test("in order and reversed they enter as one datagram", arguments: [[0, 1, 2], [2, 1, 0]], [true, false])
    func incoming(order: [Int], isIPv4: Bool) {
        let rig = Rig()
        rig.publish()
        let whole = datagram(Rig.into(.udp, isIPv4: isIPv4))
        let parts = pieces(whole)
        var sent: [Rig.Outcome] = []
        for index in order {
            let outcome = rig.come(raw: parts[index])
            if outcome.verdict.isDrop(.fragmentRefused) { continue }
            sent.append(outcome)
            sent += followers(rig, outcome, domain: 0)
        }
        #expect(sent.count == 3 && sent.allSatisfy { $0.verdict.isTo(2) })
        #expect(Set(sent.map(\.frame)) == Set(pieces(Rig.arrived(whole, at: 80))))
    }

    @Test("overlapping ones, and ones of a flow that has ended, go nowhere")
    func spoiled() {
        let rig = Rig()
        let parts = pieces(datagram(Rig.out(.udp)))
        #expect(rig.send(raw: parts[0]).verdict.isOut() && rig.send(raw: parts[1]).verdict.isOut())
        #expect(rig.send(raw: parts[1]).verdict.isDrop(.fragmentRefused))
        #expect(rig.send(raw: parts[2]).verdict.isDrop(.fragmentRefused))
        #expect(rig.send(raw: parts[0]).verdict.isDrop(.fragmentRefused), "a second first one")
        let others = pieces(datagram(Rig.out(.udp)), identification: 9)
        #expect(rig.send(raw: others[0]).verdict.isOut())
        _ = rig.router.flows.removeAll(domain: 1)
        var bob = Rig.out(.udp)
        bob.source = Rig.bob
        #expect(rig.send(bob, from: 3).verdict.isOut())
        #expect(rig.send(raw: others[1]).verdict.isDrop(.noFlow), "its flow's number is another's")
    }

    @Test("datagrams of two endpoints with one identification leave with two")
    func identifications() {
        let rig = Rig()
        let mine = pieces(datagram(Rig.out(.udp)))
        var bob = datagram(Rig.out(.udp))
        bob.source = Rig.bob
        bob.ethernetSource = TestFrames.bob
        let his = pieces(bob)
        let first = rig.send(raw: mine[0]).packet.identification
        let second = rig.send(raw: his[0], from: 3).packet.identification
        #expect(first != second)
        #expect(rig.send(raw: mine[1]).packet.identification == first)
        #expect(rig.send(raw: his[1], from: 3).packet.identification == second)
    }

    @Test("with a next hop that isn't known the first one waits, the others with it; all leave")
    func waiting() {
        let rig = Rig()
        let parts = pieces(datagram(Rig.out(.udp, to: Rig.neighbour)))
        #expect(rig.send(raw: parts[0]).kind == .held)
        #expect(rig.send(raw: parts[1]).verdict.isDrop(.fragmentRefused) && rig.router.fragments.heldCount == 1)
        rig.know(Rig.v4(Rig.neighbour), 0x44)
        let outcome = rig.send(raw: parts[0])
        #expect(outcome.verdict.isOut())
        #expect(followers(rig, outcome, domain: 1).map { $0.verdict.isOut() } == [true])
        #expect(rig.send(raw: parts[2]).verdict.isOut())
    }

    @Test("a port that goes takes its fragments along")
    func portGone() {
        let rig = Rig()
        let parts = pieces(datagram(Rig.out(.udp)))
        #expect(rig.send(raw: parts[0]).verdict.isOut())
        #expect(rig.send(raw: pieces(datagram(Rig.out(.udp)), identification: 5)[1]).kind == .drop)
        #expect(rig.router.fragments.heldCount == 1 && rig.router.fragments.count == 1)
        rig.router.removePort(2)
        #expect(rig.router.fragments.heldCount == 0 && rig.router.fragments.count == 0)
    }

    @Test("a routed network's fragments leave as they are")
    func routedNetwork() {
        let rig = Rig()
        var whole = datagram(Rig.out(.udp))
        whole.source = Rig.routedStation
        for (part, expected) in zip(pieces(whole).reversed(), pieces(Rig.sent(whole)).reversed()) {
            let outcome = rig.send(raw: part, from: 30, domain: 3)
            #expect(outcome.verdict.isOut() && outcome.frame == expected)
        }
    }
}
