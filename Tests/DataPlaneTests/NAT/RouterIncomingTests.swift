import Addresses
import Testing

@testable import DataPlane

@Suite("What enters a network")
struct RouterIncomingTests {
    typealias Rig = RouterRig

    @Test(
        "a packet to a published port comes to the endpoint with its sender's address, the answer from the host's",
        arguments: [RoutedFrame.Body.tcp, .udp], [true, false])
    func published(body: RoutedFrame.Body, isIPv4: Bool) {
        let rig = Rig()
        rig.publish()
        for sum in [RoutedFrame.Sum.full, .partial] {
            var question = Rig.into(body, isIPv4: isIPv4, port: 8_083)
            question.sum = sum
            let outcome = rig.come(question)
            #expect(outcome.verdict.isTo(2))
            let expected = Rig.arrived(question, at: 83)
            #expect(outcome.frame == expected.frame && outcome.header == expected.header)
            let answer = Rig.answer(to: expected)
            let back = rig.send(answer)
            #expect(back.verdict.isOut() && back.frame == Rig.left(answer, from: 8_083).frame)
        }
        #expect(rig.router.flows.count == 1)
        rig.router.unpublish(10 + (body == .udp ? 10 : 0) + (isIPv4 ? 0 : 1))
        #expect(rig.router.flows.count == 0)
        #expect(rig.come(Rig.into(body, isIPv4: isIPv4, port: 8_083)).verdict.isDrop(.noFlow))
    }

    @Test("what nobody asked for, or wasn't published, doesn't enter")
    func unasked() {
        let rig = Rig()
        rig.publish()
        #expect(rig.come(Rig.into(port: 8_090)).verdict.isDrop(.noFlow))
        #expect(rig.come(Rig.into(.udp, port: 61_500)).verdict.isDrop(.noFlow))
        #expect(rig.come(Rig.into(flags: TCP.ack)).verdict.isDrop(.noFlow))
        #expect(rig.come(Rig.into(.echoRequest)).verdict.isDrop(.noFlow), "the host answers pings itself")
        #expect(rig.come(Rig.into(.echoReply)).verdict.isDrop(.noFlow))
        var elsewhere = Rig.into()
        elsewhere.destination = 0xC633_6455
        #expect(rig.come(elsewhere).verdict.isDrop(.notForHost))
        elsewhere.destination = Rig.alice
        #expect(rig.come(elsewhere).verdict.isDrop(.notForHost), "no way past the translation")
        elsewhere.destination = 0x7F00_0001
        #expect(rig.come(elsewhere).verdict.isDrop(.notForHost), "loopback is the host's alone")
        #expect(rig.come(raw: TestFrames.plain()).verdict.isDrop(.packetMalformed))
        #expect(rig.router.flows.count == 0)
    }

    @Test("a network's gateway is not reached from outside, and answers from inside")
    func gatewayAddress() {
        let rig = Rig()
        rig.publish()
        let inside: UInt128 = 0x0A09_0001
        var packet = Rig.into(port: 8_083)
        packet.destination = inside
        rig.router.setHostAddresses(Rig.addresses + [HostAddressConfiguration(address: Rig.v4(0x0A09_0001))])
        #expect(rig.come(packet).verdict.isTo(2), "an address of another interface is one of the host's")
        rig.router.setHostAddresses(Rig.addresses + [HostAddressConfiguration(address: Rig.v4(0x0A09_0001), port: 9)])
        #expect(rig.come(packet).verdict.isDrop(.martian))
        let fresh = Rig()
        fresh.publish()
        fresh.router.setHostAddresses(Rig.addresses + [HostAddressConfiguration(address: Rig.v4(0x0A09_0001), port: 9)])
        #expect(fresh.come(packet).verdict.isDrop(.martian) && fresh.router.flows.count == 0)
    }

    @Test("no network's own addresses come from outside, nor what nobody can have sent")
    func martians() {
        let rig = Rig()
        rig.publish()
        for source: UInt128 in [
            Rig.alice, 0x0A02_0002, Rig.routedStation, 0x7F00_0001, 0xE000_0001, Rig.host, 0xA9FE_0101,
        ] {
            #expect(rig.come(Rig.into(from: source)).verdict.isDrop(.martian))
        }
        let fromNobody: [UInt128] = [Rig.alice6, Rig.routedStation6, 1, 0xFE80 << 112 | 9]
        for source in fromNobody {
            #expect(rig.come(Rig.into(isIPv4: false, from: source)).verdict.isDrop(.martian))
        }
        // Whoever is reached by an uplink may come by another one.
        #expect(rig.come(Rig.into(), by: Rig.secondUplink).verdict.isTo(2))
    }

    @Test("another port of an address that was sent to gets in, another address doesn't (RFC 4787, REQ-8)")
    func addressDependent() {
        let rig = Rig()
        let left = rig.send(Rig.out(.udp))
        let port = left.packet.source.port
        var frame = Rig.into(.udp, port: port)
        frame.sourcePort = 9_999
        #expect(rig.come(frame).frame == Rig.arrived(frame, at: 40_000).frame)
        frame.source += 1
        #expect(rig.come(frame).verdict.isDrop(.noFlow))
        // The same port towards another remote (REQ-1).
        let other = rig.send(Rig.out(.udp, to: Rig.remote + 1))
        #expect(other.packet.source.port == port)
        #expect(rig.come(frame).verdict.isTo(2))
    }

    @Test("a client on the link that the kernel doesn't know is answered where it came from")
    func unknownClient() {
        let rig = Rig()
        rig.publish()
        var question = Rig.into(from: Rig.neighbour)
        question.ethernetSource = Rig.clientMAC
        let arrived = Rig.arrived(question, at: 80)
        #expect(rig.come(question).frame == arrived.frame)
        let answer = Rig.answer(to: arrived)
        var expected = Rig.left(answer, from: 8_080)
        expected.ethernetDestination = Rig.clientMAC
        #expect(rig.send(answer).frame == expected.frame)
        // What the kernel knows is right.
        rig.know(Rig.v4(Rig.neighbour), 0x55)
        expected.ethernetDestination = 0x55
        #expect(rig.send(answer).frame == expected.frame)
        // An error about it goes the same way.
        rig.know(Rig.v4(Rig.neighbour), nil)
        var error = arrived.error(3, 3, from: Rig.alice)
        error.ethernetSource = TestFrames.alice
        error.ethernetDestination = Rig.gatewayMAC
        let told = rig.send(error)
        #expect(told.verdict.isOut() && Array(told.frame.prefix(6)) == TestFrames.big(Rig.clientMAC, 6))
    }

    @Test("a routed network's packets leave and enter as they are", arguments: [true, false])
    func routedNetwork(isIPv4: Bool) {
        let rig = Rig()
        let station = isIPv4 ? Rig.routedStation : Rig.routedStation6
        for body in [RoutedFrame.Body.tcp, .udp, .echoRequest, .echoReply] {
            var frame = Rig.out(body, isIPv4: isIPv4, flags: TCP.ack)
            frame.source = station
            let outcome = rig.send(frame, from: 30, domain: 3)
            #expect(outcome.verdict.isOut() && outcome.frame == Rig.sent(frame).frame)
            // Only with its own addresses.
            frame.source = isIPv4 ? Rig.alice : Rig.alice6
            #expect(rig.send(frame, from: 30, domain: 3).verdict.isDrop(.martian))
        }
        var frame = Rig.into(isIPv4: isIPv4)
        frame.destination = station
        #expect(rig.come(frame).kind == .held, "its next hop is asked for, too")
        #expect(rig.router.questions.list[0].uplink == Rig.hostPorts[2])
        let address = isIPv4 ? Rig.v4(station) : Rig.v6(station)
        rig.know(address, 0x0200_0A03_0002, uplink: Rig.hostPorts[2])
        let outcome = rig.come(frame)
        var expected = frame
        expected.hopLimit -= 1
        expected.ethernetSource = Rig.routedGatewayMAC
        expected.ethernetDestination = 0x0200_0A03_0002
        #expect(outcome.verdict.isTo(0, domain: 3) && outcome.frame == expected.frame)
        frame.source = isIPv4 ? Rig.alice : Rig.alice6
        #expect(rig.come(frame).verdict.isDrop(.martian))
        frame.source = isIPv4 ? Rig.remote : Rig.remote6
        frame.hopLimit = 1
        #expect(rig.come(frame).verdict.isRefusal(.hopLimitExceeded))
        #expect(rig.router.flows.count == 0)
        rig.router.setGateway(3, nil)
        #expect(rig.come(Rig.into(isIPv4: isIPv4, from: nil)).kind == .drop)
    }

    @Test("flows end when the host's address goes, when the port or the network does, and with an engine before")
    func ends() {
        let rig = Rig()
        rig.publish()
        func fill() {
            #expect(rig.send(Rig.out()).verdict.isOut() && rig.come(Rig.into(.udp)).verdict.isTo(2))
            #expect(rig.router.flows.count == 2)
        }
        fill()
        rig.router.setHostAddresses(Rig.addresses)
        #expect(rig.router.flows.count == 2)
        let next = Rig(copying: rig)
        next.publish()
        #expect(next.router.flows.count == 2)
        next.router.setHostAddresses(Rig.addresses.filter { $0.address != Rig.v4(Rig.host) })
        #expect(next.router.flows.count == 0, "also those of an engine before")
        rig.router.removePort(3)
        #expect(rig.router.flows.count == 2)
        rig.router.removePort(2)
        #expect(rig.router.flows.count == 0)
        fill()
        rig.router.endOrphans { port, domain in port == 2 && domain == 1 }
        #expect(rig.router.flows.count == 2)
        rig.router.publishes.remove(number: 20)
        rig.router.endOrphans { _, _ in true }
        #expect(rig.router.flows.count == 1)
        rig.router.endOrphans { _, _ in false }
        #expect(rig.router.flows.count == 0)
        rig.publish()
        fill()
        rig.router.setGateway(1, nil)
        #expect(rig.router.flows.count == 0)
    }

    @Test("whoever has as many flows as an endpoint may is refused, others are not")
    func limits() {
        let rig = Rig()
        var reasons: [DropReason: Int] = [:]
        for number in 0..<20_000 {
            var frame = Rig.out(.udp, to: Rig.remote + UInt128(number % 100))
            frame.sourcePort = UInt16(1_024 + number / 100)
            let outcome = rig.send(frame)
            if outcome.kind == .refuse { reasons[outcome.reason, default: 0] += 1 }
        }
        #expect(Set(reasons.keys).isSubset(of: [.flowLimit, .noOutsidePort]))
        var frame = Rig.out()
        frame.source = Rig.bob
        #expect(rig.send(frame, from: 3).verdict.isOut())
    }
}
