import Addresses
import Testing

@testable import ControlPlane
@testable import Netlink

@Suite struct HostLookTests {
    private func link(
        _ index: Int32, _ name: String, type: UInt16 = 1, flags: Link.Flags = [.up, .broadcast], master: Int32? = nil,
        mac: UInt64? = 0x0200_0000_0001
    ) -> Link {
        Link(
            index: index, name: name, hardwareType: type, flags: flags, mac: mac.map { MACAddress(value: $0) },
            mtu: 1_500, kind: nil, alias: nil, master: master, operationalState: nil, peer: nil,
            linkNamespaceID: nil, txQueueLength: nil, gsoMaximumSize: nil, group: nil, statistics: nil)
    }

    private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func own(
        _ index: Int32, _ text: String, scope: UInt8 = 0, flags: InterfaceAddress.Flags = [.permanent]
    ) throws -> InterfaceAddress {
        InterfaceAddress(
            interfaceIndex: index, prefix: try prefix(text), peer: nil, broadcast: nil, scope: scope, flags: flags,
            label: nil)
    }

    private func look(
        _ links: [Link], _ addresses: [InterfaceAddress] = [], _ routes: [Route] = [], named: [String] = [],
        isOwn: (Link) -> Bool = { _ in false }
    ) -> HostLook {
        HostLook(links: links, addresses: addresses, routes: routes, named: named, isOwn: isOwn)
    }

    @Test func everyEthernetInterfaceThatIsUpIsAnUplinkUnlessSomeAreNamed() {
        let links = [
            link(1, "lo", type: 772, flags: [.up, .loopback]), link(2, "eth0"), link(3, "eth1"),
            link(4, "down", flags: []), link(5, "wg0", type: 65_534), link(6, "port", master: 7), link(7, "br0"),
            link(8, "silent", flags: [.up, .noARP]), link(9, "bare", mac: nil),
        ]
        let all = look(links)
        #expect(all.uplinks.map(\.name) == ["eth0", "eth1", "br0"] && all.refused.isEmpty)
        #expect(look(links, named: ["eth1"]).uplinks.map(\.name) == ["eth1"])
        let bad = look(links, named: ["lo", "wg0", "port", "silent", "none", "br0", "down"])
        #expect(bad.uplinks.map(\.name) == ["br0"])
        #expect(Set(bad.refused.keys) == ["lo", "wg0", "port", "silent", "none"])
        #expect(bad.refused["port"]?.contains("bridge or bond") == true)
        #expect(bad.refused["none"]?.contains("no interface") == true)
    }

    @Test func whatBelongsToANetworkIsNoUplinkEvenIfItIsNamed() {
        let links = [link(2, "eth0"), link(3, "adopted")]
        #expect(look(links, isOwn: { $0.index == 3 }).uplinks.map(\.name) == ["eth0"])
        let named = look(links, named: ["adopted"], isOwn: { $0.index == 3 })
        #expect(named.uplinks.isEmpty && named.refused["adopted"] == "it is part of a network")
    }

    @Test func packetsLeaveFromTheFirstAddressThatIsValidEverywhere() throws {
        let addresses = [
            try own(2, "fe80::1/64", scope: 253), try own(2, "2001:db8::9/64", flags: [.tentative]),
            try own(2, "2001:db8::8/64", flags: [.duplicateDetectionFailed]),
            try own(2, "2001:db8::7/64", flags: [.secondary]), try own(2, "2001:db8::1/64"),
            try own(2, "192.0.2.2/24", flags: [.secondary]), try own(2, "192.0.2.1/24"),
            try own(1, "127.0.0.1/8", scope: 254),
        ]
        let look = look([link(1, "lo", flags: [.up, .loopback]), link(2, "eth0")], addresses)
        #expect(look.uplinks.first?.ipv4?.description == "192.0.2.1")
        #expect(look.uplinks.first?.ipv6?.description == "2001:db8::1")
        #expect(
            look.addresses.map(\.address.description) == [
                "fe80::1", "2001:db8::7", "2001:db8::1", "192.0.2.2", "192.0.2.1", "127.0.0.1",
            ])
        let bare = self.look([link(2, "eth0")], [try own(2, "169.254.1.1/16", scope: 253)])
        #expect(bare.uplinks.count == 1 && bare.uplinks.first?.ipv4 == nil)
    }

    @Test func ofSeveralRoutesTheLowestMetricCountsAndOfSeveralWaysTheFirst() throws {
        var several = Route(to: try prefix("203.0.113.0/24"))
        several.nextHops = [
            Route.NextHop(interfaceIndex: 3, gateway: try address("192.0.2.253"), weight: 1),
            Route.NextHop(interfaceIndex: 2, gateway: try address("192.0.2.254"), weight: 9),
        ]
        var blackhole = Route(to: try prefix("10.0.0.0/8"))
        blackhole.kind = .blackhole
        var prohibit = Route(to: try prefix("10.1.0.0/16"))
        prohibit.kind = Route.Kind(rawValue: 8)
        var local = Route(to: try prefix("192.0.2.1/32"))
        local.kind = .local
        let routes = [
            Route(to: try prefix("0.0.0.0/0"), via: try address("192.0.2.2"), interfaceIndex: 3, metric: 200),
            Route(
                to: try prefix("0.0.0.0/0"), via: try address("192.0.2.1"), interfaceIndex: 2, metric: 100, mtu: 1_400),
            Route(to: try prefix("0.0.0.0/0"), via: try address("192.0.2.3"), interfaceIndex: 3, metric: 300),
            Route(to: try prefix("198.51.100.0/24"), interfaceIndex: 2, table: 100),
            several, blackhole, prohibit, local,
        ]
        let look = look([link(2, "eth0")], [], routes)
        #expect(
            look.ways.map(\.destination.description) == [
                "203.0.113.0/24", "10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0",
            ])
        #expect(look.ways[0].index == 3 && look.ways[0].gateway?.description == "192.0.2.253")
        #expect(look.ways[1].isRefused && look.ways[2].isRefused && !look.ways[3].isRefused)
        #expect(look.ways[3].index == 2 && look.ways[3].mtu == 1_400)
        #expect(Set(look.hops.map(\.address.description)) == ["192.0.2.253", "192.0.2.1"])
    }
}
