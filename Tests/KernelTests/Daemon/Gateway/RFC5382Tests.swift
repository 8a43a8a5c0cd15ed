import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What NAT must do for TCP (RFC 5382); REQ-5 is of time, see `FlowTimerTests`.
@Suite("Daemon: RFC 5382", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct RFC5382Tests {
    @Test("REQ-1 is not kept: a port is shared by connections to different ends; REQ-7: never to the same")
    func mapping() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (other, _) = try gateway.another("other")
            let server = try LabServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            var held: [(Int32, Int32)] = []
            defer {
                for (near, far) in held {
                    close(near)
                    close(far)
                }
            }
            for _ in 0..<10 {
                for box in [gateway.box, other] {
                    let client = try box.inside { try InternetSocket.stream("0.0.0.0") }
                    try InternetSocket.bind(client, "0.0.0.0", port: 61_500 + UInt16(held.count / 2))
                    try InternetSocket.connect(client, GatewayLab.remote, port: 7_001)
                    held.append((client, try server.take().descriptor))
                }
            }
            let outside = try gateway.flows().map(\.outside)
            #expect(Set(outside).count == 20)
            for (near, far) in held { try LabServer.exchange(near, far) }
        }
    }

    @Test("REQ-2: both ends open at once")
    func simultaneous() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            // In the pool, so that it stays what it is outside.
            let port: UInt16 = 61_501
            let near = try gateway.box.inside { try InternetSocket.stream("0.0.0.0") }
            let far = try gateway.lan.inside { try InternetSocket.stream("0.0.0.0") }
            defer {
                close(near)
                close(far)
            }
            try InternetSocket.bind(near, "0.0.0.0", port: port)
            try InternetSocket.bind(far, GatewayLab.remote, port: 7_001)
            for end in [near, far] { InternetSocket.setTimeout(end, .seconds(8)) }
            let outer = LabThread { try? InternetSocket.connect(far, GatewayLab.host, port: port) }
            // Its first SYN meets nobody, and is not answered.
            Patience.pass(.milliseconds(200))
            try InternetSocket.connect(near, GatewayLab.remote, port: 7_001)
            outer.join()
            try LabServer.exchange(near, far)
            try LabServer.exchange(far, near)
            #expect(try gateway.flows().contains { $0.outside == "192.0.2.1:61501" && $0.state == "established" })
        }
    }

    @Test("REQ-2: SYNs that cross")
    func crossing() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let mac = try gateway.addresses()
            let wire = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            // Nobody has this address: the test speaks for it.
            let remote = "192.0.2.77"
            try gateway.ip("neigh replace \(remote) lladdr \(mac.lan) dev \(gateway.uplink) nud permanent")
            gateway.settle()
            let near = try gateway.box.inside { try InternetSocket.stream("0.0.0.0") }
            defer { close(near) }
            // Nobody will ever answer its FIN.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(near, SOL_SOCKET, SO_LINGER, &linger, 8)
            try InternetSocket.bind(near, "0.0.0.0", port: 61_502)
            InternetSocket.setTimeout(near, .seconds(5))
            let outer = LabThread { try? InternetSocket.connect(near, remote, port: 7_001) }
            let first = wire.receive(1) { $0.ports?.source == 61_502 }
            let head = try #require(first.first).transport
            let sequence = head[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let (there, here) = ((remote, UInt16(7_001)), (GatewayLab.host, UInt16(61_502)))
            func say(_ flags: UInt8, _ number: UInt32, _ acknowledgement: UInt32) throws {
                let segment = try Packets.tcp(
                    from: there, to: here, flags: flags, sequence: number, acknowledgement: acknowledgement)
                let packet = try Packets.ip(from: remote, to: GatewayLab.host, proto: 6, segment)
                try wire.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
            }
            try say(0x02, 5_000, 0)
            let answers = wire.receive(1) { $0.ports?.source == 61_502 && $0.transport[13] & 0x12 == 0x12 }
            #expect(answers.count == 1, "the SYN didn't come in")
            try say(0x12, 5_000, sequence &+ 1)
            outer.join()
            #expect(InternetSocket.peer(of: near) == remote)
            #expect(try gateway.flows().contains { $0.remote == "192.0.2.77:7001" && $0.state == "established" })
        }
    }

    @Test("REQ-4: nobody answers a SYN to a port of the pool or one that isn't published")
    func unsolicited() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let wire = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            let mac = try gateway.addresses()
            _ = wire.waiting { _ in false }
            let segment = try Packets.tcp(
                from: (GatewayLab.remote, 7_001), to: (GatewayLab.host, 61_700), flags: 0x02)
            let packet = try Packets.ip(from: GatewayLab.remote, to: GatewayLab.host, proto: 6, segment)
            try wire.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
            let heard1 = wire.receive(1, within: .milliseconds(500)) { $0.ports?.source == 61_700 }
            #expect(heard1.isEmpty)
        }
    }

    @Test("REQ-8: hairpinned connections come from the host's address and a port of the pool")
    func hairpin() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let (other, _) = try gateway.another("other")
            let connection = try LabConnection(
                from: other, to: gateway.box, GatewayLab.inside, port: 80, by: GatewayLab.host, 5_000)
            _ = try connection.exchange()
            #expect(InternetSocket.peer(of: connection.far) == GatewayLab.host)
            let flows = try gateway.flows()
            #expect(flows.count == 2 && Set(flows.map(\.direction)) == [.incoming, .outgoing])
            #expect(
                flows.first { $0.direction == .outgoing }?.outside == flows.first { $0.direction == .incoming }?.remote)
        }
    }

    @Test("REQ-9: an ICMP error about a SYN comes in, translated")
    func errors() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            try gateway.lan.set("net/ipv4/ip_forward", "1")
            try gateway.ip("route add unreachable 198.51.100.0/24", in: gateway.lan)
            try gateway.ip("route add default via \(GatewayLab.remote)")
            gateway.settle()
            let client = try gateway.box.inside { try InternetSocket.stream("0.0.0.0") }
            defer { close(client) }
            InternetSocket.setTimeout(client, .seconds(5))
            let error = #expect(throws: LabError.self) {
                try InternetSocket.connect(client, "198.51.100.1", port: 80)
            }
            #expect("\(String(describing: error))".contains(String(cString: strerror(EHOSTUNREACH))))
        }
    }

    @Test("REQ-10: forged ICMP errors and RSTs end no connection")
    func forgeries() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let mac = try gateway.addresses()
            let outgoing = try LabConnection(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            let incoming = try LabConnection(
                from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 80, by: GatewayLab.host, 5_000)
            let wire = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            func ports(_ text: String) -> (String, UInt16) {
                let parts = text.split(separator: ":")
                return (String(parts[0]), UInt16(parts[1]) ?? 0)
            }
            for flow in try gateway.flows() {
                let (host, remote) = (ports(flow.outside), ports(flow.remote))
                let quoted = try Packets.ip(
                    from: host.0, to: remote.0, proto: 6, try Packets.tcp(from: host, to: remote, flags: 0x10))
                for code in UInt8(0)...3 {
                    let message = Packets.icmp(type: 3, code: code, quoted)
                    let packet = try Packets.ip(from: remote.0, to: host.0, proto: 1, message)
                    try wire.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
                }
                let reset = try Packets.tcp(from: remote, to: host, flags: 0x04, sequence: 0x1234_5678)
                let packet = try Packets.ip(from: remote.0, to: host.0, proto: 6, reset)
                try wire.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
            }
            Patience.pass(.milliseconds(200))
            for connection in [outgoing, incoming] { _ = try connection.exchange() }
            #expect(try gateway.flows().allSatisfy { $0.state == "established" })
        }
    }
}
