import Addresses
import Netlink

extension OverlayFleet {
    /// A host with the kernel's VXLAN device and bridge, and a sandbox behind it: the next one after Heddle's hosts, or
    /// one in another subnet behind a router, which is that next one then.
    final class KernelHost {
        let host: LabNamespace
        /// nil: on the wire.
        let router: LabNamespace?
        /// The VTEP's.
        let outer: String
        let box: TestSandbox
        /// The sandbox's.
        let address: String

        fileprivate init(_ fleet: OverlayFleet, vni: UInt32, address: String, isRouted: Bool) throws {
            self.address = address
            host = try LabNamespace()
            box = try fleet.labs[0].makeSandbox("kernel")
            try host.allowIPv6()
            let index = fleet.labs.count
            if isRouted {
                outer = fleet.family == .v4 ? "198.19.0.2" : "fd00:19::2"
                let router = try LabNamespace()
                self.router = router
                try router.allowIPv6()
                try router.forward()
                try fleet.plug(router.namespace, number: index)
                try Self.join(host, to: router, fleet)
            } else {
                outer = fleet.address(index)
                router = nil
                try fleet.plug(host.namespace, number: index)
            }
            let mtu = fleet.mtu - (fleet.family == .v4 ? 50 : 70)
            let session = try host.session()
            let bridge = try session.createBridge(
                NewLink(name: try InterfaceName(parsing: "br0"), mtu: mtu, isUp: true), options: BridgeOptions())
            let device = try session.createVXLAN(
                NewLink(name: try InterfaceName(parsing: "vx0"), mtu: mtu, isUp: true),
                options: VXLANOptions(identifier: vni, local: try IPAddress(parsing: outer)))
            try session.setMaster(link: device, bridge)
            for peer in fleet.labs.indices {
                try session.addTunnelStation(
                    link: device, mac: .zero, remote: try IPAddress(parsing: fleet.address(peer)))
            }
            let near = try session.createVeth(
                near: NewLink(name: try InterfaceName(parsing: "s0"), mtu: mtu, isUp: true),
                far: NewLink(name: try InterfaceName(parsing: "eth0"), mtu: mtu, isUp: true),
                farNamespace: try box.open())
            try session.setMaster(link: near, bridge)
            for name in ["s0", "br0"] { try host.waitUntilRunning(name) }
            let isRunning = try Patience.until { try box.link("eth0")?.flags.contains(.running) == true }
            guard isRunning else { throw LabError("the kernel's sandbox has no carrier") }
            try box.ask { route in
                guard let link = try route.link(named: "eth0") else { throw LabError("there is no eth0") }
                try route.addAddress(link: link.index, try IPPrefix(parsing: address + "/16"))
            }
        }

        /// Joins the host to the router, and tells Heddle's hosts the way.
        private static func join(_ host: LabNamespace, to router: LabNamespace, _ fleet: OverlayFleet) throws {
            let isIPv4 = fleet.family == .v4
            let (near, far) = isIPv4 ? ("198.19.0.1", "198.19.0.2") : ("fd00:19::1", "fd00:19::2")
            let length = isIPv4 ? 24 : 64
            _ = try router.session().createVeth(
                near: NewLink(name: try InterfaceName(parsing: OverlayFleet.far), mtu: fleet.mtu, isUp: true),
                far: NewLink(name: try InterfaceName(parsing: OverlayFleet.uplink), mtu: fleet.mtu, isUp: true),
                farNamespace: host.namespace)
            try router.waitUntilRunning(OverlayFleet.far)
            try host.waitUntilRunning(OverlayFleet.uplink)
            try router.addAddress("\(near)/\(length)", to: OverlayFleet.far)
            try host.addAddress("\(far)/\(length)", to: OverlayFleet.uplink)
            try host.session().addRoute(Route(defaultVia: try IPAddress(parsing: near)))
            let subnet = try IPPrefix(parsing: isIPv4 ? "198.19.0.0/24" : "fd00:19::/64")
            let gateway = try IPAddress(parsing: fleet.address(fleet.labs.count))
            for lab in fleet.labs {
                try lab.host.ask { route in try route.addRoute(Route(to: subnet, via: gateway)) }
            }
        }

        /// Changes the MTU of the link behind the router.
        func setFarMTU(_ mtu: UInt32) throws {
            for (place, name) in [(router, OverlayFleet.far), (host, OverlayFleet.uplink)] {
                guard let place else { continue }
                try place.session().setMTU(link: place.link(name).index, mtu)
            }
        }
    }

    /// The router's interface that leads away from the wire.
    static let far = "f0"

    /// Joins a host of the kernel's; its peers are all of Heddle's.
    func makeKernelHost(
        vni: UInt32 = 42, address: String = "10.42.200.2", isRouted: Bool = false
    ) throws -> KernelHost {
        try KernelHost(self, vni: vni, address: address, isRouted: isRouted)
    }
}
