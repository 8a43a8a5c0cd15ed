import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What befalls an overlay from below: paths, devices, addresses.
@Suite("Daemon: overlays and their underlay", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct OverlayUnderlayTests {
    @Test(
        "A path MTU that falls behind a router: TCP goes on, and the network's MTU follows",
        arguments: [(IPAddress.Family.v4, 1_250), (.v6, 1_230)])
    func pathMTU(family: IPAddress.Family, expected: Int) throws {
        try OverlayFleet.run(hosts: 1, family) { fleet in
            let lab = fleet.labs[0]
            try fleet.makeOverlay(on: 0, peers: [])
            let near = try fleet.makeBox(lab)
            let far = try fleet.makeKernelHost(isRouted: true)
            #expect(try lab.heddle("peer", "add", "blue", far.outer).status == 0)
            #expect(try fleet.reaches(far.address, from: near.box, of: lab))
            #expect(try near.box.link("eth0")?.mtu == (family == .v4 ? 1_450 : 1_430))
            let stream = try ByteStream(from: near.box, to: far.box, far.address)
            #expect(stream.waitForMore(20 << 20))
            // What is under way to the router is lost: from now on it tells what fits.
            try far.setFarMTU(1_300)
            #expect(stream.waitForMore(20 << 20, within: .seconds(20)), "\(stream.received)")
            let isFollowed = try Patience.until {
                try near.box.link("eth0")?.mtu == UInt32(expected)
                    && lab.client.network(named: "blue").mtu == expected
            }
            let found = try near.box.link("eth0")?.mtu ?? 0
            #expect(isFollowed, "\(found)")
            #expect(stream.waitForMore(20 << 20))
            #expect(stream.stop().failure == nil)
        }
    }

    @Test(
        "A tunnel's device that is set down or deleted is mended, and used again",
        .enabled(if: OverlayFleet.haveDevices), arguments: InputOutput.allCases)
    func device(io: InputOutput) throws {
        try OverlayFleet.run(io: io) { fleet in
            let lab = fleet.labs[0]
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes()
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: lab))
            let stream = try ByteStream(from: boxes[0].box, to: boxes[1].box, boxes[1].address)
            #expect(try stream.waitForMore() && fleet.leavesWhole(lab))
            func device() throws -> Link? { try fleet.device(of: lab) }
            func setDown(_ index: Int32) throws {
                var change = LinkChange()
                change.isUp = false
                try lab.host.ask { route in try route.change(link: index, change) }
            }
            let first = try #require(try device())
            for _ in 0..<2 {
                try setDown(first.index)
                #expect(try Patience.until { try device()?.isUp == true })
                #expect(try stream.waitForMore() && fleet.leavesWhole(lab), "after it was down")
            }
            #expect(lab.logText.contains("\(first.name) was set down; TCP super-frames are cut"))
            #expect(lab.logText.contains("\(first.name) is up again"))

            try lab.host.ask { route in try route.deleteLink(index: first.index) }
            #expect(try Patience.until { try device().map { $0.isUp && $0.index != first.index } ?? false })
            #expect(try stream.waitForMore() && fleet.leavesWhole(lab), "after it was deleted")
            #expect(lab.logText.contains("its device was deleted; TCP super-frames are cut"))
            let second = try #require(try device())
            #expect(second.alias == first.alias)
            #expect(try lab.client.network(named: "blue").tunnel == Network.Tunnel(isOpen: true))

            // The next daemon knows the new one, and sees what happened while there was none.
            try lab.killDaemon()
            try setDown(second.index)
            #expect(stream.waitForMore(), "without a daemon")
            try lab.start()
            #expect(try Patience.until { try device()?.isUp == true })
            #expect(try stream.waitForMore() && fleet.leavesWhole(lab), "with the next daemon")
            #expect(try device()?.index == second.index)
            #expect(stream.stop().failure == nil)
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test(
        "An uplink that takes cut trains whole, and tunnelled super-frames not, gets cut ones",
        .enabled(if: OverlayFleet.haveDevices))
    func features() throws {
        try OverlayFleet.run { fleet in
            let lab = fleet.labs[0]
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes()
            let ethtool = try EthtoolSocket(in: try lab.host.open())
            func set(_ features: [String: Bool]) throws {
                try ethtool.setFeatures(OverlayFleet.uplink, features)
            }
            let tunnel = ["tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"]
            let stream = try ByteStream(from: boxes[0].box, to: boxes[1].box, boxes[1].address)
            #expect(try stream.waitForMore() && fleet.leavesWhole(lab), "a veth has both")
            try set(Dictionary(uniqueKeysWithValues: tunnel.map { ($0, false) }))
            let isCut = try Patience.until {
                let before = try fleet.sentWhole(by: lab)
                return try stream.waitForMore() && fleet.sentWhole(by: lab) == before
            }
            #expect(isCut)
            try set(["tx-udp-segmentation": false])
            #expect(try fleet.leavesWhole(lab), "cut by the kernel either way")
            try set(["tx-udp-segmentation": true])
            try set(Dictionary(uniqueKeysWithValues: tunnel.map { ($0, true) }))
            #expect(try fleet.leavesWhole(lab))
            #expect(stream.stop().failure == nil)
        }
    }

    @Test("While a tunnel can't be opened, that is seen and counted, and nothing for other hosts is flooded")
    func closed() throws {
        try OverlayFleet.run { fleet in
            let lab = fleet.labs[0]
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes(via: "veth")
            let second = try fleet.makeBox(lab, "second", via: "veth").box
            let mac = try #require(try boxes[1].box.link("eth0")?.mac)
            #expect(
                try lab.heddle("stations", "blue", "add", mac.description, "--vtep", fleet.address(1)).status == 0)
            #expect(try lab.heddle("network", "inspect", "blue").output.contains("open"))
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            try fleet.setAddress(of: 0, isThere: false)
            try lab.start()
            let shown = try lab.heddle("network", "inspect", "blue").output
            #expect(shown.contains("closed: ") && shown.contains("is not an address of this host"), "\(shown)")
            #expect(try lab.heddle("network", "ls").output.contains("tunnel-closed"))
            let object = try lab.jsonObject("network", "inspect", "blue")["tunnel"] as? [String: String]
            #expect(object?["state"] == "closed" && object?["reason"]?.contains("198.18.0.1") == true)
            #expect(lab.logText.contains("blue ends at this host until then"))

            let (near, other) = (try FramePort(boxes[0].box, "eth0"), try FramePort(second, "eth0"))
            let own = try #require(try boxes[0].box.link("eth0")?.mac)
            let before = try fleet.tunnelSide(of: lab).drops["no-tunnel"] ?? 0
            _ = other.waiting()
            // To a station there, then to all: the second is the next that the neighbour hears.
            try near.send(FramePort.frame(to: mac, from: own, count: 100, fill: 1))
            let broadcast = FramePort.frame(to: .broadcast, from: own, count: 100, fill: 2)
            try near.send(broadcast)
            #expect(other.receive(1).map(\.bytes) == [broadcast])
            #expect(try Patience.until { try fleet.tunnelSide(of: lab).drops["no-tunnel"] ?? 0 >= before + 2 })

            try fleet.setAddress(of: 0, isThere: true)
            #expect(
                try Patience.until { try lab.client.network(named: "blue").tunnel == Network.Tunnel(isOpen: true) })
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: lab))
            #expect(try !lab.heddle("network", "ls").output.contains("tunnel-closed"))
        }
    }
}
