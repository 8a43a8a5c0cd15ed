import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Address management for Docker over crashes and lost answers.
@Suite("Daemon: Docker's pools", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PlugInPoolTests {
    @Test("A gateway is the subnet's first address, and takes none of the range")
    func gateways() throws {
        try PlugIn.run { _, plugIn in
            let pool = try plugIn.pool("10.91.0.0/24", range: "10.91.0.128/25")
            #expect(try plugIn.address(of: pool, isGateway: true) == "10.91.0.1/24")
            #expect(try plugIn.address(of: pool) == "10.91.0.128/24")
            #expect(try plugIn.makeNetwork("a", "10.91.0.0/24", gateway: "10.91.0.1/24") == [:])
            // Docker gave it back by mistake: it is the network's all the same.
            try plugIn.call("IpamDriver.ReleaseAddress", #"{"PoolID":"\#(pool)","Address":"10.91.0.1"}"#)
            #expect(try plugIn.address(of: pool, "10.91.0.1").contains("in use"))
        }
    }

    @Test("An address that Docker has reserved, and not used so far, is given to no other endpoint")
    func reservedAddresses() throws {
        try PlugIn.run { lab, plugIn in
            let pool = try plugIn.pool("10.91.0.0/24")
            #expect(try plugIn.address(of: pool, isGateway: true) == "10.91.0.1/24")
            #expect(try plugIn.makeNetwork("a", "10.91.0.0/24", gateway: "10.91.0.1/24") == [:])
            #expect(try plugIn.address(of: pool) == "10.91.0.2/24")
            let network = try #require(try lab.client.networks().first { $0.subnets == ["10.91.0.0/24"] }?.name)
            let box = try lab.makeSandbox("box")
            #expect(try lab.attach(box, to: network).addresses == ["10.91.0.3/24"])
            #expect(try plugIn.address(of: pool) == "10.91.0.4/24")
        }
    }

    @Test("A pool whose network was never made is given to who asks next, under another id")
    func lostNetworks() throws {
        try PlugIn.run { lab, plugIn in
            let lost = try plugIn.pool("10.91.0.0/24")
            #expect(try plugIn.address(of: lost, "10.91.0.1", isGateway: true) == "10.91.0.1/24")
            // Docker missed the answer, and asks again.
            #expect(try plugIn.address(of: lost, "10.91.0.1", isGateway: true) == "10.91.0.1/24")
            #expect(try plugIn.address(of: lost, "10.91.0.9") == "10.91.0.9/24")
            // Another network that is made at the same time gets nothing that the first has.
            #expect(try plugIn.pool("10.91.0.0/24") == lost)
            #expect(try plugIn.address(of: lost, "10.91.0.1", isGateway: true).contains("in use"))
            #expect(try plugIn.requestPool("10.91.0.0/16")["Error"]?.contains("overlaps") == true)
            try plugIn.activate()
            let next = try plugIn.pool("10.91.0.0/24")
            #expect(next != lost)
            #expect(try plugIn.address(of: next, "10.91.0.1", isGateway: true) == "10.91.0.1/24")
            #expect(try plugIn.address(of: next, "10.91.0.9") == "10.91.0.9/24")
            // Who still has the old one does no harm.
            #expect(try plugIn.address(of: lost).contains("no pool"))
            try plugIn.releasePool(lost)
            #expect(try plugIn.makeNetwork("a", "10.91.0.0/24", gateway: "10.91.0.1/24") == [:])
            try plugIn.activate()
            #expect(try plugIn.requestPool("10.91.0.0/16")["Error"]?.contains("overlaps") == true)
            #expect(try plugIn.address(of: next) == "10.91.0.2/24")
        }
    }

    @Test("A pool that containers have addresses of stays, whatever Docker has forgotten")
    func usedPools() throws {
        try PlugIn.run { lab, plugIn in
            let pool = try plugIn.pool("10.92.0.0/24")
            #expect(try plugIn.address(of: pool, isGateway: true) == "10.92.0.1/24")
            #expect(try plugIn.address(of: pool) == "10.92.0.2/24")
            try plugIn.activate()
            #expect(try plugIn.pool("10.92.0.0/24") == pool)
            #expect(try plugIn.address(of: pool) == "10.92.0.3/24")
            #expect(try plugIn.requestPool("10.92.0.0/16")["Error"]?.contains("overlaps") == true)
            try lab.killDaemon()
            try lab.start(plugIn.words)
            #expect(try plugIn.address(of: pool) == "10.92.0.4/24")
        }
    }

    @Test("An answer that a crash swallowed costs nothing but a new id", arguments: ["pool", "address"])
    func crashes(what: String) throws {
        try PlugIn.run { lab, plugIn in
            try lab.killDaemon()
            try lab.start(plugIn.words, environment: ["HEDDLE_FAIL_AT": "docker-\(what)-recorded"])
            #expect(throws: (any Error).self) {
                let pool = try plugIn.pool("10.93.0.0/24")
                _ = try plugIn.address(of: pool, isGateway: true)
            }
            try lab.killDaemon()
            try lab.start(plugIn.words)
            // Docker asks again.
            let pool = try plugIn.pool("10.93.0.0/24")
            let gateway = try plugIn.address(of: pool, isGateway: true)
            #expect(["10.93.0.1/24", "10.93.0.2/24"].contains(gateway))
            #expect(try plugIn.address(of: pool) != gateway)
            try plugIn.call("IpamDriver.ReleaseAddress", #"{"PoolID":"\#(pool)","Address":"10.93.0.2"}"#)
            try plugIn.call("IpamDriver.ReleaseAddress", #"{"PoolID":"\#(pool)","Address":"10.93.0.3"}"#)
            try plugIn.releasePool(pool)
            try plugIn.activate()
            let next = try plugIn.pool("10.93.0.0/24")
            #expect(next != pool)
            #expect(try plugIn.address(of: next, isGateway: true) == "10.93.0.1/24")
        }
    }

    @Test("A subnet that another network or the host uses is refused when it is asked for")
    func overlaps() throws {
        try PlugIn.run { lab, plugIn in
            try lab.makeNetwork("lan", "10.94.0.0/24")
            let refusal = try plugIn.requestPool("10.94.0.0/16")["Error"]
            #expect(refusal?.contains("network lan") == true, "\(refusal ?? "")")
            lab.ownInterfaces.formUnion(["own0", "own1"])
            try lab.host.ask { route in
                let names = (try InterfaceName(parsing: "own0"), try InterfaceName(parsing: "own1"))
                let index = try route.createVeth(near: NewLink(name: names.0), far: NewLink(name: names.1, isUp: true))
                try route.addAddress(link: index, #require(IPPrefix("10.95.0.1/24")))
                try route.setUp(link: index)
            }
            let host = try plugIn.requestPool("10.95.0.0/24")["Error"]
            #expect(host?.contains("host's route") == true, "\(host ?? "")")
            // A network on the LAN behind an interface has that one's subnet.
            let onLAN = try plugIn.requestPool("10.95.0.0/24", options: #"{"parent":"own0"}"#)
            #expect(onLAN["PoolID"] != nil, "\(onLAN)")
        }
    }
}
