import Addresses
import DataPlane
import Netlink
import Testing

extension RealKernel {
    @Suite("Overlays as others read them")
    struct OverlayCaptureTests {
        @Test(
            "tshark reads what is on the wire as VXLAN with all checksums right", arguments: IOChoice.onThisKernel,
            OverlayTests.ways)
        func capture(io: IOChoice, way: (IPAddress.Family, Bool)) throws {
            let (family, isWhole) = way
            // With offload, checksums are left to devices that there are none of.
            let underlay = try Underlay(hosts: 2, family: family, offload: false)
            let first = try OverlayHost(.heddle(io), 0, of: underlay, isWhole: isWhole)
            let second = try OverlayHost(.heddle(io), 1, of: underlay, isWhole: isWhole)
            let wire = try underlay.hosts.map { try FrameSocket("u0", in: $0) }
            try Talk.ping(from: first.sandbox, to: OverlayHost.address(1), count: 3)
            try Talk.ping(from: first.sandbox, to: OverlayHost.address(1), count: 2, payload: 5_000)
            try Talk.transfer(from: first.sandbox, to: second.sandbox, at: OverlayHost.address(1), bytes: 1_000_000)
            try Talk.transfer(from: second.sandbox, to: first.sandbox, at: OverlayHost.address(0), bytes: 1_000_000)
            try FrameSocket(in: first.sandbox).put(
                Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value, tags: Frames.tag(7)))
            try #require(first.lab).waitForQuiet()
            let frames = wire.flatMap { $0.takeAll() }
            let datagrams = frames.count { $0[12] == 0x08 && $0[13] == 0 || $0[12] == 0x86 }
            #expect(datagrams > 1_000)
            let rows = try Capture(frames).fields(
                "vxlan.vni", "vxlan.flags", "udp.checksum.status", "tcp.checksum.status", "ip.checksum.status",
                "icmp.checksum.status", "_ws.malformed", "_ws.expert.message", "ip.ttl", "ipv6.hlim")
            #expect(rows.count == frames.count)
            let carried = rows.filter { $0[0] != "" }
            #expect(carried.count > 1_000 && carried.count >= datagrams - 20)
            for row in carried {
                #expect(row[0] == "42" && row[1] == "0x0800", "\(row)")
                // 0: bad, 1: good, 2: not checked, 3: there is none; of all layers, separated by commas.
                for statuses in row[2...5] { #expect(!statuses.contains("0"), "\(row)") }
                // RFC 768: a checksum over IPv6, and over IPv4 the kernel sets one as well.
                #expect(row[2].hasPrefix("1"), "\(row)")
                #expect(row[6] == "" && !row[7].lowercased().contains("checksum"), "\(row)")
                #expect((family == .v4 ? row[8] : row[9]).hasPrefix("64"), "\(row)")
            }
        }

        @Test(
            "who sends what doesn't fit is told, and TCP gets through with smaller segments",
            arguments: IOChoice.onThisKernel)
        func tooBig(io: IOChoice) throws {
            let underlay = try Underlay(hosts: 2)
            let first = try OverlayHost(.heddle(io), 0, of: underlay)
            let second = try OverlayHost(.heddle(io), 1, of: underlay)
            // The sandboxes believe that there is room for 1500 bytes.
            for sandbox in [first.sandbox, second.sandbox] {
                var change = LinkChange()
                change.mtu = 1_500
                try sandbox.session().change(link: sandbox.link("eth0").index, change)
            }
            try Talk.transfer(from: first.sandbox, to: second.sandbox, at: OverlayHost.address(1), bytes: 2_000_000)
            let lab = try #require(first.lab)
            try lab.waitForQuiet()
            let side = lab.engine.tables.counters(overlay: 1)
            #expect((side.drops[.exceedsTunnelMTU] ?? 0) > 0, "\(side)")
        }
    }
}
