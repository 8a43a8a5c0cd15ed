import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The host changes while traffic goes on: translation follows.
@Suite("Daemon: gateway, the host changes", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct HostChangeTests {
    /// What a new connection from the first endpoint comes from; nil: it doesn't come about.
    private func source(_ gateway: GatewayLab, _ server: LabServer, _ address: String) -> String? {
        try? server.converse(from: gateway.box, address, port: server.port)
    }

    @Test("Another address of the uplink: flows of the old one end, new ones use it")
    func address() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let server = try LabServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let own = try LabServer(in: gateway.box, GatewayLab.inside, port: 80)
            #expect(source(gateway, server, GatewayLab.remote) == GatewayLab.host)
            let old = try LabConnection(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            let inside = try LabDatagram(in: gateway.box, "0.0.0.0", port: 5_555)
            let remote = try LabDatagram(in: gateway.lan, GatewayLab.remote, port: 7_002)
            _ = try inside.greet(remote, at: GatewayLab.remote, 7_002)
            try gateway.ip("addr del \(GatewayLab.host)/24 dev \(gateway.uplink)")
            try gateway.ip("addr add 192.0.2.9/24 dev \(gateway.uplink)")
            #expect(try Patience.until { try gateway.flows().allSatisfy { !$0.outside.hasPrefix("192.0.2.1:") } })
            #expect(source(gateway, server, GatewayLab.remote) == "192.0.2.9")
            try inside.send(to: GatewayLab.remote, 7_002)
            #expect(try remote.receive().address == "192.0.2.9")
            #expect(try own.converse(from: gateway.lan, "192.0.2.9", port: 5_000) == GatewayLab.remote)
            #expect(try !gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_000))
            old.abandon()
        }
    }

    @Test("Another router with the same address, and then another way")
    func routers() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let far = "198.51.100.7"
            // The LAN's machine is the router, and the world behind it too.
            try gateway.ip("addr add \(far)/32 dev lo", in: gateway.lan)
            try gateway.ip("route add default via \(GatewayLab.remote)")
            let server = try LabServer(in: gateway.lan, far, port: 7_001)
            gateway.settle()
            #expect(source(gateway, server, far) == GatewayLab.host)
            // A machine of the same address with another MAC address, which says that it is there.
            try gateway.ip("link set own0 down", in: gateway.lan)
            try gateway.ip("link set own0 address 02:00:00:00:00:77", in: gateway.lan)
            try gateway.lan.set("net/ipv4/conf/own0/arp_notify", "1")
            try gateway.ip("link set own0 up", in: gateway.lan)
            let begun = ContinuousClock.now
            #expect(Patience.until(.seconds(10)) { source(gateway, server, far) == GatewayLab.host })
            print("another router: reached after \((ContinuousClock.now - begun).text)")

            let (second, uplink) = try gateway.anotherLAN("second", host: "203.0.113.1/24", other: "203.0.113.2/24")
            try gateway.ip("addr add \(far)/32 dev lo", in: second)
            let other = try LabServer(in: second, far, port: 7_001)
            try gateway.ip("route replace default via 203.0.113.2")
            #expect(Patience.until(.seconds(10)) { source(gateway, other, far) == "203.0.113.1" })
            #expect(try gateway.flows().contains { $0.uplink == uplink && $0.outside.hasPrefix("203.0.113.1:") })
        }
    }

    @Test("The uplink goes down and comes up: connections outlive it")
    func link() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let outgoing = try LabConnection(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            let incoming = try LabConnection(
                from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 80, by: GatewayLab.host, 5_000)
            for connection in [outgoing, incoming] { _ = try connection.exchange() }
            for _ in 0..<3 {
                try gateway.ip("link set \(gateway.uplink) down")
                Patience.pass(.milliseconds(300))
                try gateway.ip("link set \(gateway.uplink) up")
                for connection in [outgoing, incoming] {
                    #expect(throws: Never.self) { _ = try connection.exchange() }
                }
            }
        }
    }

    @Test("The uplink is deleted and returns")
    func deletion() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let own = try LabServer(in: gateway.box, GatewayLab.inside, port: 80)
            #expect(try own.converse(from: gateway.lan, GatewayLab.host, port: 5_000) == GatewayLab.remote)
            // Until its end is acknowledged a connection keeps its namespace alive.
            gateway.settle()
            try gateway.ip("link del \(gateway.uplink)")
            gateway.settle()
            // A publish that changes meanwhile is what counts afterwards.
            try lab.client.unpublish(network: "web", sandbox: gateway.box.name, spec: "5000:80")
            let name = try join(
                lab, gateway.lan, host: "\(GatewayLab.host)/24", other: "\(GatewayLab.remote)/24")
            gateway.settle()
            _ = try lab.client.publish(network: "web", sandbox: gateway.box.name, specs: ["5000:80"])
            let server = try LabServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            #expect(source(gateway, server, GatewayLab.remote) == GatewayLab.host)
            #expect(try own.converse(from: gateway.lan, GatewayLab.host, port: 5_000) == GatewayLab.remote)
            #expect(try gateway.flows().allSatisfy { $0.uplink == name })
        }
    }

    @Test("A second uplink takes what its route is for, with its address")
    func second() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let (second, uplink) = try gateway.anotherLAN("second", host: "203.0.113.1/24", other: "203.0.113.2/24")
            try gateway.ip("addr add 198.51.100.7/32 dev lo", in: second)
            try gateway.ip("route add 198.51.100.0/24 via 203.0.113.2")
            gateway.settle()
            let first = try LabServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let near = try LabServer(in: second, "203.0.113.2", port: 7_001)
            let far = try LabServer(in: second, "198.51.100.7", port: 7_001)
            #expect(source(gateway, first, GatewayLab.remote) == GatewayLab.host)
            #expect(source(gateway, near, "203.0.113.2") == "203.0.113.1")
            #expect(source(gateway, far, "198.51.100.7") == "203.0.113.1")
            #expect(try gateway.flows().filter { $0.uplink == uplink }.count == 2)
            // And published ports are there on both.
            let own = try LabServer(in: gateway.box, GatewayLab.inside, port: 80)
            #expect(try own.converse(from: second, "203.0.113.1", port: 5_000) == "203.0.113.2")
            // A route with a source of its own.
            try gateway.ip("addr add 203.0.113.40/24 dev \(uplink)")
            try gateway.ip("route replace 198.51.100.0/24 via 203.0.113.2 src 203.0.113.40")
            gateway.settle()
            #expect(source(gateway, far, "198.51.100.7") == "203.0.113.40")
            // A prefix that nothing may go to.
            try gateway.ip("route replace unreachable 198.51.100.0/24")
            gateway.settle()
            #expect(source(gateway, far, "198.51.100.7") == nil)
        }
    }

    @Test("An address that is published on moves to another uplink")
    func movedAddress() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (second, uplink) = try gateway.anotherLAN("second", host: "203.0.113.1/24", other: "203.0.113.2/24")
            try gateway.ip("addr add 203.0.113.40/32 dev \(gateway.uplink)")
            gateway.settle()
            _ = try lab.client.publish(
                network: "web", sandbox: gateway.box.name, specs: ["203.0.113.40:5000:80"])
            let own = try LabServer(in: gateway.box, GatewayLab.inside, port: 80)
            try gateway.ip("route add 203.0.113.40/32 dev own0", in: gateway.lan)
            #expect(try own.converse(from: gateway.lan, "203.0.113.40", port: 5_000) == GatewayLab.remote)
            // Not by another interface than the address's.
            #expect(try !gateway.reaches(from: second, "203.0.113.40", port: 5_000))
            try gateway.ip("addr del 203.0.113.40/32 dev \(gateway.uplink)")
            try gateway.ip("addr add 203.0.113.40/32 dev \(uplink)")
            gateway.settle()
            #expect(try own.converse(from: second, "203.0.113.40", port: 5_000) == "203.0.113.2")
        }
    }

    @Test("The uplink's MTU changes")
    func mtu() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            for sandbox in [lab.host, gateway.lan] {
                let name = sandbox.name == lab.host.name ? gateway.uplink : "own0"
                try gateway.ip("link set \(name) mtu 1300", in: sandbox)
            }
            gateway.settle()
            #expect(
                try !lab.succeeds(
                    ["ping", "-Mdo", "-s1400", "-c2", "-i0.2", "-W1", GatewayLab.remote], in: gateway.box))
            #expect(try lab.succeeds(["ping", "-Mdo", "-s1272", "-c1", "-W2", GatewayLab.remote], in: gateway.box))
            // TCP finds its way.
            let stream = try ByteStream(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            #expect(stream.waitForMore(4 << 20))
            for (sandbox, name) in [(lab.host, gateway.uplink), (gateway.lan, "own0")] {
                try gateway.ip("link set \(name) mtu 1500", in: sandbox)
            }
            #expect(stream.waitForMore(4 << 20))
            #expect(stream.stop().failure == nil)
            gateway.settle()
            // Another packet than before: the box remembers the old MTU for the LAN's machine.
            try gateway.ip("route flush cache", in: gateway.box)
            #expect(try lab.succeeds(["ping", "-Mdo", "-s1472", "-c1", "-W2", GatewayLab.remote], in: gateway.box))
        }
    }

    @Test("A network with a smaller MTU than the uplink's: senders outside are told")
    func smallerNetwork() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            _ = try lab.client.createNetwork(
                NetworkRequest(name: "small", subnets: ["10.84.0.0/24", "fd84::/64"], mtu: 1_400))
            let box = try lab.makeSandbox("small", ipv6: true)
            _ = try lab.client.attach(
                AttachRequest(network: "small", sandbox: box.name, publish: ["5353:53/udp"]))
            for (inside, host, own) in [
                ("10.84.0.2", GatewayLab.host, "0.0.0.0"), ("fd84::2", GatewayLab.host6, "::"),
            ] {
                let server = try LabDatagram(in: box, inside, port: 53)
                let client = try LabDatagram(in: gateway.lan, own)
                client.setMustNotFragment(true)
                let large = [UInt8](repeating: 7, count: 1_440)
                #expect(
                    try Patience.until(.seconds(3)) { try !client.trySend(large, to: host, 5_353) },
                    "the MTU isn't told for \(host)")
                client.setMustNotFragment(false)
                try client.send(large, to: host, 5_353)
                #expect(try server.receive().bytes == large)
            }
        }
    }
}
