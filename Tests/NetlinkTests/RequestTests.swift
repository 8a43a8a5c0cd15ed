import Addresses
import Netlink
import Testing

@Suite("Requests byte by byte (little-endian hosts)")
struct RequestTests {
    /// Runs `request` with an ack as the answer and compares what was sent.
    private func expect(
        _ expected: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ request: (RouteSession<ScriptedTransport>) throws -> Void
    ) throws {
        let transport = ScriptedTransport()
        transport.acknowledge(1)
        try request(RouteSession(transport: transport))
        #expect(transport.sent == [Hexadecimal.plain(expected)], sourceLocation: sourceLocation)
    }

    @Test("a change of a link: move, rename, MAC, up")
    func change() throws {
        var change = LinkChange()
        change.name = try InterfaceName(parsing: "eth0")
        change.mac = try MACAddress(parsing: "02:00:0a:00:00:02")
        change.mtu = 1500
        change.alias = "heddle"
        change.txQueueLength = 1000
        change.master = 0
        change.gsoMaximumSize = 65536
        change.group = 7
        change.isUp = true
        try expect(
            """
            6c000000          // length 108
            1300              // RTM_SETLINK
            0500              // NLM_F_REQUEST | NLM_F_ACK
            01000000          // sequence 1
            00000000          // port: the kernel fills it in
            00 00 0000        // AF_UNSPEC, padding, any hardware type
            05000000          // index 5
            01000000          // flags: IFF_UP
            01000000          // which of them change
            0900 0300 6574683000 000000      // IFLA_IFNAME "eth0"
            0a00 0100 02000a000002 0000      // IFLA_ADDRESS
            0800 0400 dc050000               // IFLA_MTU 1500
            0b00 1400 686564646c6500 00      // IFLA_IFALIAS "heddle"
            0800 0d00 e8030000               // IFLA_TXQLEN 1000
            0800 0a00 00000000               // IFLA_MASTER none
            0800 2900 00000100               // IFLA_GSO_MAX_SIZE 65536
            0800 1b00 07000000               // IFLA_GROUP 7
            """
        ) { try $0.change(link: 5, change) }
    }

    @Test("a flag is taken away by its bit in the mask alone")
    func down() throws {
        try expect(
            """
            20000000 1300 0500 01000000 00000000   // RTM_SETLINK, request with ack
            00 00 0000 05000000                    // index 5
            00000000 01000000                      // IFF_UP: off, and that changes
            """
        ) { try $0.setUp(link: 5, false) }
    }

    @Test("IPv6 address generation")
    func addressGeneration() throws {
        try expect(
            """
            30000000 1300 0500 01000000 00000000   // RTM_SETLINK, request with ack
            00 00 0000 05000000 00000000 00000000  // index 5, no flags
            1000 1a80                              // IFLA_AF_SPEC, nested
            0c00 0a80                              // AF_INET6, nested
            0500 0800 01 000000                    // IFLA_INET6_ADDR_GEN_MODE: none
            """
        ) { try $0.setIPv6AddressGeneration(link: 5, .none) }
    }

    @Test("a veth pair, its far end with a MAC address")
    func veth() throws {
        let transport = ScriptedTransport()
        transport.acknowledge(1)
        let link = (0 as UInt64).bytes.prefix(4) + (9 as Int32).bytes + (0 as UInt64).bytes
        transport.answers.append(
            .success(
                Hexadecimal.message(
                    type: 16, sequence: 2, payload: link + Hexadecimal.attribute(3, Array("v1\0".utf8)))))
        transport.acknowledge(2)
        let index = try RouteSession(transport: transport).createVeth(
            near: NewLink(name: InterfaceName(parsing: "v1"), mtu: 1400),
            far: NewLink(name: InterfaceName(parsing: "v2"), mac: MACAddress(value: 0x0200_0000_0001)))
        #expect(index == 9)
        let expected = """
            6c000000 1000 0506 01000000 00000000   // RTM_NEWLINK, create, exclusive, request with ack
            00 00 0000 00000000 00000000 00000000  // no index, no flags
            0700 0300 763100 00                    // IFLA_IFNAME "v1"
            0800 0400 78050000                     // IFLA_MTU 1400
            3c00 1280                              // IFLA_LINKINFO, nested
            0900 0100 7665746800 000000            // IFLA_INFO_KIND "veth"
            2c00 0280                              // IFLA_INFO_DATA, nested
            2800 0180                              // VETH_INFO_PEER, nested
            00 00 0000 00000000 00000000 00000000  // the peer's struct ifinfomsg
            0700 0300 763200 00                    // IFLA_IFNAME "v2"
            0a00 0100 020000000001 0000            // IFLA_ADDRESS
            """
        #expect(transport.sent.first == Hexadecimal.plain(expected))
        let question = """
            30000000 1200 0500 02000000 00000000   // RTM_GETLINK, request with ack, sequence 2
            00 00 0000 00000000 00000000 00000000  // no index
            0700 0300 763100 00                    // IFLA_IFNAME "v1"
            0800 1d00 08000000                     // IFLA_EXT_MASK: no statistics of address families
            """
        #expect(transport.sent.last == Hexadecimal.plain(question))
    }

    @Test("an IPv4 address with its broadcast address")
    func address4() throws {
        try expect(
            """
            30000000 1400 0506 01000000 00000000   // RTM_NEWADDR, create, exclusive, request with ack
            02 18 00 00 05000000                   // AF_INET, /24, no flags, scope universe, index 5
            0800 0200 0a000002                     // IFA_LOCAL 10.0.0.2
            0800 0100 0a000002                     // IFA_ADDRESS, the same
            0800 0400 0a0000ff                     // IFA_BROADCAST 10.0.0.255
            """
        ) { try $0.addAddress(link: 5, IPPrefix(parsing: "10.0.0.2/24")) }
    }

    @Test("an IPv6 address that is usable at once, in the place of an older one")
    func address6() throws {
        try expect(
            """
            48000000 1400 0505 01000000 00000000   // RTM_NEWADDR, create, replace, request with ack
            0a 40 00 00 05000000                   // AF_INET6, /64, index 5
            1400 0200 fd000000000000000000000000000002   // IFA_LOCAL fd00::2
            1400 0100 fd000000000000000000000000000002   // IFA_ADDRESS
            0800 0800 02000000                     // IFA_FLAGS: IFA_F_NODAD
            """
        ) {
            try $0.addAddress(
                link: 5, IPPrefix(parsing: "fd00::2/64"), noDuplicateDetection: true, replacing: true)
        }
    }

    @Test("a default route over a gateway that no address reaches")
    func defaultRoute() throws {
        try expect(
            """
            34000000 1800 0506 01000000 00000000   // RTM_NEWROUTE, create, exclusive, request with ack
            02 00 00 00                            // AF_INET, destination /0, source /0, type of service
            fe 04 00 01                            // table main, RTPROT_STATIC, scope universe, unicast
            04000000                               // RTNH_F_ONLINK
            0800 0500 0a000001                     // RTA_GATEWAY 10.0.0.1
            0800 0400 05000000                     // RTA_OIF 5
            0800 0f00 fe000000                     // RTA_TABLE main
            """
        ) {
            try $0.addRoute(Route(defaultVia: IPAddress(parsing: "10.0.0.1"), interfaceIndex: 5, isOnLink: true))
        }
    }

    @Test("removing a route that is on the link says nothing of scope and origin")
    func removeRoute() throws {
        try expect(
            """
            34000000 1900 0500 01000000 00000000   // RTM_DELROUTE, request with ack
            02 10 00 00 fe 00 ff 01 00000000       // 10.7.0.0/16, any origin, RT_SCOPE_NOWHERE, unicast
            0800 0100 0a070000                     // RTA_DST, without host bits
            0800 0400 05000000                     // RTA_OIF 5
            0800 0f00 fe000000                     // RTA_TABLE main
            """
        ) { try $0.removeRoute(Route(to: IPPrefix(parsing: "10.7.0.9/16"), interfaceIndex: 5)) }
    }

    @Test("an IPv4 route over an IPv6 router")
    func routeVia() throws {
        try expect(
            """
            44000000 1800 0505 01000000 00000000   // RTM_NEWROUTE, create, replace, request with ack
            02 08 00 00 fe 04 00 01 00000000       // 10.0.0.0/8, scope universe, unicast
            0800 0100 0a000000                     // RTA_DST
            1600 1200 0a00 fd000000000000000000000000000001 0000   // RTA_VIA: AF_INET6, fd00::1
            0800 0f00 fe000000                     // RTA_TABLE main
            """
        ) { try $0.replaceRoute(Route(to: IPPrefix(parsing: "10.0.0.0/8"), via: IPAddress(parsing: "fd00::1"))) }
    }

    @Test("a neighbour for good")
    func neighbour() throws {
        try expect(
            """
            30000000 1c00 0505 01000000 00000000   // RTM_NEWNEIGH, create, replace, request with ack
            02 00 0000 05000000 8000 00 00         // AF_INET, index 5, NUD_PERMANENT
            0800 0100 0a000009                     // NDA_DST
            0a00 0200 020000000009 0000            // NDA_LLADDR
            """
        ) {
            try $0.setNeighbour(
                link: 5, IPAddress(parsing: "10.0.0.9"), mac: MACAddress(parsing: "02:00:00:00:00:09"))
        }
    }

    @Test("a message that outgrows the first buffer")
    func growth() throws {
        let transport = ScriptedTransport()
        transport.acknowledge(1)
        var change = LinkChange()
        change.alias = String(repeating: "a", count: 5000)
        try RouteSession(transport: transport).change(link: 1, change)
        let bytes = try #require(transport.sent.first)
        #expect(bytes.count == 2 * (32 + 4 + 5000 + 4), "header, alias, its zero byte and padding")
        #expect(bytes.hasPrefix("b0130000") && bytes.hasSuffix("616100000000"))
    }
}
