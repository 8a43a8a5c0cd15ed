import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What leaves a network and what enters it, on a real LAN.
@Suite("Daemon: gateway", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct GatewayTests {
    @Test("An endpoint reaches the LAN with the host's address", arguments: InputOutput.allCases)
    func outgoing(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let gateway = try GatewayLab(lab)
            let sniffer = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            for (remote, host) in [
                (GatewayLab.remote, GatewayLab.host), (GatewayLab.remote6, GatewayLab.host6),
            ] {
                let server = try LabServer(in: gateway.lan, remote, port: 7_001)
                #expect(try server.converse(from: gateway.box, remote, port: 7_001) == host)
                #expect(try Datagrams.echo(from: gateway.box, to: gateway.lan, remote, port: 7_002) == host)
                #expect(try lab.succeeds(["ping", "-c2", "-i0.2", "-W2", remote], in: gateway.box))
            }
            let strays = sniffer.waiting { $0.holdsInside }
            #expect(strays.isEmpty, "inside addresses on the LAN")
            let flows: [Flow] = try lab.json("flows", "web")
            #expect(Set(flows.map(\.proto)) == ["tcp", "udp", "icmp"])
            #expect(flows.allSatisfy { $0.direction == .outgoing && $0.uplink == gateway.uplink })
            #expect(flows.contains { $0.proto == "tcp" && $0.remote == "192.0.2.2:7001" && $0.tx.frames > 3 })
        }
    }

    @Test("A published port is reached from the LAN, and the server sees the client", arguments: InputOutput.allCases)
    func incoming(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"])
            for (inside, host, remote) in [
                (GatewayLab.inside, GatewayLab.host, GatewayLab.remote),
                (GatewayLab.inside6, GatewayLab.host6, GatewayLab.remote6),
            ] {
                let server = try LabServer(in: gateway.box, inside, port: 80)
                #expect(try server.converse(from: gateway.lan, host, port: 5_000) == remote)
                #expect(
                    try Datagrams.echo(from: gateway.lan, to: gateway.box, inside, port: 53, by: host, 5_353) == remote)
            }
            let flows: [Flow] = try lab.json("flows")
            #expect(flows.contains { $0.direction == .incoming && $0.outside == "192.0.2.1:5000" })
        }
    }

    @Test("A published port is reached by the host itself, through the relay")
    func local() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"])
            let server = try LabServer(in: gateway.box, GatewayLab.inside, port: 80)
            #expect(try server.converse(from: lab.host, "127.0.0.1", port: 5_000) == "10.81.0.1")
            #expect(try server.converse(from: lab.host, GatewayLab.host, port: 5_000) == "10.81.0.1")
            #expect(
                try Datagrams.echo(
                    from: lab.host, to: gateway.box, GatewayLab.inside, port: 53, by: "127.0.0.1", 5_353)
                    == "10.81.0.1")
        }
    }

    @Test("Endpoints reach each other by a published port, and see the host's address")
    func hairpin() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"])
            let (other, _) = try gateway.another("other")
            for (inside, host) in [(GatewayLab.inside, GatewayLab.host), (GatewayLab.inside6, GatewayLab.host6)] {
                let server = try LabServer(in: gateway.box, inside, port: 80)
                #expect(try server.converse(from: other, host, port: 5_000) == host)
                #expect(try server.converse(from: gateway.box, host, port: 5_000) == host)
                #expect(try Datagrams.echo(from: other, to: gateway.box, inside, port: 53, by: host, 5_353) == host)
            }
        }
    }

    @Test("Nothing leaves an internal network, nothing enters an endpoint that isn't published")
    func closed() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            _ = try lab.client.createNetwork(
                NetworkRequest(name: "inner", subnets: ["10.82.0.0/24"], internal: true))
            let hidden = try lab.makeSandbox("hidden")
            try lab.attach(hidden, to: "inner")
            try hidden.ask { route in
                try route.addRoute(Route(defaultVia: try IPAddress(parsing: "10.82.0.1")))
            }
            #expect(try lab.succeeds(["ping", "-c1", "-W1", "10.82.0.1"], in: hidden))
            for target in [GatewayLab.remote, GatewayLab.host, GatewayLab.inside, "10.81.0.1"] {
                #expect(try !lab.succeeds(["ping", "-c1", "-W1", target], in: hidden), "\(target)")
            }
            #expect(try gateway.drops()["internal-network", default: 0] >= 4)
            // From the LAN straight to an endpoint, on a host that forwards.
            try lab.host.set("net/ipv4/ip_forward", "1")
            try gateway.lan.ask { route in
                try route.addRoute(Route(defaultVia: try IPAddress(parsing: GatewayLab.host)))
            }
            #expect(try !lab.succeeds(["ping", "-c1", "-W1", GatewayLab.inside], in: gateway.lan))
            // From one network to another.
            let third = try lab.makeSandbox("third")
            try lab.makeNetwork("apart", "10.83.0.0/24")
            try lab.attach(third, to: "apart")
            #expect(try !lab.succeeds(["ping", "-c1", "-W1", GatewayLab.inside], in: third))
            #expect(try gateway.drops()["no-route", default: 0] >= 1)
        }
    }

    @Test("Connections outlive the engine and the daemon")
    func survival() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let outgoing = try LabConnection(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            let incoming = try LabConnection(
                from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 80, by: GatewayLab.host, 5_000)
            func check(_ what: Comment) throws {
                for connection in [outgoing, incoming] {
                    #expect(throws: Never.self, what) { _ = try connection.exchange() }
                }
            }
            try check("before")
            try lab.killEngine()
            try check("after the engine's death")
            try lab.killDaemon()
            try check("without a daemon")
            try lab.start()
            try check("with another daemon")
            try lab.killEngine()
            try check("after both")
            #expect(try lab.client.flows(network: nil).count == 2)
        }
    }
}
