import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The host's side: the port that carries the gateway addresses, and interfaces of the host in a network.
@Suite("Daemon: host port and adopted interfaces", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct HostTests {
    @Test("A neighbour of the host can't route into a network", arguments: ["tap", "veth"])
    func neighbour(via: String) throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("box")
            let neighbour = try lab.makeSandbox("neighbour")
            try lab.makeNetwork("lan", "10.91.0.0/24")
            try lab.attach(box, to: "lan", via: via)
            try join(lab, neighbour, host: "192.0.2.1/24", other: "192.0.2.2/24")
            try lab.host.set("net/ipv4/ip_forward", "1")
            try neighbour.ask { route in
                try route.addRoute(Route(defaultVia: try IPAddress(parsing: "192.0.2.1")))
            }
            // The host itself gets through, so that it is not for want of a way.
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.91.0.2"], in: lab.host))
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "192.0.2.1"], in: neighbour))
            #expect(try !lab.succeeds(["ping", "-c3", "-i0.2", "-W1", "10.91.0.2"], in: neighbour))
            let isCounted = try Patience.until {
                try lab.client.statistics().ports.contains { $0.port.hasPrefix("hd-") && $0.drops["guard-ipv4"] == 3 }
            }
            #expect(isCounted, "\(String(describing: try? lab.client.statistics().ports.map(\.drops)))")
        }
    }

    @Test("An adopted interface carries traffic and is left as it was found", arguments: InputOutput.allCases)
    func adopt(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let guest = try lab.makeSandbox("guest")
            let box = try lab.makeSandbox("box")
            let near = try join(lab, guest, host: nil, other: "10.92.0.50/24")
            try lab.makeNetwork("lan", "10.92.0.0/24")
            try lab.attach(box, to: "lan")
            let before = try look(lab.host, near)

            let endpoint: Endpoint = try lab.json("port", "adopt", "lan", near)
            #expect(endpoint.via == "adopted" && endpoint.ifname == near && endpoint.sandbox.isEmpty)
            #expect(endpoint.addresses.isEmpty && endpoint.state == .up)
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.92.0.2"], in: guest))
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.92.0.50"], in: box))
            #expect(try lab.client.statistics().ports.contains { $0.port == near && $0.rx.frames > 0 })
            #expect(try lab.heddle("network", "rm", "lan").errors.contains(near))

            #expect(try lab.heddle("port", "release", near).status == 0)
            #expect(try look(lab.host, near) == before)
            #expect(try !lab.succeeds(["ping", "-c1", "-W1", "10.92.0.2"], in: guest))
            // And once more, after a new daemon.
            _ = try lab.client.adopt(network: "lan", interface: near)
            try lab.replaceDaemon()
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.92.0.2"], in: guest))
            try lab.client.release(interface: near)
            #expect(try look(lab.host, near) == before)
        }
    }

    @Test("An adopted interface that is deleted is gone, and can be released")
    func adoptedVanishes() throws {
        try HeddleUnderTest.run { lab in
            let guest = try lab.makeSandbox("guest")
            let near = try join(lab, guest, host: nil, other: "10.93.0.50/24")
            try lab.makeNetwork("wire")
            _ = try lab.client.adopt(network: "wire", interface: near)
            try lab.host.ask { try $0.deleteLink(named: near) }
            lab.ownInterfaces.remove(near)
            #expect(try Patience.until { try lab.client.endpoints().first?.state == .gone })
            try lab.client.release(interface: near)
            #expect(try lab.client.endpoints().isEmpty)
        }
    }

    /// What of an interface must be as it was; its counters may go on.
    private func look(_ sandbox: TestSandbox, _ name: String) throws -> Link? {
        var link = try sandbox.link(name)
        link?.statistics = nil
        return link
    }
}
