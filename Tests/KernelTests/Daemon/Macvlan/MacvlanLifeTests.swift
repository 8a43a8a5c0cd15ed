import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Processes die, and the parent comes and goes.
@Suite("Daemon: macvlan, deaths and changes", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct MacvlanLifeTests {
    @Test("A stream goes on over the deaths of the engine, the daemon, and both")
    func deaths() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let (tap, veth) = (try macvlan.endpoint("tap"), try macvlan.endpoint("veth", via: "veth"))
            let streams = [
                try ByteStream(from: tap.sandbox, to: macvlan.lan, MacvlanLab.remote, port: 7_301),
                try ByteStream(from: macvlan.lan, to: veth.sandbox, veth.address, port: 7_302),
            ]
            func flow(_ when: Comment) {
                for stream in streams { #expect(stream.waitForMore(4 << 20, within: .seconds(20)), when) }
            }
            flow("at the start")
            let old = try lab.killEngine()
            // What lies in the receivers' buffers would do for a flow, and without a daemon no engine follows.
            #expect(Patience.until { (try? lab.enginePID()).map { $0 != old } ?? false })
            flow("after the engine's death")
            try lab.killDaemon()
            flow("while there is no daemon")
            try lab.start()
            flow("with the next daemon")
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            try lab.start()
            flow("after both died")
            for stream in streams { #expect(stream.stop().failure == nil) }
            #expect(try macvlan.pings(macvlan.lan, tap.address) && macvlan.pings(macvlan.lan, veth.address6))
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("The parent goes down and up, gets another name, is deleted and comes back")
    func changes() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let (first, second) = (try macvlan.endpoint("one"), try macvlan.endpoint("two"))
            let name = macvlan.parent
            func isReached() throws -> Bool {
                try Patience.until(.seconds(10)) { try macvlan.pings(macvlan.lan, first.address, within: 1) }
            }
            #expect(try isReached())
            try macvlan.ip("link set \(name) down")
            #expect(try !macvlan.pings(macvlan.lan, first.address, within: 1))
            #expect(try macvlan.pings(first.sandbox, second.address))
            try macvlan.ip("link set \(name) up")
            #expect(try isReached())
            try macvlan.ip("link set \(name) name other0")
            #expect(try isReached())
            try lab.replaceDaemon()
            #expect(try isReached())
            try macvlan.ip("link set other0 name \(name)")
            #expect(try isReached())
            try macvlan.ip("link delete \(name)")
            #expect(
                try Patience.until {
                    _ = try macvlan.pings(first.sandbox, MacvlanLab.remote, within: 1)
                    return try macvlan.drops("no-parent") > 0
                })
            #expect(try macvlan.pings(first.sandbox, second.address))
            // A daemon and an engine that start without it.
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            try lab.start()
            #expect(try macvlan.pings(first.sandbox, second.address))
            try macvlan.ip("link add \(name) type veth peer name own0 netns \(macvlan.lan.name)")
            try macvlan.ip("link set \(name) up")
            try macvlan.ip("link set own0 up", in: macvlan.lan)
            try macvlan.ip("address add \(MacvlanLab.remote)/24 dev own0", in: macvlan.lan)
            #expect(try isReached())
            #expect(try macvlan.pings(second.sandbox, MacvlanLab.remote))
        }
    }

    @Test("The MTU follows the parent's, unless one was asked for")
    func mtu() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let box = try macvlan.endpoint("box", via: "veth")
            try macvlan.ip("link set own0 mtu 9000", in: macvlan.lan)
            try macvlan.ip("link set \(macvlan.parent) mtu 9000")
            #expect(try Patience.until { try box.sandbox.link("eth0")?.mtu == 9_000 })
            #expect(try lab.client.network(named: "office").mtu == 9_000)
            #expect(
                try lab.succeeds(
                    ["ping", "-c1", "-W2", "-M", "do", "-s", "8972", MacvlanLab.remote], in: box.sandbox))
            let options = ["parent": "\(macvlan.parent).7"]
            let fixed = try lab.client.createNetwork(
                NetworkRequest(name: "fixed", driver: "macvlan", mtu: 1_400, options: options))
            #expect(fixed.mtu == 1_400)
            try macvlan.ip("link set \(macvlan.parent) mtu 1500")
            #expect(try Patience.until { try lab.client.network(named: "office").mtu == 1_500 })
            #expect(try lab.client.network(named: "fixed").mtu == 1_400)
        }
    }

    @Test("What can't be is refused, and leaves nothing behind")
    func refusals() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            func refuse(_ code: APIError.Code, _ request: NetworkRequest) {
                let error = #expect(throws: APIError.self) { try lab.client.createNetwork(request) }
                #expect(error?.code == code, "\(error.map { "\($0)" } ?? "")")
            }
            func wish(_ options: [String: String], subnets: [String]? = nil, isolated: Bool? = nil) -> NetworkRequest {
                NetworkRequest(
                    name: "other", driver: "macvlan", subnets: subnets, isolated: isolated, options: options)
            }
            refuse(.conflict, wish(["parent": macvlan.parent]))
            refuse(.notFound, wish(["parent": "nothere"]))
            refuse(.notFound, wish(["parent": "nothere.10"]))
            refuse(.invalid, wish(["parent": "lo"]))
            refuse(.invalid, wish([:]))
            refuse(.invalid, wish(["parent": "\(macvlan.parent).10", "mode": "hub"]))
            refuse(.invalid, wish(["parent": "\(macvlan.parent).10", "vni": "10"]))
            refuse(.invalid, wish(["parent": "\(macvlan.parent).10"], isolated: true))
            refuse(.conflict, wish(["parent": "\(macvlan.parent).10"], subnets: ["192.0.2.0/24"]))
            let box = try lab.makeSandbox("box")
            let publish = #expect(throws: APIError.self) {
                try lab.client.attach(AttachRequest(network: "office", sandbox: box.name, publish: ["8080:80"]))
            }
            #expect(publish?.code == .invalid)
            let host = #expect(throws: APIError.self) {
                try lab.client.attach(AttachRequest(network: "office", sandbox: box.name, ip: [MacvlanLab.host]))
            }
            #expect(host?.message.contains("the host itself") == true)
            #expect(try lab.client.networks().map(\.name) == ["office"])
            #expect(try lab.client.endpoints(network: nil).isEmpty)
        }
    }
}
