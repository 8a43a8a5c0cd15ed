import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Networks whose packets keep their addresses, and packets that don't fit the way out.
@Suite("Daemon: routed networks and small uplinks", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct RoutedNetworkTests {
    @Test("A routed network is reached from the LAN and reaches it, with its own addresses")
    func routed() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let box = try lab.makeSandbox("routed", ipv6: true)
            _ = try lab.client.createNetwork(
                NetworkRequest(name: "open", subnets: ["10.85.0.0/24", "fd85::/64"], route: true))
            try lab.attach(box, to: "open")
            try gateway.lan.ask { route in
                for (prefix, host) in [("10.85.0.0/24", GatewayLab.host), ("fd85::/64", GatewayLab.host6)] {
                    try route.addRoute(
                        Route(to: try IPPrefix(parsing: prefix), via: try IPAddress(parsing: host)))
                }
            }
            for (inside, remote) in [("10.85.0.2", GatewayLab.remote), ("fd85::2", GatewayLab.remote6)] {
                let outer = try LabServer(in: gateway.lan, remote, port: 7_201)
                #expect(try outer.converse(from: box, remote, port: 7_201) == inside)
                let inner = try LabServer(in: box, inside, port: 7_202)
                #expect(try inner.converse(from: gateway.lan, inside, port: 7_202) == remote)
                #expect(try lab.succeeds(["ping", "-c1", "-W2", inside], in: gateway.lan))
                #expect(try lab.succeeds(["ping", "-c1", "-W2", remote], in: box))
            }
            try lab.replaceDaemon()
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.85.0.2"], in: gateway.lan))
            try lab.killEngine()
            #expect(try Patience.until { try lab.succeeds(["ping", "-c1", "-W1", "10.85.0.2"], in: gateway.lan) })
            // The other network isn't routed.
            try gateway.lan.ask { route in
                try route.addRoute(
                    Route(
                        to: try IPPrefix(parsing: "10.81.0.0/24"), via: try IPAddress(parsing: GatewayLab.host)))
            }
            #expect(try !lab.succeeds(["ping", "-c1", "-W1", GatewayLab.inside], in: gateway.lan))
        }
    }

    @Test("What an uplink can't carry is cut where it may be, and its sender is told where not")
    func smallUplink() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5353:53/udp"])
            try lab.host.ask { route in
                guard let link = try route.link(named: gateway.uplink) else { throw LabError("no uplink") }
                try route.setMTU(link: link.index, 1_280)
            }
            try gateway.lan.ask { route in
                guard let link = try route.link(named: HeddleUnderTest.ownInterface) else { throw LabError("no link") }
                try route.setMTU(link: link.index, 1_280)
            }
            #expect(
                try Patience.until {
                    try !lab.succeeds(
                        ["ping", "-c1", "-W1", "-M", "do", "-s", "1400", GatewayLab.remote], in: gateway.box)
                })
            // Without DF it gets through, in two pieces.
            #expect(
                try lab.succeeds(
                    ["ping", "-c2", "-i0.2", "-W2", "-M", "dont", "-s", "1400", GatewayLab.remote], in: gateway.box))
            // TCP learns the path's MTU.
            let server = try LabServer(in: gateway.lan, GatewayLab.remote, port: 7_203)
            let connection = try LabConnection(
                from: gateway.box, to: gateway.lan, GatewayLab.remote, port: 7_204)
            _ = try connection.exchange()
            #expect(try server.converse(from: gateway.box, GatewayLab.remote, port: 7_203) == GatewayLab.host)
            let stream = try ByteStream(from: gateway.box, to: gateway.lan, GatewayLab.remote)
            let isFlowing = stream.waitForMore()
            let verdict = stream.stop()
            #expect(isFlowing && verdict.failure == nil && verdict.bytes > 1 << 20, "\(verdict)")
            // Datagrams of several fragments, both ways.
            for count in [1_300, 4_000, 20_000] {
                #expect(
                    try Datagrams.echo(
                        from: gateway.box, to: gateway.lan, GatewayLab.remote, port: 7_205, count: count)
                        == GatewayLab.host, "\(count) bytes out")
                #expect(
                    try Datagrams.echo(
                        from: gateway.lan, to: gateway.box, GatewayLab.inside, port: 53, by: GatewayLab.host, 5_353,
                        count: count) == GatewayLab.remote, "\(count) bytes in")
            }
        }
    }
}
