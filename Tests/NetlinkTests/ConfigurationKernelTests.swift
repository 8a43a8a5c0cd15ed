import Addresses
import Glibc
import Netlink
import SystemPackage
import Testing

@Suite("Addresses, routes and neighbours on the real kernel", .enabled(if: KernelLab.isRoot, KernelLab.reason))
struct ConfigurationKernelTests {
    /// A namespace with a working interface.
    private struct Host {
        let namespace: NetworkNamespace
        let session: RouteSocket
        let index: Int32

        init() throws {
            namespace = try NetworkNamespace.make()
            session = try RouteSocket(in: namespace)
            index = try session.createVeth(
                near: NewLink(name: KernelLab.name("eth0")), far: NewLink(name: KernelLab.name("far"), isUp: true))
            try session.setIPv6AddressGeneration(link: index, .none)
            try session.setUp(link: index)
        }
    }

    @Test("addresses are added, listed, replaced and removed")
    func addresses() throws {
        let host = try Host()
        let four = try IPPrefix(parsing: "10.1.0.2/24")
        let six = try IPPrefix(parsing: "fd00::2/64")
        try host.session.addAddress(link: host.index, four)
        try host.session.addAddress(link: host.index, six, noDuplicateDetection: true)
        let listed = try host.session.addresses(link: host.index)
        #expect(listed.map(\.prefix).sorted() == [four, six])
        #expect(listed.first { $0.prefix == four }?.broadcast?.description == "10.1.0.255")
        let sixth = try #require(listed.first { $0.prefix == six })
        #expect(sixth.flags.contains([.noDuplicateDetection, .permanent]) && !sixth.flags.contains(.tentative))
        #expect(sixth.peer == nil && sixth.broadcast == nil && sixth.interfaceIndex == host.index)
        #expect(throws: NetlinkError.self) { try host.session.addAddress(link: host.index, four) }
        try host.session.addAddress(link: host.index, four, replacing: true)
        #expect(try host.session.addresses().filter { $0.interfaceIndex == host.index }.count == 2)
        try host.session.removeAddress(link: host.index, four)
        try host.session.removeAddress(link: host.index, six)
        #expect(try host.session.addresses(link: host.index).isEmpty)
        let error = #expect(throws: NetlinkError.self) { try host.session.removeAddress(link: host.index, four) }
        #expect(error?.errno == .addressNotAvailable && error?.isMissing == true)
    }

    @Test("without the nodad flag an IPv6 address is tentative at first")
    func duplicateDetection() throws {
        let host = try Host()
        try host.session.addAddress(link: host.index, IPPrefix(parsing: "fd00::3/64"))
        let address = try #require(try host.session.addresses(link: host.index).first)
        #expect(address.flags.contains(.tentative))
    }

    @Test("an address that is already there says so", arguments: ["10.1.0.2/24", "fd00::2/64"])
    func duplicateAddress(text: String) throws {
        let host = try Host()
        let prefix = try IPPrefix(parsing: text)
        try host.session.addAddress(link: host.index, prefix, noDuplicateDetection: true)
        let error = #expect(throws: NetlinkError.self) {
            try host.session.addAddress(link: host.index, prefix, noDuplicateDetection: true)
        }
        #expect(error?.isAlreadyThere == true)
    }

    @Test(
        "a default route by a gateway is added, found, refused twice, replaced and removed",
        arguments: [
            ("10.1.0.2/24", "10.1.0.1", "10.1.0.254", "192.0.2.1"),
            ("fd00::2/64", "fd00::1", "fd00::fe", "2001:db8::1"),
        ])
    func defaultRoute(own: String, gateway: String, other: String, target: String) throws {
        let host = try Host()
        let prefix = try IPPrefix(parsing: own)
        try host.session.addAddress(link: host.index, prefix, noDuplicateDetection: true)
        #expect(try host.session.route(to: IPAddress(parsing: target)) == nil)
        let route = try Route(defaultVia: IPAddress(parsing: gateway))
        try host.session.addRoute(route)
        let found = try #require(try host.session.routes(family: prefix.family).first(where: \.isDefault))
        #expect(found.gateway?.description == gateway && found.interfaceIndex == host.index && found.kind == .unicast)
        let way = try #require(try host.session.route(to: IPAddress(parsing: target)))
        #expect(way.gateway?.description == gateway && way.interfaceIndex == host.index)
        #expect(way.source == prefix.address)
        let error = #expect(throws: NetlinkError.self) { try host.session.addRoute(route) }
        #expect(error?.isAlreadyThere == true)
        var changed = try Route(defaultVia: IPAddress(parsing: other), interfaceIndex: host.index)
        changed.mtu = 1300
        try host.session.replaceRoute(changed)
        let defaults = try host.session.routes(family: prefix.family).filter(\.isDefault)
        #expect(defaults.map(\.gateway?.description) == [other])
        #expect(defaults.first?.mtu == 1300)
        try host.session.removeRoute(Route(defaultVia: IPAddress(parsing: other)))
        #expect(try !host.session.routes(family: prefix.family).contains(where: \.isDefault))
        let missing = #expect(throws: NetlinkError.self) {
            try host.session.removeRoute(Route(defaultVia: IPAddress(parsing: other)))
        }
        #expect(missing?.errno == .noSuchProcess && missing?.isMissing == true)
    }

    @Test("a gateway outside of every subnet needs the onlink flag")
    func onLink() throws {
        let host = try Host()
        try host.session.addAddress(link: host.index, IPPrefix(parsing: "10.1.0.2/32"))
        let gateway = try IPAddress(parsing: "10.9.9.9")
        let error = #expect(throws: NetlinkError.self) {
            try host.session.addRoute(Route(defaultVia: gateway, interfaceIndex: host.index))
        }
        #expect(error?.errno == .networkUnreachable)
        #expect(error?.message == "Nexthop has invalid gateway", "\(String(describing: error))")
        try host.session.addRoute(Route(defaultVia: gateway, interfaceIndex: host.index, isOnLink: true))
        let route = try #require(try host.session.routes(family: .v4).first(where: \.isDefault))
        #expect(route.isOnLink && route.gateway == gateway)
    }

    @Test("a route on the link, an IPv4 route by an IPv6 router, a metric and a table")
    func otherRoutes() throws {
        let host = try Host()
        try host.session.addAddress(link: host.index, IPPrefix(parsing: "fd00::2/64"), noDuplicateDetection: true)
        let network = try IPPrefix(parsing: "10.7.0.0/16")
        try host.session.addRoute(Route(to: network, interfaceIndex: host.index, metric: 50))
        let onLink = try #require(try host.session.routes(family: .v4).first)
        #expect(onLink.destination == network && onLink.gateway == nil && onLink.metric == 50)
        #expect(onLink.interfaceIndex == host.index && onLink.table == Route.mainTable)
        let mixed = try IPPrefix(parsing: "10.8.0.0/16")
        let router = try IPAddress(parsing: "fd00::1")
        try host.session.addRoute(Route(to: mixed, via: router, interfaceIndex: host.index, table: 1000))
        #expect(try !host.session.routes().contains { $0.destination == mixed })
        let found = try #require(try host.session.routes(table: 1000).first)
        #expect(found.gateway == router && found.destination == mixed)
        try host.session.removeRoute(Route(to: mixed, via: router, table: 1000))
        #expect(try host.session.routes(table: 1000).isEmpty)
        // The kernel makes it from a work queue.
        let hasLocalRoute = try KernelLab.eventually {
            try host.session.routes(family: .v6, table: nil).contains { $0.kind == .local }
        }
        #expect(hasLocalRoute)
    }

    @Test("several ways of one route are read")
    func multipath() throws {
        let host = try Host()
        try host.session.addAddress(link: host.index, IPPrefix(parsing: "10.1.0.2/24"))
        _ = try host.namespace.run {
            KernelLab.output("ip route add 10.5.0.0/16 nexthop via 10.1.0.3 weight 3 nexthop via 10.1.0.4 2>&1")
        }
        let network = try IPPrefix(parsing: "10.5.0.0/16")
        let route = try #require(try host.session.routes().first { $0.destination == network })
        #expect(route.nextHops.map(\.gateway?.description) == ["10.1.0.3", "10.1.0.4"])
        #expect(route.nextHops.map(\.weight) == [3, 1])
        #expect(route.nextHops.allSatisfy { $0.interfaceIndex == host.index })
    }

    @Test("a neighbour is set for good, listed and forgotten", arguments: ["10.1.0.9", "fd00::9"])
    func neighbours(text: String) throws {
        let host = try Host()
        let address = try IPAddress(parsing: text)
        let mac = MACAddress(value: 0x0200_0000_0009)
        try host.session.setNeighbour(link: host.index, address, mac: mac)
        try host.session.setNeighbour(link: host.index, address, mac: mac)
        let listed = try host.session.neighbours(link: host.index, family: address.family)
        let entry = try #require(listed.first { $0.address == address })
        #expect(entry.mac == mac && entry.state == .permanent && entry.interfaceIndex == host.index)
        try host.session.removeNeighbour(link: host.index, address)
        #expect(try !host.session.neighbours(link: host.index).contains { $0.address == address && $0.mac != nil })
    }

    @Test("stations of a VXLAN device are added, several for unknown ones")
    func tunnelStations() throws {
        let host = try Host()
        let vxlan = try host.session.createVXLAN(
            NewLink(name: KernelLab.name("vx0")), options: VXLANOptions(identifier: 7, local: IPAddress("10.1.0.2")))
        let mac = MACAddress(value: 0x0200_0000_0007)
        try host.session.addTunnelStation(link: vxlan, mac: mac, remote: IPAddress(parsing: "10.1.0.3"))
        try host.session.addTunnelStation(link: vxlan, mac: .zero, remote: IPAddress(parsing: "10.1.0.3"))
        try host.session.addTunnelStation(link: vxlan, mac: .zero, remote: IPAddress(parsing: "10.1.0.4"))
        let shown = try host.namespace.run { KernelLab.output("bridge fdb show dev vx0") }
        for line in ["\(mac) dst 10.1.0.3", "\(MACAddress.zero) dst 10.1.0.3", "\(MACAddress.zero) dst 10.1.0.4"] {
            #expect(shown.contains(line), "\(shown)")
        }
        try host.session.removeTunnelStation(link: vxlan, mac: .zero, remote: IPAddress(parsing: "10.1.0.3"))
        let left = try host.namespace.run { KernelLab.output("bridge fdb show dev vx0") }
        #expect(!left.contains("\(MACAddress.zero) dst 10.1.0.3"), "\(left)")
        #expect(left.contains("\(MACAddress.zero) dst 10.1.0.4"), "\(left)")
        let error = #expect(throws: NetlinkError.self) {
            try host.session.removeTunnelStation(
                link: vxlan, mac: MACAddress(value: 0x0200_0000_0008), remote: IPAddress(parsing: "10.1.0.3"))
        }
        #expect(error?.errno == .noSuchFileOrDirectory, "\(error as Any)")
    }

    @Test("what is asked of a link that is not there is an error")
    func missingLink() throws {
        let host = try Host()
        let prefix = try IPPrefix(parsing: "10.1.0.2/24")
        #expect(throws: NetlinkError.self) { try host.session.addAddress(link: 4711, prefix) }
        #expect(throws: NetlinkError.self) { try host.session.addRoute(Route(to: prefix, interfaceIndex: 4711)) }
        #expect(throws: NetlinkError.self) {
            try host.session.setNeighbour(link: 4711, prefix.address, mac: .broadcast)
        }
        // The kernel filters by index itself and says that there is no such interface.
        let error = #expect(throws: NetlinkError.self) { try host.session.addresses(link: 4711) }
        #expect(error?.isMissing == true)
    }

    @Test("a large routing table comes whole while it changes")
    func dumpUnderChange() throws {
        let host = try Host()
        try host.session.addAddress(link: host.index, IPPrefix(parsing: "10.1.0.2/24"))
        for number in 0..<2000 {
            let network = try #require(
                IPPrefix(IPv4Address(value: 0x1400_0000 + UInt32(number) << 8), length: 24))
            try host.session.addRoute(Route(to: network, interfaceIndex: host.index))
        }
        let other = try RouteSocket(in: host.namespace)
        let network = try IPPrefix(parsing: "20.200.0.0/16")
        for _ in 0..<20 {
            try other.addRoute(Route(to: network, interfaceIndex: host.index))
            #expect(try host.session.routes(family: .v4).count == 2002)
            try other.removeRoute(Route(to: network, interfaceIndex: host.index))
        }
    }
    @Test("a list that changes all the time while it is read is still of one moment")
    func dumpUnderFire() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        for number in 0..<200 {
            try session.createBridge(NewLink(name: KernelLab.name("b\(number)")))
        }
        // Another process makes and removes interfaces, until its pipe is closed.
        let churn = try namespace.run {
            popen("while echo && ip link add v1 type veth peer name v2; do ip link del v1; done 2>/dev/null", "r")
        }
        let stream = try #require(churn)
        defer { pclose(stream) }
        #expect(getc(stream) == 10)
        for _ in 0..<200 {
            do {
                let names = try session.links().map(\.name)
                #expect(Set(names).count == names.count)
                #expect(Set(names).isSuperset(of: (0..<200).map { "b\($0)" }))
            } catch {
                // Allowed if each of many readings met a change.
                #expect(error.errno == .interrupted)
            }
        }
    }
}
