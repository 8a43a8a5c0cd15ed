import Addresses
import Testing

@testable import DataPlane

@Suite("ICMP errors that are routed")
struct RouterErrorTests {
    typealias Rig = RouterRig

    private func types(_ isIPv4: Bool) -> [(UInt8, UInt8, UInt32)] {
        isIPv4 ? [(3, 1, 0), (3, 4, 1_400), (11, 0, 0), (12, 0, 0)] : [(1, 3, 0), (2, 0, 1_400), (3, 0, 0), (4, 0, 0)]
    }

    @Test(
        "one from outside about a packet that has left comes to its sender, with the packet as it was; to the byte",
        arguments: [RoutedFrame.Body.tcp, .udp, .echoRequest], [true, false])
    func incoming(body: RoutedFrame.Body, isIPv4: Bool) {
        for (type, code, word) in types(isIPv4) {
            for count in [isIPv4 ? 28 : 48, 1_000] {
                let rig = Rig()
                let sent = Rig.out(body, isIPv4: isIPv4)
                let outcome = rig.send(sent)
                var left = Rig.left(sent, from: outcome.packet.source.port)
                left.hopLimit = 1
                let router = isIPv4 ? Rig.remote - 4 : Rig.remote6 - 4
                var error = left.error(type, code, from: router, word: word, count: count)
                error.ethernetSource = Rig.nextHopMAC
                error.ethernetDestination = Rig.uplinkMAC
                let told = rig.come(error)
                #expect(told.verdict.isTo(2))
                var before = sent
                before.hopLimit = 1
                var expected = before.error(type, code, from: router, word: word, count: count)
                expected.hopLimit -= 1
                expected.ethernetSource = Rig.gatewayMAC
                expected.ethernetDestination = TestFrames.alice
                #expect(told.frame == expected.frame)
                // Neither refreshed nor ended.
                #expect(rig.router.flows.flow(1).pointee.inFrames == 0 && rig.router.flows.count == 1)
                error.hopLimit = 1
                #expect(rig.come(error).verdict.isDrop(.hopLimitExceeded))
            }
        }
    }

    @Test(
        "one that an endpoint sends about a packet that came to it leaves about the packet as it came; to the byte",
        arguments: [RoutedFrame.Body.tcp, .udp], [true, false])
    func outgoing(body: RoutedFrame.Body, isIPv4: Bool) {
        for (type, code, word) in types(isIPv4) {
            let rig = Rig()
            rig.publish()
            let came = Rig.into(body, isIPv4: isIPv4)
            _ = rig.come(came)
            var error = Rig.arrived(came, at: 80).error(type, code, from: isIPv4 ? Rig.alice : Rig.alice6, word: word)
            error.ethernetSource = TestFrames.alice
            error.ethernetDestination = Rig.gatewayMAC
            let told = rig.send(error)
            #expect(told.verdict.isOut())
            var quoted = came
            quoted.hopLimit -= 1
            let expected = Rig.sent(quoted.error(type, code, from: isIPv4 ? Rig.host : Rig.host6, word: word))
            #expect(told.frame == expected.frame)
            #expect(rig.router.flows.flow(1).pointee.outFrames == 0)
        }
    }

    @Test("one about nothing that was sent goes nowhere")
    func aboutNothing() {
        let rig = Rig()
        let outcome = rig.send(Rig.out(.udp))
        let left = Rig.left(Rig.out(.udp), from: outcome.packet.source.port)
        var other = left
        other.sourcePort ^= 1
        #expect(rig.come(other.error(3, 3, from: Rig.remote)).verdict.isDrop(.noFlow))
        other = left
        other.destination += 1
        #expect(rig.come(other.error(3, 3, from: Rig.remote)).verdict.isDrop(.noFlow))
        // To somebody else than who sent the packet.
        var misled = left.error(3, 3, from: Rig.remote)
        misled.destination = Rig.secondHost
        #expect(rig.come(misled).verdict.isDrop(.noFlow))
        // From inside.
        var error = Rig.into(.udp).error(3, 3, from: Rig.alice)
        error.ethernetDestination = Rig.gatewayMAC
        #expect(rig.send(error).verdict.isDrop(.noFlow))
        // With a wrong checksum.
        var wrong = left.error(3, 3, from: Rig.remote).frame
        wrong[36] ^= 1
        #expect(rig.come(raw: wrong).verdict.isDrop(.packetMalformed))
    }

    @Test("one that waits for its next hop is kept, and leaves when that is known")
    func waits() {
        let rig = Rig()
        rig.publish()
        let came = Rig.into(.udp, from: Rig.neighbour)
        rig.know(Rig.v4(Rig.neighbour), 0x66)
        _ = rig.come(came)
        rig.know(Rig.v4(Rig.neighbour), nil)
        rig.router.remoteMAC(1).pointee = 0
        var error = Rig.arrived(came, at: 80).error(3, 3, from: Rig.alice)
        error.ethernetDestination = Rig.gatewayMAC
        let kept = rig.send(error)
        #expect(kept.kind == .held && kept.frame == error.frame, "nothing was changed before")
        rig.know(Rig.v4(Rig.neighbour), 0x66)
        #expect(rig.send(error).verdict.isOut())
    }

    @Test("a routed network's errors leave as they are")
    func routedNetwork() {
        let rig = Rig()
        var came = Rig.into(.udp)
        came.destination = Rig.routedStation
        let error = came.error(3, 3, from: Rig.routedStation)
        let outcome = rig.send(error, from: 30, domain: 3)
        #expect(outcome.verdict.isOut() && outcome.frame == Rig.sent(error).frame)
        var foreign = error
        foreign.source = Rig.alice
        #expect(rig.send(foreign, from: 30, domain: 3).verdict.isDrop(.martian))
    }
}
