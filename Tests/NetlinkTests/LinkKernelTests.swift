import Addresses
import Netlink
import SystemPackage
import Testing

@Suite("Links on the real kernel", .enabled(if: KernelLab.isRoot, KernelLab.reason), .serialized)
struct LinkKernelTests {
    @Test("a fresh namespace holds just the loopback device, down")
    func fresh() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        let links = try session.links()
        #expect(links.map(\.name) == ["lo"])
        let loopback = try #require(links.first)
        #expect(loopback.index == 1 && loopback.flags.contains(.loopback) && !loopback.isUp)
        #expect(loopback.mtu == 65536 && loopback.kind == nil && !loopback.isEthernet)
        #expect(loopback.statistics?.rxPackets == 0)
    }

    @Test("a veth pair across namespaces has the addresses, MTU, queue and alias that were asked for")
    func veth() throws {
        let lab = try KernelLab.Pair()
        let nearMAC = MACAddress(value: 0x0200_0000_0001)
        let farMAC = MACAddress(value: 0x0200_0000_0002)
        let index = try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1"), mac: nearMAC, mtu: 1400, txQueueLength: 333, isUp: true),
            far: NewLink(name: KernelLab.name("eth0"), mac: farMAC, mtu: 1300, txQueueLength: 77, isUp: true),
            farNamespace: lab.right, alias: "heddle:0123abcd:1")
        let near = try #require(try lab.leftSession.link(named: "v1"))
        #expect(near.index == index && near.kind == "veth" && near.mac == nearMAC && near.mtu == 1400)
        #expect(near.txQueueLength == 333 && near.alias == "heddle:0123abcd:1" && near.isUp && near.isEthernet)
        let far = try #require(try lab.rightSession.link(named: "eth0"))
        #expect(far.mac == farMAC && far.mtu == 1300 && far.txQueueLength == 77 && far.isUp && far.alias == nil)
        #expect(far.peer == near.index && near.peer == far.index)
        #expect(near.linkNamespaceID != nil && far.linkNamespaceID != nil)
        #expect(far.hasCarrier && far.flags.contains(.running))
        #expect(try lab.leftSession.link(index: index)?.name == "v1")
        for (session, name) in [(lab.leftSession, "v1"), (lab.rightSession, "eth0")] {
            #expect(try KernelLab.eventually { try session.link(named: name)?.operationalState == .up })
        }
        try lab.rightSession.setUp(link: far.index, false)
        #expect(try KernelLab.eventually { try lab.leftSession.link(index: index)?.operationalState != .up })
        try lab.leftSession.deleteLink(index: index)
        #expect(try lab.rightSession.link(named: "eth0") == nil)
        #expect(try lab.leftSession.link(named: "v1") == nil)
    }

    @Test("one request moves an interface, renames it there, gives it a MAC, an alias, and brings it up")
    func moveAndRename() throws {
        let lab = try KernelLab.Pair()
        let index = try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1"), isUp: true), far: NewLink(name: KernelLab.name("temp1")))
        let far = try #require(try lab.leftSession.link(named: "temp1"))
        var change = LinkChange()
        change.namespace = lab.right
        change.name = try KernelLab.name("eth0")
        change.mac = MACAddress(value: 0x0200_0000_0042)
        change.alias = "moved"
        change.mtu = 1234
        change.isUp = true
        try lab.leftSession.change(link: far.index, change)
        #expect(try lab.leftSession.link(named: "temp1") == nil)
        let moved = try #require(try lab.rightSession.link(named: "eth0"))
        #expect(moved.mac == change.mac && moved.alias == "moved" && moved.mtu == 1234 && moved.isUp)
        #expect(moved.peer == index)
    }

    @Test("moving onto a taken name is refused and changes nothing")
    func moveOntoTakenName() throws {
        let lab = try KernelLab.Pair()
        try lab.rightSession.createBridge(NewLink(name: KernelLab.name("eth0")))
        try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("temp1")))
        let far = try #require(try lab.leftSession.link(named: "temp1"))
        let error = #expect(throws: NetlinkError.self) {
            try lab.leftSession.move(link: far.index, to: lab.right, as: KernelLab.name("eth0"))
        }
        #expect(error?.errno == .fileExists && error?.isAlreadyThere == true)
        #expect(try lab.leftSession.link(index: far.index)?.name == "temp1")
        #expect(try lab.rightSession.link(named: "eth0")?.kind == "bridge")
    }

    @Test("the bare change leaves the interface there under its old name if the new one is taken")
    func changeOntoTakenName() throws {
        let lab = try KernelLab.Pair()
        try lab.rightSession.createBridge(NewLink(name: KernelLab.name("eth0")))
        try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("temp1")))
        let far = try #require(try lab.leftSession.link(named: "temp1"))
        var change = LinkChange()
        change.namespace = lab.right
        change.name = try KernelLab.name("eth0")
        let error = #expect(throws: NetlinkError.self) { try lab.leftSession.change(link: far.index, change) }
        #expect(error?.errno == .fileExists)
        #expect(try lab.leftSession.link(index: far.index) == nil)
        #expect(try lab.rightSession.link(named: "temp1")?.kind == "veth")
    }

    @Test("a name that is taken here does not hinder a move to where it is free")
    func moveFromTakenName() throws {
        let lab = try KernelLab.Pair()
        try lab.leftSession.createBridge(NewLink(name: KernelLab.name("eth0")))
        try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("temp1")))
        let far = try #require(try lab.leftSession.link(named: "temp1"))
        try lab.leftSession.move(link: far.index, to: lab.right, as: KernelLab.name("eth0"))
        #expect(try lab.rightSession.link(named: "eth0")?.kind == "veth")
    }

    @Test("the index may change where the number is taken")
    func indexMayChange() throws {
        let lab = try KernelLab.Pair()
        for number in 0..<6 {
            try lab.rightSession.createBridge(NewLink(name: KernelLab.name("br\(number)")))
        }
        try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("temp1")))
        let far = try #require(try lab.leftSession.link(named: "temp1"))
        try lab.leftSession.move(link: far.index, to: lab.right, as: KernelLab.name("eth0"))
        let moved = try #require(try lab.rightSession.link(named: "eth0"))
        #expect(moved.index != far.index)
        #expect(try lab.rightSession.links().count == 8)
    }

    @Test("each attribute can be changed and read back")
    func changes() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        let bridge = try session.createBridge(NewLink(name: KernelLab.name("br0")))
        let index = try session.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        try session.rename(link: index, to: KernelLab.name("w1"))
        try session.setMAC(link: index, MACAddress(value: 0x0200_0000_0099))
        try session.setMTU(link: index, 9000)
        try session.setAlias(link: index, "ä text of the administrator's")
        try session.setMaster(link: index, bridge)
        try session.setUp(link: index)
        var change = LinkChange()
        change.txQueueLength = 17
        change.gsoMaximumSize = 32768
        change.group = 5
        change.isPromiscuous = true
        try session.change(link: index, change)
        var link = try #require(try session.link(index: index))
        #expect(link.name == "w1" && link.mac == MACAddress(value: 0x0200_0000_0099) && link.mtu == 9000)
        #expect(link.alias == "ä text of the administrator's" && link.master == bridge && link.isUp)
        #expect(link.txQueueLength == 17 && link.gsoMaximumSize == 32768 && link.group == 5)
        #expect(link.flags.contains(.promiscuous))
        try session.setMaster(link: index, nil)
        try session.setAlias(link: index, "")
        try session.setUp(link: index, false)
        link = try #require(try session.link(index: index))
        #expect(link.master == nil && link.alias == nil && !link.isUp)
        #expect(link.flags.contains(.promiscuous), "a change of one flag must leave the others")
    }

    @Test("a bridge and a VXLAN device are made as asked")
    func bridgeAndVXLAN() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        var options = BridgeOptions()
        options.ageingTime = 1200
        options.spanningTree = false
        options.multicastSnooping = false
        options.forwardDelay = 0
        let bridge = try session.createBridge(
            NewLink(name: KernelLab.name("br0"), mtu: 1400, isUp: true), options: options, alias: "mine")
        let made = try #require(try session.link(index: bridge))
        #expect(made.kind == "bridge" && made.alias == "mine" && made.isUp && made.mtu == 1400)
        for (identifier, local, remote) in [(42, "10.9.0.1", "10.9.0.2"), (43, "fd00::1", "fd00::2")] {
            let vxlan = VXLANOptions(
                identifier: UInt32(identifier), local: IPAddress(local), remote: IPAddress(remote), port: 14789,
                learning: false)
            let index = try session.createVXLAN(NewLink(name: KernelLab.name("vx\(identifier)")), options: vxlan)
            #expect(try session.link(index: index)?.kind == "vxlan")
            let shown = try namespace.run { KernelLab.output("ip -d link show dev vx\(identifier)") }
            #expect(shown.contains("vxlan id \(identifier) remote \(remote) local \(local)"), "\(shown)")
            #expect(shown.contains("dstport 14789") && shown.contains("nolearning"), "\(shown)")
        }
        let shown = try namespace.run { KernelLab.output("ip -d link show dev br0") }
        #expect(shown.contains("ageing_time 1200") && shown.contains("stp_state 0"), "\(shown)")
        #expect(shown.contains("mcast_snooping 0"), "\(shown)")
    }

    @Test("without address generation an interface that comes up has no IPv6 address")
    func addressGeneration() throws {
        let lab = try KernelLab.Pair()
        try lab.leftSession.createVeth(
            near: NewLink(name: KernelLab.name("v1"), isUp: true), far: NewLink(name: KernelLab.name("eth0")),
            farNamespace: lab.right)
        let far = try #require(try lab.rightSession.link(named: "eth0"))
        try lab.rightSession.setIPv6AddressGeneration(link: far.index, .none)
        try lab.rightSession.setUp(link: far.index)
        #expect(try lab.rightSession.addresses(link: far.index).isEmpty)
        let near = try #require(try lab.leftSession.link(named: "v1"))
        #expect(try lab.leftSession.addresses(link: near.index).map(\.prefix.address.isLinkLocal) == [true])
    }

    @Test("errors carry the number, what was asked for and the kernel's words")
    func errors() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        try session.createBridge(NewLink(name: KernelLab.name("br0")))
        var error = #expect(throws: NetlinkError.self) {
            try session.createBridge(NewLink(name: KernelLab.name("br0")))
        }
        #expect(error?.errno == .fileExists)
        #expect(error?.description == "cannot create the bridge br0: File exists")
        error = #expect(throws: NetlinkError.self) { try session.deleteLink(named: "nothing") }
        #expect(error?.errno == .operationNotSupportedByDevice && error?.isMissing == true)
        error = #expect(throws: NetlinkError.self) { try session.setUp(link: 4711) }
        #expect(error?.isMissing == true)
        let bridge = try #require(try session.link(named: "br0"))
        error = #expect(throws: NetlinkError.self) { try session.setMTU(link: bridge.index, 70_000) }
        #expect(error?.errno == .invalidArgument)
        #expect(error?.message == "mtu greater than device maximum")
        error = #expect(throws: NetlinkError.self) {
            try session.setMAC(link: bridge.index, MACAddress(value: 0x0100_0000_0001))
        }
        #expect(error?.errno == .addressNotAvailable)
        error = #expect(throws: NetlinkError.self) {
            try session.setAlias(link: bridge.index, String(repeating: "a", count: 256))
        }
        #expect(error?.message != nil)
    }

    @Test("an alias that is refused leaves no interface")
    func refusedAlias() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        #expect(throws: NetlinkError.self) {
            try session.createBridge(
                NewLink(name: KernelLab.name("br0")), alias: String(repeating: "a", count: 300))
        }
        #expect(try session.links().count == 1)
    }

    @Test("names that cannot exist are found to be missing")
    func oddNames() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        for name in ["", "a name of more than fifteen bytes", "nothing"] {
            #expect(try session.link(named: name) == nil)
        }
        for index in [-1, 0, 4711] as [Int32] {
            #expect(try session.link(index: index) == nil)
        }
    }

    @Test("a dump of 300 interfaces comes whole, in many parts")
    func manyLinks() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        for number in 0..<150 {
            try session.createVeth(
                near: NewLink(name: KernelLab.name("v\(number)")), far: NewLink(name: KernelLab.name("w\(number)")))
        }
        let links = try session.links()
        #expect(links.count == 301)
        #expect(Set(links.map(\.index)).count == 301)
        #expect(Set(links.map(\.name)).isSuperset(of: (0..<150).flatMap { ["v\($0)", "w\($0)"] }))
    }

    @Test("100 pairs made, moved and removed leave no interface and no descriptor")
    func leavesNothing() throws {
        let lab = try KernelLab.Pair()
        let before = KernelLab.descriptorCount()
        for _ in 0..<100 {
            let index = try lab.leftSession.createVeth(
                near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("temp1")))
            let far = try #require(try lab.leftSession.link(named: "temp1"))
            try lab.leftSession.move(link: far.index, to: lab.right, as: KernelLab.name("eth0"))
            try lab.leftSession.deleteLink(index: index)
        }
        #expect(try lab.leftSession.links().count == 1 && lab.rightSession.links().count == 1)
        #expect(abs(KernelLab.descriptorCount() - before) < 20, "others run beside this test")
    }
}
