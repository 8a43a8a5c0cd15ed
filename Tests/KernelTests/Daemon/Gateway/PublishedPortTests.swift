import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Published ports: what is refused, where they lead, and what ends with them.
@Suite("Daemon: published ports", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PublishedPortTests {
    @Test("A refused port leaves nothing behind, and the message names its holder")
    func refusals() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["7000-7009:80-89"])
            let holder = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
            defer { close(holder) }
            try InternetSocket.bind(holder, "0.0.0.0", port: 5_010)
            guard listen(holder, 1) == 0 else { throw LabError.system("listen") }
            let datagrams = try LabDatagram(in: lab.host, "0.0.0.0", port: 5_020)
            let before = try lab.settledWorld()
            for (spec, texts) in [
                ("5000-5019:80-99", ["5010", "process \(getpid())"]), ("5010:80", ["5010/tcp", "(process"]),
                ("5020:80/udp", ["5020/udp", "process \(getpid())"]),
                ("198.51.100.1:5000:80", ["198.51.100.1", GatewayLab.host]),
                ("7005-7015:1-11", ["7005-7009/tcp"]), ("[fd81::1:1]:5000:80", ["fd81::1:1"]),
            ] {
                let outcome = try lab.heddle("publish", "add", "web", gateway.box.name, spec)
                #expect(outcome.status == 1, "\(spec)")
                for text in texts { #expect(outcome.errors.contains(text), "\(spec): \(outcome.errors)") }
            }
            #expect(try lab.changes(since: before) == [])
            #expect(try lab.client.publishedPorts().count == 1)
            // What was bound before the refusal is free.
            for port in [UInt16(5_000), 5_009, 5_011] {
                let other = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
                defer { close(other) }
                #expect(throws: Never.self) { try InternetSocket.bind(other, "0.0.0.0", port: port) }
            }
            withExtendedLifetime(datagrams) {}
        }
    }

    @Test("An address of the host's binds to that address alone")
    func hostAddress() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            try gateway.ip("addr add 192.0.2.9/24 dev \(gateway.uplink)")
            gateway.settle()
            _ = try lab.client.publish(
                network: "web", sandbox: gateway.box.name,
                specs: ["192.0.2.9:5000:80", "127.0.0.1:5001:80", "[2001:db8::1]:5002:80", "192.0.2.1:5003:81"])
            // The same port of another address is somebody else's.
            _ = try lab.client.publish(network: "web", sandbox: gateway.box.name, specs: ["192.0.2.9:5003:82"])
            let server = try LabServer(in: gateway.box, "::", port: 80)
            let others = try [UInt16(81), 82].map { try LabServer(in: gateway.box, GatewayLab.inside, port: $0) }
            #expect(try server.converse(from: gateway.lan, "192.0.2.9", port: 5_000).hasSuffix(GatewayLab.remote))
            #expect(try !gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_000))
            #expect(try !gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_001))
            #expect(try server.converse(from: lab.host, "127.0.0.1", port: 5_001).hasSuffix("10.81.0.1"))
            #expect(try server.converse(from: gateway.lan, GatewayLab.host6, port: 5_002) == GatewayLab.remote6)
            #expect(try !gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_002))
            #expect(try others[0].converse(from: gateway.lan, "192.0.2.1", port: 5_003) == GatewayLab.remote)
            #expect(try others[1].converse(from: gateway.lan, "192.0.2.9", port: 5_003) == GatewayLab.remote)
        }
    }

    @Test("A range leads port by port")
    func range() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["8000-8099:9000-9099"])
            for offset in [UInt16(0), 1, 50, 98, 99] {
                let server = try LabServer(in: gateway.box, GatewayLab.inside, port: 9_000 + offset)
                #expect(
                    try server.converse(from: gateway.lan, GatewayLab.host, port: 8_000 + offset)
                        == GatewayLab.remote)
                #expect(try server.converse(from: lab.host, "127.0.0.1", port: 8_000 + offset) == "10.81.0.1")
            }
            #expect(try !gateway.reaches(from: gateway.lan, GatewayLab.host, port: 8_100))
        }
    }

    @Test("Relay mode is behind the host's firewall, and the server sees the gateway; translation is neither")
    func relay() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"], mode: "relay")
            _ = try lab.client.publish(network: "web", sandbox: gateway.box.name, specs: ["5001:80"])
            let server = try LabServer(in: gateway.box, GatewayLab.inside, port: 80)
            #expect(try server.converse(from: gateway.lan, GatewayLab.host, port: 5_000) == "10.81.0.1")
            #expect(
                try Datagrams.echo(
                    from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 53, by: GatewayLab.host, 5_353)
                    == "10.81.0.1")
            #expect(try server.converse(from: gateway.lan, GatewayLab.host, port: 5_001) == GatewayLab.remote)
            for words in [
                "add table inet t", "add chain inet t in { type filter hook input priority 0; policy accept; }",
                "add rule inet t in iifname \(gateway.uplink) tcp dport 5000-5001 drop",
            ] {
                guard try lab.succeeds(["nft", words], in: lab.host) else { throw LabError("nft \(words)") }
            }
            #expect(try !gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_000))
            #expect(try server.converse(from: gateway.lan, GatewayLab.host, port: 5_001) == GatewayLab.remote)
        }
    }

    @Test(
        "What is unpublished or detached ends with its connections, and its port is free at once",
        arguments: [true, false])
    func ends(isDetached: Bool) throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80", "5353:53/udp"])
            let connection = try LabConnection(
                from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 80, by: GatewayLab.host, 5_000)
            _ = try connection.exchange()
            _ = try Datagrams.echo(
                from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 53, by: GatewayLab.host, 5_353)
            let local = try LabConnection(
                from: lab.host, to: gateway.box, GatewayLab.inside, port: 80, by: "127.0.0.1", 5_000)
            _ = try local.exchange()
            if isDetached {
                try lab.client.detach(network: "web", sandbox: gateway.box.name)
            } else {
                for spec in ["5000:80", "5353:53/udp"] {
                    try lab.client.unpublish(network: "web", sandbox: gateway.box.name, spec: spec)
                }
            }
            for (type, port) in [("tcp", UInt16(5_000)), ("udp", 5_353)] {
                let other = try lab.host.inside {
                    try type == "tcp" ? InternetSocket.stream("0.0.0.0") : InternetSocket.datagram("0.0.0.0")
                }
                defer { close(other) }
                #expect(throws: Never.self, "\(type)") { try InternetSocket.bind(other, "0.0.0.0", port: port) }
                if type == "tcp" { #expect(listen(other, 1) == 0) }
            }
            #expect(try gateway.flows().isEmpty)
            for ended in [connection, local] {
                InternetSocket.setTimeout(ended.near, .milliseconds(700))
                InternetSocket.setTimeout(ended.far, .milliseconds(700))
                #expect(throws: LabError.self) { _ = try ended.exchange() }
                ended.abandon()
            }
        }
    }
}
