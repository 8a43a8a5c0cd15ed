import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What NAT must do for ICMP (RFC 5508), and what limits there must be (RFC 6888); RFC 5508, REQ-2 is of time, see
/// `FlowTimerTests`.
@Suite("Daemon: RFC 5508 and RFC 6888", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct RFC5508Tests {
    @Test("REQ-1: echo of two endpoints with the same identifier at once")
    func echo() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (other, _) = try gateway.another("other")
            // iputils: -e names the identifier.
            for box in [gateway.box, other] {
                #expect(try lab.succeeds(["ping", "-e", "4711", "-c2", "-i0.2", "-W2", GatewayLab.remote], in: box))
            }
            let echoes = try gateway.flows().filter { $0.proto == "icmp" }
            #expect(echoes.count == 2 && Set(echoes.map(\.outside)).count == 2)
            #expect(try lab.succeeds(["ping", "-s", "4000", "-c2", "-i0.2", "-W2", GatewayLab.remote], in: other))
            #expect(try lab.succeeds(["ping", "-s", "4000", "-c2", "-i0.2", "-W2", GatewayLab.remote6], in: other))
        }
    }

    @Test("REQ-3, REQ-4: an error with a wrong checksum, or about no flow, does not come in")
    func strangeErrors() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let mac = try gateway.addresses()
            let inside = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            let remote = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let outside = try inside.greet(remote, at: GatewayLab.remote, 7_001)
            let near = try FramePort(gateway.box, "eth0")
            let far = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            func send(about port: UInt16, isWrong: Bool = false) throws {
                let datagram = try Packets.udp(from: (GatewayLab.host, port), to: (GatewayLab.remote, 7_001), [1, 2])
                let quoted = try Packets.ip(from: GatewayLab.host, to: GatewayLab.remote, proto: 17, datagram)
                var message = Packets.icmp(type: 3, code: 3, quoted)
                if isWrong { message[2] ^= 0x55 }
                let packet = try Packets.ip(from: GatewayLab.remote, to: GatewayLab.host, proto: 1, message)
                try far.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
            }
            try send(about: outside == 61_999 ? 61_998 : 61_999)
            try send(about: outside, isWrong: true)
            let heard1 = near.receive(1, within: .milliseconds(400)) { $0.icmp?[0] == 3 }
            #expect(heard1.isEmpty)
            try send(about: outside)
            let messages = near.receive(1) { $0.icmp?[0] == 3 }
            let message = try #require(messages.first)
            #expect(message.isFrom(GatewayLab.remote))
            // The packet that it quotes is the one that the endpoint has sent.
            let quoted = Array(message.transport.dropFirst(8))
            #expect(Array(quoted[12..<16]) == [10, 81, 0, 2] && Array(quoted[20..<22]) == [0x15, 0xB3])
            #expect(Frames.checksum(message.transport) == 0 && Frames.checksum(Array(quoted.prefix(20))) == 0)
        }
    }

    @Test("REQ-5: an error from inside about no flow does not leave; one about a flow does, translated")
    func ownErrors() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5353:53/udp"])
            let mac = try gateway.addresses()
            let near = try FramePort(gateway.box, "eth0")
            let far = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            let datagram = try Packets.udp(from: (GatewayLab.remote, 7_001), to: (GatewayLab.inside, 99), [1, 2])
            let quoted = try Packets.ip(from: GatewayLab.remote, to: GatewayLab.inside, proto: 17, datagram)
            let message = Packets.icmp(type: 3, code: 3, quoted)
            let packet = try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 1, message)
            try near.send(Packets.frame(to: mac.router, from: mac.box, packet))
            let heard2 = far.receive(1, within: .milliseconds(400)) { $0.icmp?[0] == 3 }
            #expect(heard2.isEmpty)
            // The endpoint's kernel: nobody listens on 53.
            let client = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            try client.send(to: GatewayLab.host, 5_353)
            let errors = far.receive(1) { $0.icmp?[0] == 3 }
            let error = try #require(errors.first)
            #expect(error.isFrom(GatewayLab.host))
            let told = Array(error.transport.dropFirst(8))
            #expect(Array(told[16..<20]) == [192, 0, 2, 1] && Array(told[22..<24]) == [0x14, 0xE9])
            #expect(Frames.checksum(error.transport) == 0)
        }
    }

    @Test("TTL 1 and 0 are answered by the router and go nowhere")
    func hops() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let mac = try gateway.addresses()
            let near = try FramePort(gateway.box, "eth0")
            let far = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            let datagram = try Packets.udp(from: (GatewayLab.inside, 5_555), to: (GatewayLab.remote, 7_001), [1, 2])
            let packet = try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 17, datagram, ttl: 1)
            try near.send(Packets.frame(to: mac.router, from: mac.box, packet))
            let answers = near.receive(1) { $0.icmp == [11, 0] }
            #expect(answers.first?.isFrom("10.81.0.1") == true)
            let heard3 = far.waiting { $0.proto == 17 }
            #expect(heard3.isEmpty)
            #expect(try gateway.drops("hop-limit") >= 1)
        }
    }

    @Test("RFC 5508, REQ-8; RFC 6888, REQ-4 and 11: at its limit an endpoint is told, and keeps what it has")
    func limit() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (other, _) = try gateway.another("other")
            let mac = try gateway.addresses()
            let remote = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let connection = try LabConnection(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            let old = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            let outside = try old.greet(remote, at: GatewayLab.remote, 7_001)
            try remote.send(to: GatewayLab.host, outside)
            #expect(old.hears())
            let near = try FramePort(gateway.box, "eth0")
            // More sockets than an endpoint may have ports; each is answered, so that none is thought half open.
            for port in UInt16(10_000)..<11_200 {
                let datagram = try Packets.udp(
                    from: (GatewayLab.inside, port), to: (GatewayLab.remote, 7_001), [1])
                let packet = try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 17, datagram)
                try near.send(Packets.frame(to: mac.router, from: mac.box, packet))
            }
            let refusals = near.receive(1) { $0.icmp == [3, 13] }
            #expect(refusals.count == 1 && refusals.first?.isFrom("10.81.0.1") == true)
            #expect(try gateway.drops("flow-limit") >= 100)
            // What was there goes on, and others begin.
            InternetSocket.setTimeout(remote.descriptor, .milliseconds(50))
            while (try? remote.receive()) != nil {}
            InternetSocket.setTimeout(remote.descriptor, .seconds(5))
            #expect(try old.greet(remote, at: GatewayLab.remote, 7_001) == outside)
            _ = try connection.exchange()
            let neighbour = try LabDatagram(in: other, "0.0.0.0")
            _ = try neighbour.greet(remote, at: GatewayLab.remote, 7_001)
            #expect(try lab.succeeds(["ping", "-c1", "-W2", GatewayLab.remote], in: other))
        }
    }
}
