import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Endpoints on the LAN of an interface of the host.
@Suite("Daemon: macvlan", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct MacvlanTests {
    @Test(
        "Endpoints are reached from the LAN under their own MAC addresses and reach it and each other",
        arguments: InputOutput.allCases)
    func reached(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let macvlan = try MacvlanLab(lab)
            let (first, second) = (try macvlan.endpoint("tap"), try macvlan.endpoint("veth", via: "veth"))
            // Neither the gateway's address nor the host's.
            #expect([first.address, second.address] == ["192.0.2.3", "192.0.2.4"])
            for box in [first, second] {
                #expect(try box.sandbox.defaultRoutes() == ["192.0.2.1 eth0", "2001:db8::1 eth0"])
                for (own, remote) in [(box.address, MacvlanLab.remote), (box.address6, MacvlanLab.remote6)] {
                    #expect(try macvlan.pings(macvlan.lan, own))
                    #expect(try macvlan.neighbour(own) == box.mac)
                    #expect(try macvlan.pings(box.sandbox, remote))
                }
            }
            #expect(try macvlan.pings(first.sandbox, second.address))
            #expect(try macvlan.pings(second.sandbox, first.address6))
            // As with the kernel's own: the host and its endpoints don't meet on the parent.
            #expect(try !macvlan.pings(first.sandbox, MacvlanLab.host, within: 1))
            let stations = try lab.client.stations(network: "office")
            #expect(stations.contains { $0.port == "parent@\(macvlan.parent)" })
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("TCP at full speed, in both directions and between endpoints, keeps every byte", arguments: ["tap", "veth"])
    func streams(via: String) throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let (first, second) = (try macvlan.endpoint("one", via: via), try macvlan.endpoint("two"))
            for (from, target, address) in [
                (first.sandbox, macvlan.lan, MacvlanLab.remote), (macvlan.lan, first.sandbox, first.address),
                (first.sandbox, second.sandbox, second.address6), (macvlan.lan, second.sandbox, second.address6),
            ] {
                let begun = ContinuousClock.now
                let stream = try ByteStream(from: from, to: target, address)
                #expect(stream.waitForMore(64 << 20, within: .seconds(20)))
                let verdict = stream.stop()
                #expect(verdict.failure == nil)
                let rate = Double(verdict.bytes) * 8 / ((ContinuousClock.now - begun).milliseconds * 1e6)
                print(
                    "macvlan by \(via), \(address): \(verdict.bytes >> 20) MiB, \(rate) Gbit/s with every byte checked")
            }
        }
    }

    @Test("Group frames reach all, others just whom they are for")
    func frames() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let (first, second) = (try macvlan.endpoint("one"), try macvlan.endpoint("two", via: "veth"))
            let (lan, one, two) = (try macvlan.frames(), try first.frames(), try second.frames())
            let station = MACAddress(value: 0x0200_5E00_0077)
            for group in [MACAddress(value: 0xFFFF_FFFF_FFFF), MACAddress(value: 0x0100_5E01_0203)] {
                try lan.send(FramePort.frame(to: group, from: station))
                #expect(one.receive(1).count == 1 && two.receive(1).count == 1)
                try one.send(FramePort.frame(to: group, from: first.mac))
                #expect(lan.receive(1).count == 1 && two.receive(1).count == 1)
            }
            try lan.send(FramePort.frame(to: first.mac, from: station))
            try lan.send(FramePort.frame(to: MACAddress(value: 0x0200_5E00_0099), from: station))
            #expect(one.receive(1).count == 1)
            try one.send(FramePort.frame(to: second.mac, from: first.mac))
            #expect(two.receive(1).count == 1)
            try two.send(FramePort.frame(to: MACAddress(value: 0x0200_5E00_0099), from: second.mac))
            #expect(lan.receive(1).count == 1)
            Patience.pass(.milliseconds(100))
            #expect(one.waiting().isEmpty && two.waiting().isEmpty && lan.waiting().isEmpty)
            // The filter kept the others' frames from ever being read.
            let row = try lab.client.statistics().ports.first { $0.port == "parent@\(macvlan.parent)" }
            #expect(row?.drops["no-endpoint"] == nil)
        }
    }

    @Test("What pretends on the LAN to be an endpoint is dropped, and the endpoint keeps its place")
    func forged() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let (first, second) = (try macvlan.endpoint("one"), try macvlan.endpoint("two"))
            let (lan, two) = (try macvlan.frames(), try second.frames())
            try lan.send(FramePort.frame(to: second.mac, from: first.mac))
            try lan.send(FramePort.frame(to: MACAddress(value: 0xFFFF_FFFF_FFFF), from: first.mac))
            #expect(try Patience.until { try macvlan.drops("guarded-station") == 2 })
            #expect(two.waiting().isEmpty)
            #expect(try macvlan.pings(second.sandbox, first.address))
            #expect(try macvlan.pings(macvlan.lan, first.address))
        }
    }

    @Test("A kernel macvlan on the LAN is a peer as any other")
    func kernelPeer() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab)
            let box = try macvlan.endpoint("box")
            let peer = try lab.makeSandbox("peer", ipv6: true)
            try macvlan.ip("link add link own0 name mv0 type macvlan mode bridge", in: macvlan.lan)
            try macvlan.ip("link set mv0 netns \(peer.name)", in: macvlan.lan)
            try macvlan.ip("link set mv0 up", in: peer)
            try macvlan.ip("address add 192.0.2.200/24 dev mv0", in: peer)
            #expect(try Patience.until { try macvlan.pings(box.sandbox, "192.0.2.200", within: 1) })
            let stream = try ByteStream(from: peer, to: box.sandbox, box.address)
            #expect(stream.waitForMore(32 << 20))
            #expect(stream.stop().failure == nil)
        }
    }

    @Test("A network without a subnet hears the LAN too, and has no guard but for MAC addresses")
    func layerTwo() throws {
        try HeddleUnderTest.run { lab in
            let macvlan = try MacvlanLab(lab, subnets: [])
            let box = try macvlan.endpoint("box")
            #expect(box.endpoint.addresses.isEmpty)
            try macvlan.ip("address add 192.0.2.77/24 dev eth0", in: box.sandbox)
            #expect(try macvlan.pings(macvlan.lan, "192.0.2.77"))
            #expect(try macvlan.neighbour("192.0.2.77") == box.mac)
            let (lan, inside) = (try macvlan.frames(), try box.frames())
            try inside.send(
                FramePort.frame(to: MACAddress(value: 0xFFFF_FFFF_FFFF), from: MACAddress(value: 0x0200_5E00_0099)))
            #expect(try Patience.until { try macvlan.drops("guard-mac") == 1 })
            #expect(lan.waiting().isEmpty)
        }
    }
}
