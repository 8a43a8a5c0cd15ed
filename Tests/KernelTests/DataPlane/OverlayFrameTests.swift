import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    @Suite("Frames through overlays")
    struct OverlayFrameTests {
        /// Of hosts 1 and 2.
        private static let alice = SwitchLab.mac(1)
        private static let bob = SwitchLab.mac(2)

        @Test(
            "frames of all sizes and tags arrive as they were sent", arguments: OverlayTests.pairs,
            [IPAddress.Family.v4, .v6])
        func asTheyWere(kinds: (OverlayHost.Kind, OverlayHost.Kind), family: IPAddress.Family) throws {
            let underlay = try Underlay(hosts: 2, family: family, mtu: 9_000)
            let first = try OverlayHost(kinds.0, 0, of: underlay)
            let second = try OverlayHost(kinds.1, 1, of: underlay)
            let sockets = [try FrameSocket(in: first.sandbox), try FrameSocket(in: second.sandbox)]
            // What the tunnel lets pass, tags and all.
            let longest = Int(underlay.mtu - underlay.overhead) + 14
            let tags: [[UInt8]] = [
                [], Frames.tag(7), Frames.tag(4_094, priority: 5), Frames.tag(10, tpid: 0x88A8) + Frames.tag(20),
            ]
            var number: UInt64 = 0
            for (from, to) in [(0, 1), (1, 0)] {
                let (source, destination) = from == 0 ? (Self.alice, Self.bob) : (Self.bob, Self.alice)
                for tag in tags {
                    for length in [60, 61, 64, 576, 1_499, 1_500, 1_514, 4_097, longest] {
                        number += 1
                        let frame = Frames.plain(
                            to: destination, from: source, tags: tag, length: min(length, longest), number: number)
                        try sockets[from].put(frame)
                        let received = sockets[to].receiveFrame()
                        #expect(received == frame, "\(length) bytes with \(tag) from \(from + 1)")
                    }
                }
            }
        }

        @Test("a broadcast arrives exactly once at each of three hosts, and who is known is spoken to alone")
        func mesh() throws {
            let io = IOChoice.onThisKernel
            let kinds: [[OverlayHost.Kind]] = [
                [.heddle(io[0]), .heddle(io[io.count - 1]), .heddle(io[0])],
                [.heddle(io[0]), .kernel, .heddle(io[io.count - 1])],
            ]
            for kinds in kinds {
                let underlay = try Underlay(hosts: 3)
                let hosts = try kinds.enumerated().map { try OverlayHost($1, $0, of: underlay) }
                let sockets = try hosts.map { try FrameSocket(in: $0.sandbox) }
                for from in 0..<3 {
                    let frame = Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(UInt16(from + 1)).value)
                    try sockets[from].put(frame)
                    for other in 0..<3 where other != from { #expect(sockets[other].receiveFrame() == frame) }
                }
                // Nothing came twice, by another way, or back.
                for socket in sockets { #expect(socket.receive(within: 100) == nil) }
                for from in 0..<3 {
                    for to in 0..<3 where to != from {
                        let frame = Frames.plain(
                            to: SwitchLab.mac(UInt16(to + 1)), from: SwitchLab.mac(UInt16(from + 1)))
                        try sockets[from].put(frame)
                        #expect(sockets[to].receiveFrame() == frame)
                        #expect(sockets[3 - from - to].receive(within: 20) == nil)
                    }
                }
                for host in hosts.compactMap(\.lab) {
                    let side = host.engine.tables.counters(overlay: 1)
                    #expect(side.ingressCloses && side.drops == [:], "\(side)")
                }
            }
        }

        @Test("a station that moves between hosts is found where it spoke last", arguments: IOChoice.onThisKernel)
        func moves(io: IOChoice) throws {
            let underlay = try Underlay(hosts: 2)
            let hosts = [try OverlayHost(.heddle(io), 0, of: underlay), try OverlayHost(.kernel, 1, of: underlay)]
            let sockets = try hosts.map { try FrameSocket(in: $0.sandbox) }
            let wanderer: UInt64 = 0x0200_0000_0777
            for round in 0..<6 {
                let place = round % 2
                let hello = Frames.plain(to: Frames.broadcast, from: wanderer, number: UInt64(round))
                try sockets[place].put(hello)
                #expect(sockets[1 - place].receiveFrame() == hello)
                let answer = Frames.plain(
                    to: wanderer, from: SwitchLab.mac(UInt16(2 - place)).value, number: UInt64(round))
                try sockets[1 - place].put(answer)
                #expect(sockets[place].receiveFrame() == answer)
            }
            let stations = hosts[0].lab?.engine.tables.stations(domain: DomainConfiguration(id: 1)) ?? []
            let place = stations.first { $0.mac == wanderer }?.port
            #expect(place.flatMap { hosts[0].lab?.engine.tables.vtep($0) } == underlay.addresses[1])
        }

        @Test(
            "datagrams that can't be are counted by their reason, and nothing of them arrives",
            arguments: IOChoice.onThisKernel)
        func hostile(io: IOChoice) throws {
            let underlay = try Underlay(hosts: 3)
            let host = try OverlayHost(.heddle(io), 0, of: underlay) { $0.peers = [underlay.addresses[1]] }
            let lab = try #require(host.lab)
            let socket = try FrameSocket(in: host.sandbox)
            let frame = Frames.plain(to: Frames.broadcast, from: 0x0200_0000_0999)
            let peer = try DatagramSender(in: underlay.hosts[1], to: underlay.addresses[0])
            let stranger = try DatagramSender(in: underlay.hosts[2], to: underlay.addresses[0])
            func header(_ flags: UInt8 = 8, vni: UInt32 = OverlayHost.vni, reserved: UInt8 = 0) -> [UInt8] {
                [flags, reserved, reserved, reserved] + Frames.big(UInt64(vni), 3) + [reserved]
            }
            try peer.send(header() + frame)
            #expect(socket.receiveFrame() == frame)
            // Reserved bits are ignored.
            try peer.send(header(0xFF, reserved: 0xFF) + frame)
            #expect(socket.receiveFrame() == frame)
            try peer.send(Array(header().prefix(7)))
            try peer.send([])
            try peer.send(header(0xF7) + frame)
            try peer.send(header(vni: 43) + frame)
            try stranger.send(header() + frame)
            try peer.send(header() + frame.prefix(13))
            try peer.send(header())
            // A tunnel inside: only payload to a switch.
            let nested = Frames.plain(to: Frames.broadcast, from: 0x0200_0000_0999, type: 0x0800) + header() + frame
            try peer.send(header() + nested)
            #expect(socket.receiveFrame() == nested)
            try lab.waitForQuiet()
            #expect(socket.receive(within: 20) == nil)
            let tunnel = lab.counters(OverlayHost.tunnel)
            #expect(tunnel.drops == [.vxlanHeader: 3, .unknownVNI: 1], "\(tunnel)")
            let side = lab.engine.tables.counters(overlay: 1)
            #expect(side.drops == [.unknownVTEP: 1, .tooShort: 2], "\(side)")
            #expect(tunnel.ingressCloses && side.ingressCloses)
            // Whoever is let in.
            try host.change { $0.acceptsAnyPeer = true }
            try stranger.send(header() + frame)
            #expect(socket.receiveFrame() == frame)
        }
    }
}
