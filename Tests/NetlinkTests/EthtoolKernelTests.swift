import CLinux
import Netlink
import SystemPackage
import Testing

@Suite("ethtool on the real kernel", .enabled(if: KernelLab.isRoot, KernelLab.reason))
struct EthtoolKernelTests {
    @Test("a TAP claims the speed that it was given", arguments: [10, 1000, 100_000, 400_000] as [UInt32])
    func speed(megabits: UInt32) throws {
        let namespace = try NetworkNamespace.make()
        let raw = try namespace.run { heddle_tap_open("hdt-tap", 1) }
        try #require(raw >= 0)
        let tap = FileDescriptor(rawValue: raw)
        defer { try? tap.close() }
        let ethtool = try EthtoolSocket(in: namespace)
        try ethtool.setSpeed("hdt-tap", megabits: megabits)
        #expect(try ethtool.speed("hdt-tap") == megabits)
        let link = try #require(try RouteSocket(in: namespace).link(named: "hdt-tap"))
        #expect(link.kind == "tun" && link.isEthernet)
    }

    @Test("offloads are switched off and on, each by itself")
    func offloads() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        try session.createVeth(near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        let ethtool = try EthtoolSocket(in: namespace)
        #expect(try ethtool.offloads("v1").tso == true)
        for wanted in [false, true] {
            var change = EthtoolSocket.Offloads()
            change.txChecksum = wanted
            change.scatterGather = wanted
            change.tso = wanted
            change.gso = wanted
            change.gro = wanted
            change.rxVLAN = wanted
            change.txVLAN = wanted
            try ethtool.setOffloads("v1", change)
            var now = try ethtool.offloads("v1")
            now.rxChecksum = nil  // a veth's can't be switched
            #expect(now == change)
        }
        let before = try ethtool.offloads("v1")
        var one = EthtoolSocket.Offloads()
        one.gro = false
        try ethtool.setOffloads("v1", one)
        var expected = before
        expected.gro = false
        #expect(try ethtool.offloads("v1") == expected)
    }

    @Test("features are switched by their names, and the others stay")
    func features() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        try session.createVeth(near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        let ethtool = try EthtoolSocket(in: namespace)
        let before = try ethtool.features("v1")
        let names = ["tx-udp-segmentation", "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"]
        for name in names { #expect(before[name] == true, "\(name) of \(before)") }
        #expect(before["tx-tcp-segmentation"] == true)
        try ethtool.setFeatures("v1", Dictionary(uniqueKeysWithValues: names.map { ($0, false) }))
        let after = try ethtool.features("v1")
        #expect(after == before.merging(names.map { ($0, false) }) { $1 })
        try ethtool.setFeatures("v1", before.filter { names.contains($0.key) })
        #expect(try ethtool.features("v1") == before)
        #expect(try ethtool.features("v2") == before, "the other end was never asked")
        let error = #expect(throws: NetlinkError.self) { try ethtool.setFeatures("v1", ["tx-magic": true]) }
        #expect(error?.errno == .invalidArgument && "\(error as Any)".contains("tx-magic"))
        #expect(throws: NetlinkError.self) { try ethtool.features("nothing") }
    }

    @Test("interfaces that are not there and those that know nothing of it are errors")
    func errors() throws {
        let namespace = try NetworkNamespace.make()
        let ethtool = try EthtoolSocket(in: namespace)
        var error = #expect(throws: NetlinkError.self) { try ethtool.setSpeed("nothing", megabits: 1) }
        #expect(error?.errno == .operationNotSupportedByDevice)
        error = #expect(throws: NetlinkError.self) { try ethtool.speed("lo") }
        #expect(error?.errno == .notSupportedOnSocket, "\(error as Any)")
        error = #expect(throws: NetlinkError.self) { try ethtool.speed("a name that is too long") }
        #expect(error?.errno == .invalidArgument)
        error = #expect(throws: NetlinkError.self) { try ethtool.speed("v1\0") }
        #expect(error?.errno == .invalidArgument)
    }
}
