import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Networks that span hosts: several daemons on one wire, and hosts of the kernel's.
@Suite("Daemon: overlays", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct OverlayNetworkTests {
    @Test("Two hosts: ping and TCP each way, and what can be seen of it", arguments: InputOutput.allCases)
    func twoHosts(io: InputOutput) throws {
        try twoHosts(.v4, overhead: 50, io)
    }

    @Test("Two hosts over IPv6")
    func twoHostsIPv6() throws {
        try twoHosts(.v6, overhead: 70, .uring)
    }

    private func twoHosts(_ family: IPAddress.Family, overhead: Int, _ io: InputOutput) throws {
        try OverlayFleet.run(family, io: io) { fleet in
            for index in fleet.labs.indices {
                let network = try fleet.makeOverlay(on: index)
                #expect(network.driver == "overlay" && network.mtu == 1_500 - overhead)
                #expect(network.options["vni"] == "42" && network.options["peer"] == fleet.address(1 - index))
            }
            let boxes = try fleet.makeBoxes()
            #expect(boxes.map(\.address) == ["10.42.1.0", "10.42.2.0"])
            #expect(try boxes[0].box.link("eth0")?.mtu == UInt32(1_500 - overhead))
            for (near, far) in [(0, 1), (1, 0)] {
                #expect(try fleet.reaches(boxes[far].address, from: boxes[near].box, of: fleet.labs[near]))
                let stream = try ByteStream(from: boxes[near].box, to: boxes[far].box, boxes[far].address)
                #expect(stream.waitForMore(20 << 20))
                #expect(stream.stop().failure == nil)
                // The gateway's address is on every host.
                #expect(try fleet.reaches("10.42.0.1", from: boxes[near].box, of: fleet.labs[near]))

                let mac = try #require(try boxes[far].box.link("eth0")?.mac).description
                let station = try #require(
                    try fleet.labs[near].client.stations(network: "blue").first { $0.mac == mac })
                #expect(station.vtep == fleet.address(far) && station.port == nil && !station.isStatic)
                let shown = try fleet.labs[near].heddle("stations", "blue").output
                #expect(shown.contains("VTEP") && shown.contains(fleet.address(far)), "\(shown)")
                let side = try fleet.tunnelSide(of: fleet.labs[near])
                #expect(side.rx.frames > 100 && side.tx.frames > 100 && side.drops == [:], "\(side)")
                #expect(try fleet.tunnel(of: near).drops == [:])
            }
        }
    }

    @Test("A host of the kernel's is a peer like any other", arguments: [IPAddress.Family.v4, .v6])
    func kernelPeer(family: IPAddress.Family) throws {
        try OverlayFleet.run(hosts: 1, family) { fleet in
            let lab = fleet.labs[0]
            try fleet.makeOverlay(on: 0, peers: [1])
            let near = try fleet.makeBox(lab)
            let far = try fleet.makeKernelHost()
            #expect(try fleet.reaches(far.address, from: near.box, of: lab))
            #expect(try fleet.reaches(near.address, from: far.box, of: lab))
            for (source, target, address) in [(near.box, far.box, far.address), (far.box, near.box, near.address)] {
                let stream = try ByteStream(from: source, to: target, address)
                #expect(stream.waitForMore(20 << 20))
                #expect(stream.stop().failure == nil)
            }
            #expect(try lab.client.stations(network: "blue").contains { $0.vtep == fleet.address(1) })
        }
    }
}
