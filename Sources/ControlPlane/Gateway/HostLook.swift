import Addresses
import DataPlane
import Netlink

/// The host's interfaces, addresses and routes at one time, as far as they matter to what leaves and enters networks.
struct HostLook: Hashable, Sendable {
    /// An interface that packets can leave and enter by.
    struct Uplink: Hashable, Sendable {
        var index: Int32
        var name: String
        var mac: MACAddress
        var mtu: UInt32
        /// What translated packets come from where the route names nothing else.
        var ipv4: IPv4Address?
        /// The same.
        var ipv6: IPv6Address?
    }

    /// An address of the host and the interface that has it.
    struct Address: Hashable, Sendable {
        var address: IPAddress
        var index: Int32
    }

    /// A route as a router needs it.
    struct Way: Hashable, Sendable {
        var destination: IPPrefix
        var isRefused: Bool
        /// 0: none.
        var index: Int32
        var gateway: IPAddress?
        var source: IPAddress?
        var mtu: UInt32
    }

    /// A router on the link of an uplink.
    struct Hop: Hashable, Sendable {
        var index: Int32
        var address: IPAddress
    }

    var uplinks: [Uplink] = []
    var addresses: [Address] = []
    /// One for each destination: the one with the lowest metric.
    var ways: [Way] = []
    /// Interfaces that were named as uplinks and can't be, with the reason.
    var refused: [String: String] = [:]

    /// Routers that ways lead to.
    var hops: Set<Hop> {
        var hops: Set<Hop> = []
        for way in ways { if let gateway = way.gateway { hops.insert(Hop(index: way.index, address: gateway)) } }
        return hops
    }
}

extension HostLook {
    /// Looks at a namespace.
    ///
    /// - Parameters:
    ///   - named: the only interfaces that may be uplinks; empty: all Ethernet ones.
    ///   - isOwn: whether an interface is part of a network.
    init(_ route: RouteSocket, named: [String], isOwn: (Link) -> Bool) throws(NetlinkError) {
        let links = try route.links()
        let found = try route.addresses()
        let routes = try route.routes()
        self.init(links: links, addresses: found, routes: routes, named: named, isOwn: isOwn)
    }

    /// The same of what was read; pure.
    init(
        links: [Link], addresses found: [InterfaceAddress], routes: [Route], named: [String], isOwn: (Link) -> Bool
    ) {
        let usable = found.filter { !$0.flags.contains(.tentative) && !$0.flags.contains(.duplicateDetectionFailed) }
        addresses = usable.map { Address(address: $0.prefix.address, index: $0.interfaceIndex) }
        for link in links.sorted(by: { $0.index < $1.index }) {
            if !named.isEmpty, !named.contains(link.name) { continue }
            if isOwn(link) {
                if named.contains(link.name) { refused[link.name] = "it is part of a network" }
                continue
            }
            if let reason = Self.obstacle(link) {
                if named.contains(link.name) { refused[link.name] = reason }
                continue
            }
            guard let mac = link.mac, link.isUp else { continue }
            let own = usable.filter { $0.interfaceIndex == link.index && $0.scope < Self.linkScope }
            uplinks.append(
                Uplink(
                    index: link.index, name: link.name, mac: mac, mtu: link.mtu,
                    ipv4: own.first { !$0.flags.contains(.secondary) && $0.prefix.address.family == .v4 }?
                        .prefix.address.ipv4,
                    ipv6: own.first { !$0.flags.contains(.secondary) && $0.prefix.address.family == .v6 }?
                        .prefix.address.ipv6))
        }
        for name in named where !links.contains(where: { $0.name == name }) {
            refused[name] = "there is no interface of that name"
        }
        ways = Self.ways(routes)
    }

    /// RT_SCOPE_LINK.
    private static let linkScope: UInt8 = 253

    /// Why an interface can't be an uplink, or nil.
    static func obstacle(_ link: Link) -> String? {
        if link.flags.contains(.loopback) { return "it is the loopback interface" }
        if !link.isEthernet { return "it isn't Ethernet, which is not supported yet" }
        if link.flags.contains(.noARP) { return "it neither asks nor answers ARP" }
        if link.master != nil { return "it belongs to a bridge or bond: name that instead" }
        return nil
    }

    private static func ways(_ routes: [Route]) -> [Way] {
        var best: [IPPrefix: (metric: UInt32, way: Way)] = [:]
        for route in routes where route.table == Route.mainTable {
            let isRefused: Bool
            switch route.kind {
            case .unicast: isRefused = false
            // 8: prohibit; 6 and 7: see `Route.Kind`.
            case .blackhole, .unreachable, Route.Kind(rawValue: 8): isRefused = true
            default: continue
            }
            let hop = route.nextHops.first
            let gateway = route.gateway ?? hop?.gateway
            // IPv4 by way of an IPv6 router has no address that could be asked for in the engine's table of IPv4.
            let way = Way(
                destination: route.destination, isRefused: isRefused,
                index: route.interfaceIndex ?? hop?.interfaceIndex ?? 0, gateway: gateway, source: route.source,
                mtu: route.mtu ?? 0)
            let metric = route.metric ?? 0
            if let known = best[route.destination], known.metric <= metric { continue }
            best[route.destination] = (metric, way)
        }
        return best.values.map(\.way).sorted {
            ($0.destination.length, "\($0.destination)") > ($1.destination.length, "\($1.destination)")
        }
    }
}
