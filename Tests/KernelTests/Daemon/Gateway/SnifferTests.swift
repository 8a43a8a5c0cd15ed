import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Whoever listens on the LAN never sees an address of the inside, and the host's kernel answers for no port of Heddle's.
@Suite("Daemon: gateway, the LAN's view", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct SnifferTests {
    @Test("No packet with an inside address is ever on the LAN", arguments: InputOutput.allCases)
    func leaks(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"])
            let (other, _) = try gateway.another("other")
            let mac = try gateway.addresses()
            let sniffer = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            let near = try FramePort(gateway.box, "eth0")
            // A kernel that would send on what it got.
            try lab.host.set("net/ipv4/ip_forward", "1")
            try lab.host.set("net/ipv6/conf/all/forwarding", "1")
            func check(_ what: Comment) {
                let strays = sniffer.waiting { $0.holdsInside }
                #expect(strays.isEmpty, what)
            }
            try ordinary(gateway, other)
            check("ordinary traffic")
            // Segments of no connection, with every set of flags.
            for flags in UInt8(0)..<64 {
                let segment = try Packets.tcp(
                    from: (GatewayLab.inside, 40_000 + UInt16(flags)), to: (GatewayLab.remote, 7_001),
                    flags: flags, acknowledgement: 77, [1, 2, 3])
                let packet = try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 6, segment)
                try near.send(Packets.frame(to: mac.router, from: mac.box, packet))
            }
            // Protocols that aren't translated, and echo replies to nobody.
            for proto in UInt8(0)...255 where ![6, 17].contains(proto) {
                let packet = try Packets.ip(
                    from: GatewayLab.inside, to: GatewayLab.remote, proto: proto,
                    Packets.icmp(type: 0, code: 0, rest: 0x1234_0001, [1, 2, 3, 4]))
                try near.send(Packets.frame(to: mac.router, from: mac.box, packet))
                let packet6 = try Packets.ip(
                    from: GatewayLab.inside6, to: GatewayLab.remote6, proto: proto, [UInt8](repeating: 0, count: 16))
                try near.send(Packets.frame(to: mac.router, from: mac.box, packet6))
            }
            // An error about a packet that never was.
            let quoted = try Packets.ip(
                from: GatewayLab.remote, to: GatewayLab.inside, proto: 17,
                try Packets.udp(from: (GatewayLab.remote, 1), to: (GatewayLab.inside, 2), [1]))
            let message = Packets.icmp(type: 3, code: 1, quoted)
            try near.send(
                Packets.frame(
                    to: mac.router, from: mac.box,
                    try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 1, message)))
            Patience.pass(.milliseconds(200))
            check("segments and protocols of no flow")
            #expect(try gateway.drops("no-flow") + gateway.drops("packet-malformed") >= 60)
            // To the uplink's, the LAN's and everybody's MAC address instead of the router's.
            for target in [mac.uplink, mac.lan] {
                let datagram = try Packets.udp(from: (GatewayLab.inside, 1), to: (GatewayLab.remote, 2), [1])
                let packet = try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 17, datagram)
                try near.send(Packets.frame(to: target, from: mac.box, packet))
            }
            check("other MAC addresses")
            // Who asks for a published port at the network's gateway is not answered from there.
            let before = try gateway.drops("martian")
            for (remote, target) in [(GatewayLab.remote, "10.81.0.1"), (GatewayLab.remote6, "fd81::1")] {
                let question = try Packets.tcp(
                    from: (remote, 41_000), to: (target, 5_000), flags: 2, acknowledgement: 0, [])
                let packet = try Packets.ip(from: remote, to: target, proto: 6, question)
                try sniffer.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
            }
            #expect(try Patience.until { try gateway.drops("martian") == before + 2 })
            Patience.pass(.milliseconds(200))
            check("a published port at the gateway's address")
            try overLimit(near, mac.router, mac.box)
            Patience.pass(.milliseconds(200))
            check("over the limit")
            try closedNetwork(lab)
            check("a closed network")

            let streams = [
                try DatagramStream(from: other, to: gateway.lan, GatewayLab.remote, port: 7_021),
                try DatagramStream(from: other, to: gateway.lan, GatewayLab.remote6, port: 7_022),
            ]
            let bulk = try ByteStream(from: other, to: gateway.lan, GatewayLab.remote)
            for _ in 0..<3 {
                Patience.pass(.milliseconds(150))
                check("before the engine's death")
                try lab.killEngine()
                try ordinary(gateway, other)
                check("after the engine's death")
            }
            try lab.replaceDaemon()
            #expect(bulk.waitForMore())
            check("another daemon")
            #expect(bulk.stop().failure == nil)
            for stream in streams { _ = stream.stop() }
            check("all of it")
        }
    }

    /// Connections that end well and by RST, of both sides; datagrams, echo, and ports where nobody listens.
    private func ordinary(_ gateway: GatewayLab, _ other: TestSandbox) throws {
        for (inside, host, remote) in [
            (GatewayLab.inside, GatewayLab.host, GatewayLab.remote),
            (GatewayLab.inside6, GatewayLab.host6, GatewayLab.remote6),
        ] {
            let server = try LabServer(in: gateway.lan, remote, port: 7_001)
            _ = try server.converse(from: other, remote, port: 7_001)
            let own = try LabServer(in: gateway.box, inside, port: 80)
            _ = try own.converse(from: gateway.lan, host, port: 5_000)
            for isNear in [true, false] {
                let connection = try LabConnection(from: other, to: gateway.lan, remote)
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(isNear ? connection.near : connection.far, SOL_SOCKET, SO_LINGER, &linger, 8)
            }
            #expect(try !gateway.reaches(from: other, remote, port: 7_998))
            let lost = try LabDatagram(in: other, remote.contains(":") ? "::" : "0.0.0.0")
            try lost.send(to: remote, 7_997)
            _ = try gateway.lab.succeeds(["ping", "-c1", "-W1", remote], in: other)
        }
    }

    private func overLimit(_ near: FramePort, _ router: MACAddress, _ box: MACAddress) throws {
        for port in UInt16(20_000)..<21_500 {
            let datagram = try Packets.udp(from: (GatewayLab.inside, port), to: (GatewayLab.remote, 7_001), [1])
            let packet = try Packets.ip(from: GatewayLab.inside, to: GatewayLab.remote, proto: 17, datagram)
            try near.send(Packets.frame(to: router, from: box, packet))
        }
    }

    private func closedNetwork(_ lab: HeddleUnderTest) throws {
        _ = try lab.client.createNetwork(NetworkRequest(name: "inner", subnets: ["10.81.1.0/24"], internal: true))
        let hidden = try lab.makeSandbox("hidden")
        try lab.attach(hidden, to: "inner")
        guard try lab.succeeds(["ip", "route", "add", "default", "via", "10.81.1.1"], in: hidden) else {
            throw LabError("no route")
        }
        for target in [GatewayLab.remote, GatewayLab.host] {
            #expect(try !lab.succeeds(["ping", "-c1", "-W1", target], in: hidden))
        }
        // What would be translated in another network.
        let socket = try LabDatagram(in: hidden, "0.0.0.0")
        try socket.send(to: GatewayLab.remote, 7_001)
    }

    @Test("The host's kernel answers for no port of the pool and no published one")
    func silence() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"])
            let mac = try gateway.addresses()
            let wire = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            let engine = try lab.enginePID()
            for isEngineDead in [false, true] {
                if isEngineDead {
                    // A daemon that is stopped starts no other engine: the guards alone must keep silent.
                    lab.daemon?.signal(SIGSTOP)
                    kill(engine, SIGKILL)
                }
                _ = wire.waiting { _ in false }
                for (source, target) in [(GatewayLab.remote, GatewayLab.host), (GatewayLab.remote6, GatewayLab.host6)] {
                    for port in [UInt16(61_440), 62_000, 65_535, 5_000] {
                        for flags: UInt8 in [0x10, 0x11, 0x12, 0x18, 0x04] + (port == 5_000 ? [] : [0x02]) {
                            let segment = try Packets.tcp(
                                from: (source, 7_555), to: (target, port), flags: flags, acknowledgement: 5)
                            try wire.send(
                                Packets.frame(
                                    to: mac.uplink, from: mac.lan,
                                    try Packets.ip(from: source, to: target, proto: 6, segment)))
                        }
                    }
                    for port in [UInt16(61_440), 62_000, 65_535] {
                        let datagram = try Packets.udp(from: (source, 7_555), to: (target, port), [1, 2, 3])
                        try wire.send(
                            Packets.frame(
                                to: mac.uplink, from: mac.lan,
                                try Packets.ip(from: source, to: target, proto: 17, datagram)))
                    }
                }
                Patience.pass(.milliseconds(300))
                let answers = wire.waiting {
                    $0.ports?.destination == 7_555 || $0.icmp?[0] == 3
                        || ($0.proto == 58 && $0.transport.first == 1)
                }
                #expect(answers.isEmpty, "\(answers.count) answers; engine dead: \(isEngineDead)")
            }
            lab.daemon?.signal(SIGCONT)
        }
    }
}
