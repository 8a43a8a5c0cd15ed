import Addresses
import Testing

@testable import DataPlane

@Suite("What leaves a network")
struct RouterOutgoingTests {
    typealias Rig = RouterRig

    @Test(
        "a packet leaves with the host's address and a port of the pool, its answer comes back; to the byte",
        arguments: [RoutedFrame.Body.tcp, .udp, .echoRequest], [true, false])
    func roundTrip(body: RoutedFrame.Body, isIPv4: Bool) {
        for sum in [RoutedFrame.Sum.full, .partial] where sum == .full || body != .echoRequest {
            let rig = Rig()
            var question = Rig.out(body, isIPv4: isIPv4)
            question.sum = sum
            let outcome = rig.send(question)
            #expect(outcome.verdict.isOut())
            let port = outcome.packet.source.port
            #expect(Rig.poolPorts.contains(port))
            let expected = Rig.left(question, from: port)
            #expect(outcome.frame == expected.frame && outcome.header == expected.header)
            var answer = Rig.answer(to: expected, body == .echoRequest ? .echoReply : nil)
            answer.sum = .full
            let back = rig.come(answer)
            #expect(back.verdict.isTo(2))
            #expect(back.frame == Rig.arrived(answer, at: 40_000).frame)
            // The same flow again.
            #expect(rig.send(question).frame == expected.frame)
            #expect(rig.router.flows.count == 1)
        }
    }

    @Test("UDP without a checksum stays without")
    func noChecksum() {
        let rig = Rig()
        var question = Rig.out(.udp)
        question.sum = .none
        let outcome = rig.send(question)
        #expect(outcome.frame == Rig.left(question, from: outcome.packet.source.port).frame)
    }

    @Test("a super-frame leaves as one, and counts as its segments", arguments: [true, false])
    func superframe(isIPv4: Bool) {
        let rig = Rig()
        _ = rig.send(Rig.out(isIPv4: isIPv4))
        var frame = Rig.out(isIPv4: isIPv4, flags: TCP.ack)
        frame.sum = .partial
        frame.payload = (0..<8_000).map { UInt8(truncatingIfNeeded: $0) }
        let start = UInt16(frame.transportOffset)
        let header = TestFrames.vnet(
            flags: 1, type: isIPv4 ? 1 : 4, headerLength: start + 20, segment: 1_400, start: start, offset: 16)
        let outcome = rig.send(raw: frame.frame, header: header)
        #expect(outcome.verdict.isOut() && outcome.header == header)
        #expect(outcome.frame == Rig.left(frame, from: outcome.packet.source.port).frame)
        #expect(rig.router.flows.flow(1).pointee.outFrames == 1 + 6)
        // Its segments have to fit.
        var long = header
        long.replaceSubrange(4..<6, with: [0xB4, 0x05])
        #expect(rig.send(raw: frame.frame, header: long).verdict.isOut() == isIPv4, "1,460 and 40 or 60")
    }

    @Test("what isn't IP is the host's; what is tagged too, unless the host would take the tag off")
    func notIP() {
        let rig = Rig()
        let arp = TestFrames.arp(operation: 1, senderIP: 0x0A00_0002, targetIP: 0x0A00_0001)
        #expect(rig.send(raw: TestFrames.ethernet(type: 0x0806, arp)).kind == .toHost)
        let packet = Rig.out().packet
        func tagged(_ tags: [UInt8], _ bytes: [UInt8], _ type: UInt16 = 0x0800) -> RoutingVerdict {
            rig.send(raw: TestFrames.ethernet(tags: tags, type: type, bytes)).verdict
        }
        #expect(tagged(TestFrames.tag(5), packet).kind == .toHost)
        #expect(tagged(TestFrames.tag(0, priority: 3), packet).isDrop(.untranslatable))
        #expect(tagged(TestFrames.tag(0, tpid: 0x88A8), packet).isDrop(.untranslatable))
        #expect(tagged(TestFrames.tag(0) + TestFrames.tag(0) + TestFrames.tag(0), packet).isDrop(.untranslatable))
        #expect(tagged(TestFrames.tag(0), arp, 0x0806).kind == .toHost)
    }

    @Test("what is for the host itself goes there unchanged")
    func toHost() {
        let rig = Rig()
        for body in RoutedFrame.Body.allCases where body != .error {
            for destination in [Rig.host, 0x0A00_0001, 0x0A03_0001] {
                let frame = Rig.out(body, to: destination)
                let outcome = rig.send(frame)
                #expect(outcome.kind == .toHost && outcome.frame == frame.frame)
            }
        }
        #expect(rig.send(Rig.out(.udp, isIPv4: false, to: Rig.host6)).kind == .toHost)
        // Neighbour discovery.
        #expect(rig.send(Rig.out(.udp, isIPv4: false, to: 0xFE80 << 112 | 5)).kind == .toHost)
        #expect(rig.send(Rig.out(.udp, isIPv4: false, to: 0xFF02 << 112 | 1)).kind == .toHost)
        #expect(rig.router.flows.count == 0)
    }

    @Test("nothing leaves that nobody can have sent or get")
    func martians() {
        let rig = Rig()
        for destination: UInt128 in [0x7F00_0001, 0x7F12_0001, 0xA9FE_0101, 0xE000_0001, 0xFFFF_FFFF, 0x0000_0001] {
            #expect(rig.send(Rig.out(to: destination)).verdict.isDrop(.martian))
        }
        for destination: UInt128 in [1, 0, 0xFFFF_CB00_7105] {
            #expect(rig.send(Rig.out(isIPv4: false, to: destination)).verdict.isDrop(.martian))
        }
        for source: UInt128 in [0x7F00_0001, 0xA9FE_0101, 0xE000_0001, 0xFFFF_FFFF, 1, Rig.remote] {
            var frame = Rig.out()
            frame.source = source
            #expect(rig.send(frame).verdict.isDrop(.martian))
        }
        for source: UInt128 in [1, 0, 0xFFFF_CB00_7105, 0xFE80 << 112 | 2, 0xFF02 << 112 | 1] {
            var frame = Rig.out(isIPv4: false)
            frame.source = source
            #expect(rig.send(frame).verdict.isDrop(.martian))
        }
        #expect(rig.router.flows.count == 0)
    }

    @Test("an internal network reaches its own gateway and nothing else")
    func internalNetwork() {
        let rig = Rig()
        rig.publish()
        func send(to destination: UInt128) -> RoutingVerdict {
            var frame = Rig.out(.udp, to: destination)
            frame.source = 0x0A02_0002
            frame.destinationPort = 8_080
            return rig.send(frame, from: 20, domain: 2).verdict
        }
        #expect(send(to: 0x0A02_0001).kind == .toHost)
        for destination in [Rig.host, 0x0A00_0001, Rig.remote, Rig.alice] {
            #expect(send(to: destination).isRefusal(.internalNetwork))
        }
    }

    @Test("there is no way to other networks, nor where no route leads")
    func noRoute() {
        let rig = Rig()
        for destination: UInt128 in [0x0A02_0002, 0x0A03_0002, 0x0A00_0003, 0xAC10_0001] {
            #expect(rig.send(Rig.out(to: destination)).verdict.isRefusal(.noRoute))
        }
        // The second uplink has no IPv6 address, and after that there is none.
        rig.router.setRoutes([RouteConfiguration(destination: Rig.prefix(Rig.v6(0), 0), uplink: Rig.secondUplink)])
        #expect(rig.send(Rig.out(isIPv4: false)).verdict.isRefusal(.noRoute))
        #expect(rig.send(Rig.out()).verdict.isRefusal(.noRoute))
        rig.router.setRoutes(Rig.routes)
        rig.router.removeUplink(Rig.uplink)
        #expect(rig.send(Rig.out()).verdict.isRefusal(.noRoute))
        #expect(rig.router.flows.count == 0)
    }

    @Test("a route's own source is used, but one of the other family is not")
    func routeSource() {
        let rig = Rig()
        let gateway = Rig.v4(0xC633_64FE)
        let all = Rig.prefix(Rig.v4(0), 0)
        rig.router.setRoutes([
            RouteConfiguration(destination: all, uplink: Rig.uplink, gateway: gateway, source: Rig.v4(Rig.secondHost))
        ])
        var expected = Rig.out(.udp)
        let first = rig.send(expected)
        expected.source = Rig.secondHost
        expected.sourcePort = first.packet.source.port
        #expect(first.frame == Rig.sent(expected).frame)
        rig.router.setRoutes([
            RouteConfiguration(destination: all, uplink: Rig.uplink, gateway: gateway, source: Rig.v6(Rig.host6))
        ])
        let second = rig.send(Rig.out())
        #expect(second.verdict.isOut() && second.packet.source.ipv4 == UInt32(Rig.host))
    }

    @Test("the hop limit ends what has come too far, both ways")
    func hopLimit() {
        let rig = Rig()
        rig.publish()
        for limit: UInt8 in [0, 1] {
            var frame = Rig.out()
            frame.hopLimit = limit
            #expect(rig.send(frame).verdict.isRefusal(.hopLimitExceeded))
            frame = Rig.out(to: Rig.host)
            frame.destinationPort = 8_080
            frame.hopLimit = limit
            #expect(rig.send(frame, from: 3).verdict.isRefusal(.hopLimitExceeded))
            var incoming = Rig.into()
            incoming.hopLimit = limit
            #expect(rig.come(incoming).verdict.isRefusal(.hopLimitExceeded))
        }
        #expect(rig.router.flows.count == 0, "who is refused begins nothing")
    }

    @Test(
        "a packet that doesn't fit is refused or cut, by the uplink's MTU and by the route's", arguments: [true, false])
    func tooBig(mayBeCut: Bool) {
        let rig = Rig()
        for (destination, mtu) in [(Rig.remote, 1_500), (UInt128(0xAC14_0001), 1_280)] {
            var frame = Rig.out(.udp, to: destination)
            frame.fragment = mayBeCut ? 0 : 0x4000
            frame.payload = [UInt8](repeating: 1, count: mtu - 28)
            let fits = rig.send(frame).verdict
            #expect(fits.isOut() && fits.fragmentMTU == 0)
            frame.payload.append(1)
            let outcome = rig.send(frame)
            if mayBeCut {
                #expect(outcome.verdict.isOut() && outcome.verdict.fragmentMTU == mtu)
                continue
            }
            guard case .tooBig(let told) = outcome.verdict.message else {
                Issue.record("told something else")
                continue
            }
            #expect(outcome.verdict.isRefusal(.exceedsUplinkMTU) && told == mtu)
        }
    }

    @Test("a packet waits for its next hop, which is asked for once a second, and leaves when that is known")
    func waits() {
        let rig = Rig()
        var frame = Rig.out(.udp, to: Rig.neighbour)
        for _ in 0..<3 { #expect(rig.send(frame).kind == .held) }
        #expect(rig.router.questions.count == 1 && rig.router.pending.count == 3)
        #expect(rig.router.questions.list[0].low == 0xFFFF_C633_6409 && rig.router.flows.count == 0)
        rig.now += 1_000
        #expect(rig.send(frame).kind == .held)
        #expect(rig.router.questions.count == 2)
        rig.router.questions.clear()
        for _ in 4..<16 { #expect(rig.send(frame).kind == .held) }
        #expect(rig.send(frame).verdict.isDrop(.neighbourUnknown), "sixteen for each")
        frame.payload = [UInt8](repeating: 0, count: 1_400)
        frame.destination += 1
        #expect(rig.send(frame).kind == .held)
        rig.know(Rig.v4(Rig.neighbour), 0x77)
        var place = -1
        var taken = 0
        while true {
            place = rig.router.pending.take(from: place + 1, uplink: Rig.uplink, high: 0, low: 0xFFFF_C633_6409)
            if place < 0 { break }
            taken += 1
            let header = rig.router.pending.header(place)
            let kept = UnsafeRawBufferPointer(
                start: header + VirtioNetHeader.length, count: rig.router.pending.places[place].length)
            #expect(Array(kept) == Rig.out(.udp, to: Rig.neighbour).frame)
        }
        #expect(taken == 16 && rig.router.pending.count == 1)
        #expect(rig.router.pending.takeStale(from: 0, now: rig.now + 2_999) == -1)
        #expect(rig.router.pending.take(from: 0, ingress: 9) == -1)
        #expect(rig.router.pending.take(from: 0, ingress: 2) >= 0 && rig.router.pending.count == 0)
        let outcome = rig.send(Rig.out(.udp, to: Rig.neighbour))
        var expected = Rig.left(Rig.out(.udp, to: Rig.neighbour), from: outcome.packet.source.port)
        expected.ethernetDestination = 0x77
        #expect(outcome.frame == expected.frame)
    }

    @Test("when routes lead elsewhere, UDP begins anew from there and TCP goes on as it was")
    func otherUplink() {
        let rig = Rig()
        let udp = Rig.out(.udp)
        #expect(rig.send(udp).verdict.isOut() && rig.send(Rig.out()).verdict.isOut())
        rig.router.setRoutes([
            RouteConfiguration(
                destination: Rig.prefix(Rig.v4(0), 0), uplink: Rig.secondUplink, gateway: Rig.v4(0xC000_02FE))
        ])
        rig.know(Rig.v4(0xC000_02FE), 0x99, uplink: Rig.secondUplink)
        let moved = rig.send(udp)
        #expect(moved.verdict.isOut(by: Rig.secondUplink) && moved.packet.source.ipv4 == UInt32(Rig.secondHost))
        let stayed = rig.send(Rig.out(flags: TCP.ack))
        #expect(stayed.verdict.isOut(by: Rig.secondUplink) && stayed.packet.source.ipv4 == UInt32(Rig.host))
        #expect(rig.router.flows.count == 2)
    }

    @Test("what can't be translated is refused, what is in the middle of nothing is dropped")
    func untranslatable() {
        let rig = Rig()
        var other = Rig.out(.udp).frame
        other[23] = 47
        #expect(rig.send(raw: RoutedFrame.mended(other)).verdict.isRefusal(.untranslatable))
        #expect(rig.send(Rig.out(flags: TCP.ack)).verdict.isDrop(.noFlow))
        #expect(rig.send(Rig.out(flags: TCP.synAck)).verdict.isDrop(.noFlow))
        #expect(rig.send(Rig.out(.echoReply)).verdict.isDrop(.noFlow))
        #expect(rig.send(raw: Array(Rig.out().frame.prefix(40))).verdict.isDrop(.packetMalformed))
    }
}
