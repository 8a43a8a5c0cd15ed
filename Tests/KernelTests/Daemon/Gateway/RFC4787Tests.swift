import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What NAT must do for UDP (RFC 4787), requirement by requirement; REQ-5 and 6 are of time, see `FlowTimerTests`.
@Suite("Daemon: RFC 4787", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct RFC4787Tests {
    @Test("REQ-1: one inside socket has one outside port, whomever it speaks with")
    func mapping() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            try gateway.ip("addr add 192.0.2.3/24 dev own0", in: gateway.lan)
            let inside = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            var seen: Set<UInt16> = []
            for (address, port) in [("192.0.2.2", UInt16(7_001)), ("192.0.2.2", 7_002), ("192.0.2.3", 7_003)] {
                let remote = try LabDatagram(in: gateway.lan, address, port: port)
                seen.insert(try inside.greet(remote, at: address, port))
            }
            #expect(seen.count == 1)
            #expect(seen.allSatisfy { $0 >= 61_440 })
        }
    }

    @Test("REQ-3: two inside sockets never share an outside port; REQ-4: parity is kept")
    func ports() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (other, _) = try gateway.another("other")
            let remote = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            var seen: [UInt16] = []
            for port in UInt16(5_555)..<5_575 {
                for box in [gateway.box, other] {
                    let inside = try LabDatagram(in: box, "0.0.0.0", port: port)
                    let outside = try inside.greet(remote, at: GatewayLab.remote, 7_001)
                    #expect(outside & 1 == port & 1, "\(port) left as \(outside)")
                    seen.append(outside)
                }
            }
            #expect(Set(seen).count == seen.count)
        }
    }

    @Test("REQ-8: whom the inside has sent to may answer from any port, others may not")
    func filtering() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            try gateway.ip("addr add 192.0.2.3/24 dev own0", in: gateway.lan)
            let inside = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            let known = try LabDatagram(in: gateway.lan, "192.0.2.2", port: 7_001)
            let otherPort = try LabDatagram(in: gateway.lan, "192.0.2.2", port: 7_002)
            let stranger = try LabDatagram(in: gateway.lan, "192.0.2.3", port: 7_001)
            let outside = try inside.greet(known, at: "192.0.2.2", 7_001)
            try otherPort.send(to: GatewayLab.host, outside)
            let (_, address, port) = try inside.receive()
            #expect(address == "192.0.2.2" && port == 7_002)
            try stranger.send(to: GatewayLab.host, outside)
            #expect(!inside.hears())
            #expect(try gateway.drops("no-flow") >= 1)
            // Not once the inside has sent there.
            #expect(try inside.greet(stranger, at: "192.0.2.3", 7_001) == outside)
            try stranger.send(to: GatewayLab.host, outside)
            #expect(inside.hears())
        }
    }

    @Test("REQ-9: a hairpinned datagram comes from the sender's outside address and port")
    func hairpin() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5353:53/udp"])
            let (other, _) = try gateway.another("other")
            let server = try LabDatagram(in: gateway.box, "0.0.0.0", port: 53)
            let remote = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let client = try LabDatagram(in: other, "0.0.0.0", port: 5_555)
            let outside = try client.greet(remote, at: GatewayLab.remote, 7_001)
            try client.send(to: GatewayLab.host, 5_353)
            let (_, address, port) = try server.receive()
            #expect(address == GatewayLab.host && port == outside)
            try server.send(to: address, port)
            let answer = try client.receive()
            #expect(answer.address == GatewayLab.host && answer.port == 5_353)
        }
    }

    @Test("REQ-9, REQ-14: hairpinned datagrams of 4,000 bytes")
    func largeHairpin() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5353:53/udp"])
            let (other, _) = try gateway.another("other")
            #expect(
                try Datagrams.echo(
                    from: other, to: gateway.box, GatewayLab.inside, port: 53, by: GatewayLab.host, 5_353,
                    count: 4_000) == GatewayLab.host)
        }
    }

    @Test("REQ-12: an ICMP error ends no mapping")
    func errors() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let inside = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            // Told of errors without being connected (IP_RECVERR).
            inside.set(0, 11, 1)
            let remote = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let outside = try inside.greet(remote, at: GatewayLab.remote, 7_001)
            // Nobody listens there.
            try inside.send(to: GatewayLab.remote, 7_999)
            var state = pollfd(fd: inside.descriptor, events: 0, revents: 0)
            #expect(poll(&state, 1, 3_000) == 1 && Int32(state.revents) & POLLERR != 0, "no error came in")
            inside.set(0, 11, 0)
            // The error is told once.
            _ = try inside.trySend([1], to: GatewayLab.remote, 7_999)
            Patience.pass(.milliseconds(50))
            #expect(try gateway.flows().contains { $0.remote == "192.0.2.2:7999" })
            #expect(try inside.greet(remote, at: GatewayLab.remote, 7_001) == outside)
            try remote.send(to: GatewayLab.host, outside)
            #expect(inside.hears())
        }
    }

    @Test("REQ-13: what is too big for the uplink comes back with its MTU if it has DF, else leaves in pieces")
    func tooBig() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            try gateway.ip("link set \(gateway.uplink) mtu 1400")
            gateway.settle()
            for (remote, own, isIPv4) in [
                (GatewayLab.remote, "0.0.0.0", true), (GatewayLab.remote6, "::", false),
            ] {
                let server = try LabDatagram(in: gateway.lan, remote, port: 7_001)
                let client = try LabDatagram(in: gateway.box, own, port: 5_555)
                client.setMustNotFragment(true)
                let large = [UInt8](repeating: 7, count: 1_440)
                let isRefused = try Patience.until(.seconds(3)) {
                    try !client.trySend(large, to: remote, 7_001)
                }
                #expect(isRefused, "the MTU isn't told for \(remote)")
                let fitting = [UInt8](repeating: 7, count: isIPv4 ? 1_372 : 1_352)
                try client.send(fitting, to: remote, 7_001)
                #expect(try server.receive().bytes == fitting)
                #expect(try !client.trySend(fitting + [7], to: remote, 7_001))
            }
            #expect(try gateway.drops("exceeds-uplink-mtu") >= 2)
        }
    }

    @Test("REQ-13a: packets without DF, and their fragments, are cut to the uplink's MTU")
    func cutting() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            try gateway.ip("link set \(gateway.uplink) mtu 1400")
            gateway.settle()
            let server = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let client = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            client.setMustNotFragment(false)
            for count in [1_372, 1_373, 1_380, 1_472, 1_473, 4_000, 20_000] {
                let bytes = (0..<count).map { _ in UInt8.random(in: 0 ... .max) }
                try client.send(bytes, to: GatewayLab.remote, 7_001)
                #expect(try server.receive().bytes == bytes, "\(count) bytes")
            }
        }
    }

    @Test("REQ-14: datagrams of 4,000 and 60,000 bytes, outgoing and to a published port, both ways")
    func large() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5353:53/udp"])
            for (inside, host, remote) in [
                (GatewayLab.inside, GatewayLab.host, GatewayLab.remote),
                (GatewayLab.inside6, GatewayLab.host6, GatewayLab.remote6),
            ] {
                for count in [4_000, 60_000] {
                    #expect(
                        try Datagrams.echo(from: gateway.box, to: gateway.lan, remote, port: 7_002, count: count)
                            == host)
                    #expect(
                        try Datagrams.echo(
                            from: gateway.lan, to: gateway.box, inside, port: 53, by: host, 5_353, count: count)
                            == remote)
                }
            }
        }
    }

    @Test("REQ-14: fragments in order, reversed and shuffled, of both families, both ways")
    func fragments() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = Seeded(seed)
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5353:53/udp"])
            let mac = try gateway.addresses()
            let near = try FramePort(gateway.box, "eth0")
            let far = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            var number: UInt16 = 100
            for (inside, host, remote) in [
                (GatewayLab.inside, GatewayLab.host, GatewayLab.remote),
                (GatewayLab.inside6, GatewayLab.host6, GatewayLab.remote6),
            ] {
                let server = try LabDatagram(in: gateway.lan, remote, port: 7_001)
                let published = try LabDatagram(in: gateway.box, inside, port: 53)
                for order in ["in order", "reversed", "shuffled"] {
                    for isOutgoing in [true, false] {
                        number += 1
                        let data = (0..<4_000).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
                        let ends =
                            isOutgoing
                            ? ((inside, UInt16(5_555)), (remote, UInt16(7_001)))
                            : ((remote, 7_009), (host, 5_353))
                        var packets = try Packets.fragments(
                            from: ends.0.0, to: ends.1.0, proto: 17,
                            try Packets.udp(from: ends.0, to: ends.1, data), identification: number)
                        if order == "reversed" { packets.reverse() }
                        if order == "shuffled" { packets.shuffle(using: &random) }
                        for packet in packets {
                            if isOutgoing {
                                try near.send(Packets.frame(to: mac.router, from: mac.box, packet))
                            } else {
                                try far.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
                            }
                        }
                        let bytes = try? (isOutgoing ? server : published).receive().bytes
                        #expect(bytes == data, "\(order), \(ends)")
                    }
                }
            }
        }
    }
}
