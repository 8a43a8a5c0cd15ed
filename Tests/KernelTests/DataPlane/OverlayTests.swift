import Addresses
import DataPlane
import Glibc
import Netlink
import Testing

extension RealKernel {
    @Suite("Overlays between hosts")
    struct OverlayTests {
        /// Every two kinds of hosts, one of them Heddle, with every way of I/O.
        static let pairs: [(OverlayHost.Kind, OverlayHost.Kind)] = IOChoice.onThisKernel.flatMap { io in
            [(.heddle(io), .heddle(io)), (.heddle(io), .kernel), (.kernel, .heddle(io))]
                as [(OverlayHost.Kind, OverlayHost.Kind)]
        }

        /// Address families, and whether super-frames leave whole or cut.
        static let ways: [(IPAddress.Family, Bool)] = [(.v4, true), (.v6, true), (.v4, false), (.v6, false)]

        @Test("ping and TCP between two hosts, every byte compared", arguments: pairs, ways)
        func everyPair(kinds: (OverlayHost.Kind, OverlayHost.Kind), way: (IPAddress.Family, Bool)) throws {
            let underlay = try Underlay(hosts: 2, family: way.0)
            let first = try OverlayHost(kinds.0, 0, of: underlay, isWhole: way.1)
            let second = try OverlayHost(kinds.1, 1, of: underlay, vethSandbox: true, isWhole: way.1)
            try Talk.ping(from: first.sandbox, to: OverlayHost.address(1))
            try Talk.ping(from: second.sandbox, to: OverlayHost.address(0), count: 2, payload: 1_400)
            // In fragments.
            try Talk.ping(from: first.sandbox, to: OverlayHost.address(1), count: 2, payload: 20_000)
            try Talk.transfer(
                from: first.sandbox, to: second.sandbox, at: OverlayHost.address(1), bytes: 20_000_000)
            try Talk.transfer(
                from: second.sandbox, to: first.sandbox, at: OverlayHost.address(0), bytes: 20_000_000)
            for lab in [first.lab, second.lab].compactMap({ $0 }) {
                try lab.waitForQuiet()
                let side = lab.engine.tables.counters(overlay: 1)
                #expect(side.ingressCloses && side.drops == [:], "\(side)")
                #expect(side.sentFrames > 0 && side.receivedFrames > 0)
                let tunnel = lab.counters(OverlayHost.tunnel)
                #expect(tunnel.ingressCloses && tunnel.drops == [:], "\(tunnel)")
                // Of what a kernel or this kernel's device sends, most comes whole: cut it would be 14,000 and more.
                if way.1 { #expect(side.receivedSuperframes > 0 && tunnel.receivedFrames < 8_000, "\(tunnel)") }
            }
        }

        @Test("a gigabyte each way while peers come and go", arguments: IOChoice.onThisKernel)
        func changingPeers(io: IOChoice) throws {
            let underlay = try Underlay(hosts: 3)
            let first = try OverlayHost(.heddle(io), 0, of: underlay)
            let second = try OverlayHost(.heddle(io), 1, of: underlay)
            try Talk.ping(from: first.sandbox, to: OverlayHost.address(1))
            let (one, two) = (first.sandbox, second.sandbox)
            let transfer = try SideThread {
                try Talk.transfer(from: one, to: two, at: OverlayHost.address(1), bytes: 1_000_000_000)
                try Talk.transfer(from: two, to: one, at: OverlayHost.address(0), bytes: 1_000_000_000)
                return true
            }
            var changes = 0
            while !transfer.hasEnded {
                let third = underlay.addresses[2]
                for host in [first, second] {
                    try host.change { $0.peers = $0.peers.contains(third) ? $0.peers.dropLast() : $0.peers + [third] }
                }
                changes += 1
                usleep(5_000)
            }
            #expect(try transfer.join())
            #expect(changes > 50)
            for lab in [first.lab, second.lab].compactMap({ $0 }) {
                try lab.waitForQuiet()
                let side = lab.engine.tables.counters(overlay: 1)
                #expect(side.ingressCloses, "\(side)")
            }
        }

        @Test(
            "TCP goes on when a tunnel's device is set down, or is gone", arguments: IOChoice.onThisKernel,
            [true, false])
        func withoutDevice(io: IOChoice, isDeleted: Bool) throws {
            let underlay = try Underlay(hosts: 2)
            let first = try OverlayHost(.heddle(io), 0, of: underlay)
            let second = try OverlayHost(.heddle(io), 1, of: underlay)
            let (one, two) = (first.sandbox, second.sandbox)
            let transfer = try SideThread {
                try Talk.transfer(from: one, to: two, at: OverlayHost.address(1), bytes: 300_000_000)
                return true
            }
            usleep(30_000)
            let session = try underlay.hosts[0].session()
            // Older kernels have none.
            if let device = try session.links().first(where: { $0.name.hasPrefix("hdltx") }) {
                var change = LinkChange()
                change.isUp = false
                if isDeleted {
                    try session.deleteLink(index: device.index)
                } else {
                    try session.change(link: device.index, change)
                }
            }
            #expect(try transfer.join())
        }
    }
}
