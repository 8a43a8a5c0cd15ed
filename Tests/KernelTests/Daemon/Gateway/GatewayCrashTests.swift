import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Both processes die at once, and another daemon starts.
@Suite("Daemon: gateway, after both processes' death", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct GatewayCrashTests {
    @Test("Ports are held again, and connections on which nobody spoke meanwhile go on", arguments: ["tap", "veth"])
    func restart(via: String) throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let box = try lab.makeSandbox("second", ipv6: true)
            _ = try lab.client.attach(
                AttachRequest(
                    network: "web", sandbox: box.name, via: via, ip: ["10.81.0.50"],
                    publish: ["5000:80", "5353:53/udp", "6000-6099:80-179"]))
            let outgoing = try LabConnection(from: box, to: gateway.lan, GatewayLab.remote)
            let incoming = try LabConnection(
                from: gateway.lan, to: box, "10.81.0.50", port: 80, by: GatewayLab.host, 5_000)
            for connection in [outgoing, incoming] { _ = try connection.exchange() }
            let before = try gateway.flows().map { "\($0.inside) \($0.outside) \($0.remote)" }.sorted()
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            // Nobody holds the port now.
            #expect(
                try Patience.until {
                    let other = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
                    defer { close(other) }
                    return (try? InternetSocket.bind(other, "0.0.0.0", port: 5_000)) != nil
                })
            try lab.start()
            #expect(try lab.client.publishedPorts().allSatisfy { $0.state == .active })
            #expect(try lab.inconsistencies() == [])
            for port in [UInt16(5_000), 6_050] {
                let other = try lab.host.inside { try InternetSocket.stream("0.0.0.0") }
                defer { close(other) }
                #expect(throws: LabError.self) { try InternetSocket.bind(other, "0.0.0.0", port: port) }
            }
            let after = try gateway.flows().map { "\($0.inside) \($0.outside) \($0.remote)" }.sorted()
            #expect(after == before)
            for connection in [outgoing, incoming] {
                #expect(throws: Never.self) { _ = try connection.exchange() }
            }
            let server = try LabServer(in: box, "10.81.0.50", port: 81)
            #expect(try server.converse(from: gateway.lan, GatewayLab.host, port: 6_001) == GatewayLab.remote)
        }
    }
}
