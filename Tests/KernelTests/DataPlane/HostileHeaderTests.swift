import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    /// A process in a sandbox that has CAP_NET_RAW sends what it likes with PACKET_VNET_HDR: the kernel refuses some of it,
    /// and what it lets through comes to the engine with a header that the sandbox has a hand in.
    @Suite("Hostile vnet headers from a sandbox")
    struct HostileHeaderTests {
        /// virtio_net_hdr, little-endian.
        private static func header(
            flags: UInt8 = 0, type: UInt8 = 0, told: Int = 0, segment: Int = 0, start: Int = 0, offset: Int = 0
        ) -> [UInt8] {
            [flags, type] + [told, segment, start, offset].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8 & 0xFF)] }
        }

        /// An IPv4 packet with sound lengths, in a frame to the other sandbox.
        private static func packet(_ protocolNumber: UInt8, payload: Int, tags: [UInt8] = []) -> [UInt8] {
            let isTCP = protocolNumber == 6
            let transport: [UInt8] =
                isTCP
                ? [0, 80, 0x9C, 0x40, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
                : [0, 80, 0x9C, 0x40] + Frames.big(UInt64(8 + payload), 2) + [0, 0]
            let total = 20 + transport.count + payload
            var ip: [UInt8] = [0x45, 0] + Frames.big(UInt64(min(total, 65_535)), 2)
            ip += [0, 1, 0x40, 0, 64, protocolNumber, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
            ip.replaceSubrange(10..<12, with: Frames.big(UInt64(Frames.checksum(ip)), 2))
            return Frames.big(SwitchLab.mac(2).value, 6) + Frames.big(SwitchLab.mac(1).value, 6) + tags + [8, 0] + ip
                + transport + [UInt8](repeating: 0x5A, count: payload)
        }

        /// What the table of lies says, each with a packet that it could be about.
        private static let table: [(header: [UInt8], frame: [UInt8])] = {
            let tcp = packet(6, payload: 4_000)
            let short = packet(6, payload: 100)
            let udp = packet(17, payload: 4_000)
            let arp = Frames.plain(to: SwitchLab.mac(2).value, from: SwitchLab.mac(1).value, type: 0x0806, length: 60)
            var lies: [(header: [UInt8], frame: [UInt8])] = []
            for frame in [tcp, short, udp, arp, packet(6, payload: 4_000, tags: Frames.tag(5))] {
                for type: UInt8 in [0, 1, 2, 3, 4, 5, 0x20, 0x40, 0x60, 0x81, 0x84, 0xFF] {
                    for (start, offset) in [
                        (34, 16), (34, 6), (38, 16), (0, 0), (14, 0), (33, 16), (34, 65_535), (65_535, 65_535),
                        (frame.count, 0), (frame.count - 2, 0), (frame.count - 1, 0),
                    ] {
                        for segment in [1_448, 0, 1, 47, 65_535] {
                            lies.append(
                                (
                                    header(
                                        flags: 1, type: type, told: 54, segment: segment, start: start, offset: offset),
                                    frame
                                ))
                        }
                    }
                }
                for told in [0, 1, 13, frame.count, frame.count + 1, 65_535] {
                    lies.append((header(flags: 1, type: 1, told: told, segment: 1_448, start: 34, offset: 16), frame))
                    lies.append((header(flags: 0, type: 1, told: told, segment: 1_448), frame))
                    lies.append((header(flags: 0xFF, type: 0, told: told), frame))
                }
            }
            return lies
        }()

        /// Two sandboxes with a port of either kind to the same third one, which listens.
        private static func run(
            io: IOChoice, kind: PortKind, _ lies: [(header: [UInt8], frame: [UInt8])], note: Comment
        ) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addPort(1, kind, in: sandboxes[0])
            try lab.addTap(2, in: sandboxes[1])
            try lab.addVeth(3, in: sandboxes[2])
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            try lab.introduce(sockets)
            var accepted = 0
            var arrived = 0
            for (number, lie) in lies.enumerated() {
                var frame = lie.frame
                // Half of it to everybody.
                if number % 2 == 0, frame.count >= 6 {
                    frame.replaceSubrange(0..<6, with: Frames.big(Frames.broadcast, 6))
                }
                if sockets[0].send(frame, header: lie.header) == 0 { accepted += 1 }
                for socket in sockets.dropFirst() {
                    while let received = socket.receive(within: 0) {
                        arrived += 1
                        if let problem = VirtioCheck.lie(in: received) {
                            Issue.record("\(note): \(problem): \(received.header), \(received.frame.prefix(60))")
                        }
                    }
                }
            }
            try lab.waitForQuiet()
            // The engine is alive, forwards, and has counted everything.
            for socket in sockets { _ = socket.takeAll() }
            let last = Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value, number: 99)
            try sockets[0].put(last)
            #expect(sockets[1].receiveFrame() == last && sockets[2].receiveFrame() == last, note)
            let counted = lab.counters(1)
            #expect(counted.ingressCloses, note)
            #expect(accepted > 0 && arrived > 0 && counted.receivedFrames > UInt64(accepted) / 2, note)
            // What the engine lets through the kernel takes.
            for port in UInt16(2)...3 {
                #expect(lab.counters(port).drops[.egressRejected] == nil, "\(note): \(lab.counters(port).drops)")
            }
        }

        @Test("a table of lies", arguments: IOChoice.onThisKernel, [PortKind.tap, .packetSocket])
        func table(io: IOChoice, kind: PortKind) throws {
            try Self.run(io: io, kind: kind, Self.table, note: "table")
        }

        @Test("random headers before random packets", arguments: IOChoice.onThisKernel, [PortKind.tap, .packetSocket])
        func random(io: IOChoice, kind: PortKind) throws {
            let seed: UInt64 = 4_711
            var random = Seeded(seed)
            let lies = (0..<10_000).map { _ in
                var frame = Self.packet(
                    random.pick([6, 17, 1, 47]), payload: random.pick([0, 1, 100, 1_400, 4_000, 30_000]),
                    tags: random.below(5) == 0 ? Frames.tag(5) : [])
                if random.below(10) == 0 { frame = Array(frame.prefix(random.below(80))) }
                for _ in 0..<random.below(3) where !frame.isEmpty {
                    frame[random.below(min(60, frame.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                let header = Self.header(
                    flags: random.pick([0, 1, 1, 1, 2, 3, 0xFF]), type: random.pick([0, 1, 1, 4, 5, 5, 3, 0x81, 0xFF]),
                    told: random.pick([0, 54, 42, 65_535]), segment: random.pick([1_448, 1_000, 48, 1, 0, 65_535]),
                    start: random.pick([34, 34, 38, 14, 0, frame.count, 65_535]),
                    offset: random.pick([16, 16, 6, 0, 65_535]))
                return (header: header, frame: frame)
            }
            try Self.run(io: io, kind: kind, lies, note: "seed \(seed)")
        }
    }
}
