import Addresses
import Netlink
import SystemPackage
import Testing

@Suite("Monitors on the real kernel", .enabled(if: KernelLab.isRoot, KernelLab.reason))
struct MonitorKernelTests {
    /// Takes events until one fits.
    private func find(_ monitor: LinkMonitor, _ fits: (NamespacedEvent) -> Bool) throws -> NamespacedEvent? {
        var found: NamespacedEvent?
        _ = try KernelLab.eventually {
            while found == nil, let event = try monitor.nextNamespaced() {
                if fits(event) { found = event }
            }
            return found != nil
        }
        return found
    }

    @Test("tells of interfaces that are made, changed and removed, and of nothing else")
    func links() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        let monitor = try LinkMonitor(in: namespace)
        #expect(try monitor.next() == nil)
        let index = try session.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        let added = try find(monitor) { event in
            if case .added(let link) = event.event { link.name == "v1" } else { false }
        }
        #expect(added?.namespaceID == nil)
        try session.setMTU(link: index, 1400)
        #expect(
            try find(monitor) { event in
                if case .changed(let link) = event.event { link.index == index && link.mtu == 1400 } else { false }
            } != nil)
        try session.addAddress(link: index, IPPrefix(parsing: "10.1.0.2/24"))
        try session.deleteLink(index: index)
        #expect(try find(monitor) { $0.event == .removed(index: index, name: "v1") } != nil)
        while let event = try monitor.next() {
            if case .addressAdded = event { Issue.record("addresses were not asked for") }
        }
    }

    @Test("a port that leaves a bridge is not an interface that is removed")
    func bridgePorts() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        let bridge = try session.createBridge(NewLink(name: KernelLab.name("br0"), isUp: true))
        let index = try session.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        let monitor = try LinkMonitor(in: namespace)
        try session.setMaster(link: index, bridge)
        try session.setMaster(link: index, nil)
        try session.setMTU(link: index, 1333)
        var hasLeft = false
        let last = try find(monitor) { event in
            switch event.event {
            case .removed: hasLeft = true
            case .changed(let link): return link.mtu == 1333
            default: break
            }
            return false
        }
        #expect(last != nil && !hasLeft)
    }

    @Test("sees the near end go when the namespace of the far end dies")
    func deathOfNamespace() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        let monitor = try LinkMonitor(in: namespace)
        func makeAndForget() throws -> Int32 {
            try session.createVeth(
                near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("eth0")),
                farNamespace: NetworkNamespace.make())
        }
        let index = try makeAndForget()
        #expect(try find(monitor) { $0.event == .removed(index: index, name: "v1") } != nil)
    }

    @Test("with an identifier, a namespace is watched from outside without being kept alive")
    func allNamespaces() throws {
        let home = try NetworkNamespace.make()
        let session = try RouteSocket(in: home)
        let monitor = try LinkMonitor(in: home, topics: [.namespaces], allNamespaces: true)
        func watchAndForget() throws -> Int32 {
            let sandbox = try NetworkNamespace.make()
            let number = try session.assignIdentifier(to: sandbox)
            let inside = try RouteSocket(in: sandbox)
            let index = try inside.createBridge(NewLink(name: KernelLab.name("br0")))
            let added = try find(monitor) { event in
                if case .added(let link) = event.event { link.name == "br0" } else { false }
            }
            #expect(added?.namespaceID == number)
            try inside.deleteLink(index: index)
            let removed = try find(monitor) { $0.event == .removed(index: index, name: "br0") }
            #expect(removed?.namespaceID == number)
            return number
        }
        let number = try watchAndForget()
        #expect(try find(monitor) { $0.event == .namespaceRemoved(identifier: number) } != nil)
    }

    @Test("tells of addresses, routes and neighbours if asked")
    func topics() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        let index = try session.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2"), isUp: true))
        try session.setUp(link: index)
        let monitor = try LinkMonitor(in: namespace, topics: [.addresses, .routes, .neighbours])
        let prefix = try IPPrefix(parsing: "10.1.0.2/24")
        try session.addAddress(link: index, prefix)
        #expect(
            try find(monitor) { event in
                if case .addressAdded(let address) = event.event { address.prefix == prefix } else { false }
            } != nil)
        let gateway = try IPAddress(parsing: "10.1.0.1")
        try session.addRoute(Route(defaultVia: gateway))
        #expect(
            try find(monitor) { event in
                if case .routeAdded(let route) = event.event { route.isDefault } else { false }
            } != nil)
        try session.setNeighbour(link: index, gateway, mac: MACAddress(value: 0x0200_0000_0001))
        #expect(
            try find(monitor) { event in
                if case .neighbourChanged(let entry) = event.event { entry.address == gateway } else { false }
            } != nil)
        try session.removeRoute(Route(defaultVia: gateway))
        #expect(
            try find(monitor) { event in
                if case .routeRemoved(let route) = event.event { route.isDefault } else { false }
            } != nil)
        try session.removeAddress(link: index, prefix)
        #expect(
            try find(monitor) { event in
                if case .addressRemoved(let address) = event.event { address.prefix == prefix } else { false }
            } != nil)
    }

    @Test("more than the buffer holds is reported as an overrun, and the monitor goes on")
    func overrun() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        let monitor = try LinkMonitor(in: namespace, receiveBuffer: 8192)
        let index = try session.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        for mtu in UInt32(1000)..<1200 {
            try session.setMTU(link: index, mtu)
        }
        #expect(try find(monitor) { $0.event == .overrun } != nil)
        while try monitor.next() != nil {}
        try session.deleteLink(index: index)
        #expect(try find(monitor) { $0.event == .removed(index: index, name: "v1") } != nil)
    }

    @Test("a burst of 4000 changes fits into the buffer, in order")
    func burst() throws {
        let namespace = try NetworkNamespace.make()
        let session = try RouteSocket(in: namespace)
        let index = try session.createVeth(
            near: NewLink(name: KernelLab.name("v1")), far: NewLink(name: KernelLab.name("v2")))
        let monitor = try LinkMonitor(in: namespace)
        for mtu in UInt32(1000)..<5000 {
            try session.setMTU(link: index, mtu)
        }
        var seen: [UInt32] = []
        while let event = try monitor.next() {
            switch event {
            case .changed(let link): if seen.last != link.mtu { seen.append(link.mtu) }
            case .overrun: Issue.record("the buffer was too small")
            default: break
            }
        }
        #expect(seen == Array(1000..<5000))
    }
}
