import Addresses
import Testing

@testable import DataPlane

@Suite("Endpoints that talk by way of the host's address")
struct RouterHairpinTests {
    typealias Rig = RouterRig

    /// A frame from bob to alice's published port.
    private func question(_ body: RoutedFrame.Body, isIPv4: Bool, flags: UInt8 = TCP.syn) -> RoutedFrame {
        var frame = Rig.out(body, isIPv4: isIPv4, flags: flags, to: isIPv4 ? Rig.host : Rig.host6)
        frame.source = isIPv4 ? Rig.bob : Rig.alice6 + 1
        frame.destinationPort = 8_080
        frame.ethernetSource = TestFrames.bob
        return frame
    }

    /// What alice gets.
    private func expected(_ question: RoutedFrame, from port: UInt16) -> RoutedFrame {
        var frame = Rig.arrived(question, at: 80)
        frame.source = question.destination
        frame.sourcePort = port
        return frame
    }

    @Test(
        "the question comes from the host's address, and so does the answer; to the byte",
        arguments: [RoutedFrame.Body.tcp, .udp], [true, false])
    func bothWays(body: RoutedFrame.Body, isIPv4: Bool) {
        for sum in [RoutedFrame.Sum.full, .partial] {
            let rig = Rig()
            rig.publish()
            var frame = question(body, isIPv4: isIPv4)
            frame.sum = sum
            let outcome = rig.send(frame, from: 3)
            #expect(outcome.verdict.isTo(2))
            let port = outcome.packet.source.port
            #expect(Rig.poolPorts.contains(port))
            let arrived = expected(frame, from: port)
            #expect(outcome.frame == arrived.frame && outcome.header == arrived.header)
            let answer = Rig.answer(to: arrived)
            let back = rig.send(answer)
            #expect(back.verdict.isTo(3))
            var home = answer
            home.source = frame.destination
            home.sourcePort = 8_080
            home.destination = frame.source
            home.destinationPort = 40_000
            home.hopLimit -= 1
            home.ethernetSource = Rig.gatewayMAC
            home.ethernetDestination = TestFrames.bob
            #expect(back.frame == home.frame && back.header == home.header)
            #expect(rig.router.flows.count == 2)
        }
    }

    @Test("an endpoint reaches itself so, too")
    func itself() {
        let rig = Rig()
        rig.publish()
        var frame = question(.tcp, isIPv4: true)
        frame.source = Rig.alice
        frame.ethernetSource = TestFrames.alice
        let outcome = rig.send(frame)
        #expect(outcome.verdict.isTo(2))
        let answer = Rig.answer(to: expected(frame, from: outcome.packet.source.port))
        #expect(rig.send(answer).verdict.isTo(2))
    }

    @Test("from another network as from the same; from an internal one not")
    func otherNetwork() {
        let rig = Rig()
        rig.publish()
        var frame = question(.udp, isIPv4: true)
        frame.source = Rig.routedStation
        let outcome = rig.send(frame, from: 30, domain: 3)
        #expect(outcome.verdict.isTo(2))
        #expect(rig.send(Rig.answer(to: expected(frame, from: outcome.packet.source.port))).verdict.isTo(30, domain: 3))
        frame.source = 0x0A02_0002
        #expect(rig.send(frame, from: 20, domain: 2).verdict.isRefusal(.internalNetwork))
    }

    @Test("what isn't published there is the host's, what begins nothing is dropped, and martians don't begin")
    func others() {
        let rig = Rig()
        rig.publish()
        var frame = question(.tcp, isIPv4: true, flags: TCP.ack)
        #expect(rig.send(frame, from: 3).verdict.isDrop(.noFlow))
        frame.flags = TCP.syn
        frame.source = 0x7F00_0001
        #expect(rig.send(frame, from: 3).verdict.isDrop(.martian))
        frame.source = Rig.bob
        frame.destinationPort = 22
        #expect(rig.send(frame, from: 3).kind == .toHost)
        #expect(rig.router.flows.count == 0)
        // Loopback is nobody's way to a published port.
        frame.destination = 0x7F00_0001
        frame.destinationPort = 8_080
        #expect(rig.send(frame, from: 3).verdict.isDrop(.martian))
    }

    @Test("an error about a hairpinned packet comes to its sender, about the answer to the one who gave it")
    func errors() {
        let rig = Rig()
        rig.publish()
        let sent = question(.udp, isIPv4: true)
        let outcome = rig.send(sent, from: 3)
        let arrived = expected(sent, from: outcome.packet.source.port)
        var error = arrived.error(3, 3, from: Rig.alice)
        error.ethernetSource = TestFrames.alice
        error.ethernetDestination = Rig.gatewayMAC
        let told = rig.send(error)
        #expect(told.verdict.isTo(3))
        var quoted = sent
        quoted.hopLimit -= 1
        var expected = quoted.error(3, 3, from: Rig.host)
        expected.hopLimit -= 1
        expected.ethernetSource = Rig.gatewayMAC
        expected.ethernetDestination = TestFrames.bob
        #expect(told.frame == expected.frame)

        let answer = Rig.answer(to: arrived)
        _ = rig.send(answer)
        var home = Rig.answer(to: sent)
        home.hopLimit = answer.hopLimit - 1
        var complaint = home.error(3, 3, from: Rig.bob)
        complaint.ethernetSource = TestFrames.bob
        complaint.ethernetDestination = Rig.gatewayMAC
        let back = rig.send(complaint, from: 3)
        #expect(back.verdict.isTo(2))
        #expect(back.packet.kind == .icmpError && back.packet.destination.ipv4 == UInt32(Rig.alice))
        #expect(back.packet.embedded.source.ipv4 == UInt32(Rig.alice) && back.packet.embedded.source.port == 80)
        #expect(back.packet.embedded.destination.port == outcome.packet.source.port)
        // From outside nobody speaks about it.
        var forged = sent
        forged.source = Rig.host
        forged.sourcePort = outcome.packet.source.port
        #expect(rig.come(forged.error(3, 3, from: Rig.remote)).verdict.isDrop(.noFlow))
    }

    @Test("fragments follow the first one; those that come before it, and those of the host, are the host's")
    func fragments() {
        let rig = Rig()
        rig.publish()
        var first = question(.udp, isIPv4: true)
        first.fragment = 0x2000
        first.payload = [UInt8](repeating: 7, count: 1_392)
        var later = first
        later.fragment = 175
        #expect(rig.send(later, from: 3).kind == .toHost)
        let outcome = rig.send(first, from: 3)
        #expect(outcome.verdict.isTo(2) && outcome.packet.isFirstFragment)
        let second = rig.send(later, from: 3)
        #expect(second.verdict.isTo(2))
        var expected = later
        expected.source = Rig.host
        expected.destination = Rig.alice
        expected.identification = UInt16(outcome.packet.identification)
        // Only addresses: what looks like ports and a checksum is payload.
        let whole = expected.frame
        #expect(Array(second.frame[26..<34]) == Array(whole[26..<34]))
        #expect(Array(second.frame[34...]) == Array(later.frame[34...]))
        #expect(second.packet.identification == outcome.packet.identification)
        #expect(second.packet.kind == .laterFragment && second.packet.hopLimit == 63)
        #expect(Array(second.frame.prefix(12)) == Array(outcome.frame.prefix(12)))
        #expect(rig.send(later, from: 3).kind == .toHost, "the datagram is whole, and forgotten")
    }
}
