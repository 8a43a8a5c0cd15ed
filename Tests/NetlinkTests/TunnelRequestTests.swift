import Addresses
import Netlink
import Testing

@Suite("Requests about tunnels byte by byte (little-endian hosts)")
struct TunnelRequestTests {
    /// What is sent to make a VXLAN device "vx", whose index the kernel then tells.
    private func creation(_ options: VXLANOptions) throws -> String? {
        let transport = ScriptedTransport()
        transport.acknowledge(1)
        let link = (0 as UInt64).bytes.prefix(4) + (9 as Int32).bytes + (0 as UInt64).bytes
        transport.answers.append(
            .success(
                Hexadecimal.message(
                    type: 16, sequence: 2, payload: link + Hexadecimal.attribute(3, Array("vx\0".utf8)))))
        transport.acknowledge(2)
        let index = try RouteSession(transport: transport).createVXLAN(
            NewLink(name: InterfaceName(parsing: "vx"), mtu: 1450), options: options)
        #expect(index == 9)
        return transport.sent.first
    }

    @Test("a VXLAN device over IPv4 with one peer")
    func device4() throws {
        let options = VXLANOptions(
            identifier: 42, local: IPAddress("198.18.0.1"), remote: IPAddress("198.18.0.2"), port: 4789)
        let expected = """
            6c000000 1000 0506 01000000 00000000   // RTM_NEWLINK, create, exclusive, request with ack
            00 00 0000 00000000 00000000 00000000  // no index, no flags
            0700 0300 767800 00                    // IFLA_IFNAME "vx"
            0800 0400 aa050000                     // IFLA_MTU 1450
            3c00 1280                              // IFLA_LINKINFO, nested
            0a00 0100 76786c616e00 0000            // IFLA_INFO_KIND "vxlan"
            2c00 0280                              // IFLA_INFO_DATA, nested
            0800 0100 2a000000                     // IFLA_VXLAN_ID 42
            0800 0200 c6120002                     // IFLA_VXLAN_GROUP 198.18.0.2
            0800 0400 c6120001                     // IFLA_VXLAN_LOCAL 198.18.0.1
            0500 0700 01 000000                    // IFLA_VXLAN_LEARNING on
            0600 0f00 12b5 0000                    // IFLA_VXLAN_PORT 4789, big-endian
            """
        #expect(try creation(options) == Hexadecimal.plain(expected))
    }

    @Test("a VXLAN device over IPv6 without learning, bound to a link, without UDP checksums")
    func device6() throws {
        var options = VXLANOptions(
            identifier: 0xFF_FFFF, local: IPAddress("fd00::1"), remote: IPAddress("fd00::2"), port: 8472,
            learning: false, link: 3)
        options.udpChecksum = false
        options.zeroChecksum6Send = true
        options.zeroChecksum6Receive = true
        let expected = """
            a4000000 1000 0506 01000000 00000000   // RTM_NEWLINK, create, exclusive, request with ack
            00 00 0000 00000000 00000000 00000000  // no index, no flags
            0700 0300 767800 00                    // IFLA_IFNAME "vx"
            0800 0400 aa050000                     // IFLA_MTU 1450
            7400 1280                              // IFLA_LINKINFO, nested
            0a00 0100 76786c616e00 0000            // IFLA_INFO_KIND "vxlan"
            6400 0280                              // IFLA_INFO_DATA, nested
            0800 0100 ffffff00                     // IFLA_VXLAN_ID: the greatest
            0800 0300 03000000                     // IFLA_VXLAN_LINK 3
            1400 1000 fd000000000000000000000000000002   // IFLA_VXLAN_GROUP6 fd00::2
            1400 1100 fd000000000000000000000000000001   // IFLA_VXLAN_LOCAL6 fd00::1
            0500 0700 00 000000                    // IFLA_VXLAN_LEARNING off
            0600 0f00 2118 0000                    // IFLA_VXLAN_PORT 8472, big-endian
            0500 1200 00 000000                    // IFLA_VXLAN_UDP_CSUM off
            0500 1300 01 000000                    // IFLA_VXLAN_UDP_ZERO_CSUM6_TX on
            0500 1400 01 000000                    // IFLA_VXLAN_UDP_ZERO_CSUM6_RX on
            """
        #expect(try creation(options) == Hexadecimal.plain(expected))
    }

    private func sent(_ request: (RouteSession<ScriptedTransport>) throws -> Void) throws -> [String] {
        let transport = ScriptedTransport()
        transport.acknowledge(1)
        try request(RouteSession(transport: transport))
        return transport.sent
    }

    @Test("a peer for unknown stations is added to those that there are")
    func floodEntry() throws {
        let expected = """
            30000000 1c00 050c 01000000 00000000   // RTM_NEWNEIGH, create, append, request with ack
            07 00 0000 05000000 8000 02 00         // AF_BRIDGE, index 5, NUD_PERMANENT, NTF_SELF
            0a00 0200 000000000000 0000            // NDA_LLADDR: all zero
            0800 0100 c6120002                     // NDA_DST 198.18.0.2
            """
        let message = try sent {
            try $0.addTunnelStation(link: 5, mac: .zero, remote: IPAddress(parsing: "198.18.0.2"))
        }
        #expect(message == [Hexadecimal.plain(expected)])
    }

    @Test("a station behind an IPv6 peer replaces what was known of it")
    func station() throws {
        let expected = """
            3c000000 1c00 0505 01000000 00000000   // RTM_NEWNEIGH, create, replace, request with ack
            07 00 0000 05000000 8000 02 00         // AF_BRIDGE, index 5, NUD_PERMANENT, NTF_SELF
            0a00 0200 020000000007 0000            // NDA_LLADDR
            1400 0100 fd000000000000000000000000000002   // NDA_DST fd00::2
            """
        let message = try sent {
            try $0.addTunnelStation(
                link: 5, mac: MACAddress(parsing: "02:00:00:00:00:07"), remote: IPAddress(parsing: "fd00::2"))
        }
        #expect(message == [Hexadecimal.plain(expected)])
    }

    @Test("a station is taken away from behind one peer")
    func removal() throws {
        let expected = """
            30000000 1d00 0500 01000000 00000000   // RTM_DELNEIGH, request with ack
            07 00 0000 05000000 0000 02 00         // AF_BRIDGE, index 5, no state, NTF_SELF
            0a00 0200 020000000007 0000            // NDA_LLADDR
            0800 0100 c6120002                     // NDA_DST 198.18.0.2
            """
        let message = try sent {
            try $0.removeTunnelStation(
                link: 5, mac: MACAddress(parsing: "02:00:00:00:00:07"), remote: IPAddress(parsing: "198.18.0.2"))
        }
        #expect(message == [Hexadecimal.plain(expected)])
    }
}
