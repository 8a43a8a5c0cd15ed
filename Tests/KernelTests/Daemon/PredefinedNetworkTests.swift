import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The networks host and none, which are there without being made.
@Suite("Daemon: networks host and none", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PredefinedNetworkTests {
    @Test("none: loopback up and nothing else, over a restart and a new sandbox, until it is detached")
    func none() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            try box.ask { try $0.setDown(loopback: ()) }
            let attached = try lab.heddle("attach", "none", box.name)
            #expect(attached.status == 0, "\(attached.errors)")
            #expect(try box.link("lo")?.isUp == true && box.link("eth0") == nil)
            let endpoint = try #require(try lab.client.endpoints().first)
            #expect(endpoint.via == "none" && endpoint.mac.isEmpty && endpoint.addresses.isEmpty)
            #expect(try lab.client.networks().map(\.driver) == ["none"])
            try lab.makeNetwork("lan", "10.55.0.0/24")
            let second = #expect(throws: APIError.self) { try lab.attach(box, to: "lan") }
            #expect(second?.code == .conflict && second?.message.contains("none") == true)
            #expect(try lab.heddle("attach", "none", box.name, "--ip", "10.0.0.2").errors.contains("--ip"))
            #expect(try lab.heddle("attach", "none", box.name, "-p", "80:80").errors.contains("no address"))
            try lab.killDaemon()
            try lab.start()
            #expect(try lab.client.endpoints() == [endpoint])
            box.remove()
            #expect(try Patience.until { try lab.client.endpoints().first?.state == .gone })
            let again = try lab.makeSandbox("a")
            try again.ask { try $0.setDown(loopback: ()) }
            #expect(try Patience.until { try lab.client.endpoints().first?.state == .up })
            #expect(try Patience.until { try again.link("lo")?.isUp == true })
            #expect(try lab.heddle("detach", "none", again.name).status == 0)
            #expect(try lab.client.endpoints().isEmpty)
            #expect(try lab.heddle("network", "rm", "none").status == 0)
        }
    }

    @Test("host: only the host itself, nothing published, over a restart")
    func host() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            let other = try lab.heddle("attach", "host", box.name)
            #expect(other.status != 0 && other.errors.contains("namespace of its own"))
            let published = try lab.heddle("attach", "host", lab.host.path, "--publish", "8080:80")
            #expect(published.status != 0 && published.errors.contains("discarded"))
            let attached = try lab.heddle("attach", "host", lab.host.path)
            #expect(attached.status == 0, "\(attached.errors)")
            let later = try lab.heddle("publish", "add", "host", lab.host.path, "8080:80")
            #expect(later.status != 0 && later.errors.contains("discarded"))
            #expect(try lab.client.endpoints().map(\.via) == ["host"])
            #expect(try lab.client.statistics().ports.isEmpty)
            try lab.killDaemon()
            try lab.start()
            #expect(try lab.client.endpoints().map(\.state) == [.up])
            #expect(try lab.heddle("detach", "host", lab.host.path).status == 0)
        }
    }
}

extension RouteSocket {
    /// Sets the loopback interface down, as it is in a new namespace.
    fileprivate func setDown(loopback: Void) throws {
        guard let link = try link(named: "lo") else { return }
        var change = LinkChange()
        change.isUp = false
        try self.change(link: link.index, change)
    }
}
