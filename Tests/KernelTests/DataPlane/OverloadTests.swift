import Addresses
import CLinux
import DataPlane
import Glibc
import Netlink
import Testing

extension RealKernel {
    @Suite("More than fits")
    struct OverloadTests {
        private static let kinds: [(from: PortKind, to: PortKind)] = [
            (.tap, .tap), (.tap, .packetSocket), (.packetSocket, .tap), (.packetSocket, .packetSocket),
        ]

        /// Threads that flood one port at the same time where the flood must be more than the switch takes.
        private static let flooders = 3

        @Test(
            "overload: from the generator to the receiver no frame is unaccounted for",
            arguments: IOChoice.onThisKernel, kinds)
        func closes(io: IOChoice, kinds: (from: PortKind, to: PortKind)) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addPort(1, kinds.from, in: sandboxes[0])
            let target = try lab.addPort(2, kinds.to, in: sandboxes[1])
            let sockets = try sandboxes.map { try FrameSocket(in: $0, bypassing: true) }
            try lab.introduce(sockets)
            let generator = try statistics(sandboxes[0].link("eth0"))
            let (ingress, egress) = (lab.counters(1), lab.counters(2))

            let flood = FrameFlood(Frames.plain(to: SwitchLab.mac(2), from: SwitchLab.mac(1)), through: sockets[0])
            let tally = try FrameTally(sockets[1])
            let flooding = try SideThread { try flood.run() }
            usleep(400_000)
            flood.stop()
            let outcome = try flooding.join()
            try lab.waitForQuiet()
            let counted = try tally.finish()

            // From the generator into the engine.
            let received = lab.counters(1).receivedFrames - ingress.receivedFrames
            let refused = try statistics(sandboxes[0].link("eth0")).txDropped - generator.txDropped
            var queueDrops: UInt64 = 0
            if let source = lab.ports[1], kinds.from == .packetSocket {
                queueDrops = try PacketSocket.takeDrops(descriptor: source.descriptor)
            }
            #expect(outcome.attempts == refused + queueDrops + received, "\(outcome), \(refused), \(queueDrops)")
            #expect(received > 1_000)
            // Through the engine.
            #expect(lab.counters(1).ingressCloses)
            #expect(lab.counters(1).forwarded - ingress.forwarded == received)
            let sent = lab.counters(2).sentFrames - egress.sentFrames
            #expect(received == sent + lab.counters(2).drops(.egress))
            #expect(lab.counters(2).sentBytes - egress.sentBytes == sent * 60)
            // And out to the receiver.
            var lost = try sockets[1].takeDrops()
            if let near = target.nearIndex, let link = try lab.privateSession().link(index: near) {
                lost += try statistics(link).txDropped
            }
            #expect(sent == counted + lost)
        }

        private func statistics(_ link: Link) throws -> LinkStatistics {
            guard let statistics = link.statistics else { throw SetupError("no statistics of \(link.name)") }
            return statistics
        }

        @Test(
            "eight slots, four floods of two seconds: afterwards a frame a millisecond by each, and all arrive",
            arguments: IOChoice.onThisKernel)
        func exhaustion(io: IOChoice) throws {
            let lab = try SwitchLab(io: io, slots: 8)
            let sandboxes = try (0..<5).map { _ in try LabNamespace() }
            for (index, sandbox) in sandboxes.enumerated() {
                try lab.addPort(UInt16(index + 1), index % 2 == 0 ? .tap : .packetSocket, in: sandbox)
            }
            let sockets = try sandboxes.map { try FrameSocket(in: $0, bypassing: true) }
            try lab.introduce(sockets)
            // Everybody to 1.
            let floods = (1...4).map { index in
                FrameFlood(
                    Frames.plain(to: SwitchLab.mac(1), from: SwitchLab.mac(UInt16(index + 1))), through: sockets[index])
            }
            let flooding = try floods.map { flood in try SideThread { try flood.run() } }
            sleep(2)
            for flood in floods { flood.stop() }
            for thread in flooding { _ = try thread.join() }
            try lab.waitForQuiet()
            if io == .uring {
                #expect((UInt16(2)...5).map { lab.counters($0).rearmed }.reduce(0, +) > 0)
            }
            _ = sockets[0].takeAll()
            _ = try sockets[0].takeDrops()
            let tally = try FrameTally(sockets[0])
            let before = (UInt16(2)...5).map { lab.counters($0).receivedFrames }
            for number in 0..<500 {
                for index in 1...4 {
                    try sockets[index].put(
                        Frames.plain(
                            to: SwitchLab.mac(1), from: SwitchLab.mac(UInt16(index + 1)), number: UInt64(number)))
                }
                usleep(1_000)
            }
            #expect(KernelLab.eventually { tally.count == 2_000 }, "\(tally.count)")
            #expect(try tally.finish() == 2_000)
            #expect((UInt16(2)...5).map { lab.counters($0).receivedFrames } == before.map { $0 + 500 })
            for port in UInt16(1)...5 { #expect(lab.counters(port).ingressCloses) }
        }

        @Test(
            "300 ports, one floods, nine speak at a hundredth of that: the nine lose nothing",
            arguments: IOChoice.onThisKernel)
        func fairness(io: IOChoice) throws {
            let lab = try SwitchLab(io: io)
            // One sandbox for all: what they say is heard through the switch alone.
            let sandbox = try LabNamespace()
            for id in UInt16(1)...300 {
                let domain = (id - 1) / 10 + 1
                if id % 10 == 1 { try lab.session.perform(.domain(DomainConfiguration(id: domain))) }
                // In each of the first ten domains the first port speaks to the second. The others are silent, and veth
                // pairs, which the kernel makes sixteen times as fast.
                let speaks = domain <= 10 && (1...2).contains(id % 10)
                try lab.addPort(id, speaks ? .tap : .packetSocket, in: sandbox, as: "p\(id)", domain: domain)
            }
            let talkers = (0..<10).map { UInt16($0 * 10 + 1) }
            for talker in talkers {
                let listener = StationConfiguration(
                    domain: (talker - 1) / 10 + 1, mac: SwitchLab.mac(talker + 1), port: talker + 1)
                try lab.session.perform(.addStation(listener))
            }
            func frame(_ talker: UInt16) -> [UInt8] {
                Frames.plain(to: SwitchLab.mac(talker + 1), from: SwitchLab.mac(talker))
            }
            // Of several threads: one alone is sometimes no faster than the switch, and then nothing is refused.
            let floods = try (0..<Self.flooders).map { _ in
                FrameFlood(frame(1), through: try FrameSocket("p1", in: sandbox, bypassing: true))
            }
            func progress() -> UInt64 { floods.reduce(0) { $0 + $1.progress } }
            func stop() { for flood in floods { flood.stop() } }
            let nine = try talkers.dropFirst().map { talker in
                (socket: try FrameSocket("p\(talker)", in: sandbox), frame: frame(talker))
            }
            let sinks = try talkers.dropFirst().map { try FrameSocket("p\($0 + 1)", in: sandbox) }
            let flooding = try floods.map { flood in try SideThread { try flood.run() } }
            defer { stop() }
            func isBehind(_ sent: UInt64) -> Bool {
                talkers.dropFirst().contains { lab.counters($0).receivedFrames + 500 < sent }
            }
            var sent: UInt64 = 0
            let end = heddle_monotonic_nanoseconds() + 2_000_000_000
            while heddle_monotonic_nanoseconds() < end {
                while sent < progress() / 100 {
                    for talker in nine { try talker.socket.put(talker.frame) }
                    sent += 1
                    // A TAP's queue holds a thousand: a machine that stands still for a while must not look like loss.
                    while sent % 100 == 0, isBehind(sent), heddle_monotonic_nanoseconds() < end { usleep(100) }
                }
                usleep(100)
            }
            let due = progress() / 100
            stop()
            var outcome = FrameFlood.Outcome()
            for thread in flooding { outcome += try thread.join() }
            try lab.waitForQuiet()
            // They were let speak as much as they wanted to.
            #expect(sent > 300 && sent > due / 2, "\(sent) of \(due), \(outcome)")
            #expect(outcome.refused > outcome.taken / 100, "it was a flood: \(outcome)")
            for (index, talker) in talkers.dropFirst().enumerated() {
                #expect(lab.counters(talker).receivedFrames == sent)
                #expect(lab.counters(talker).forwarded == sent && lab.counters(talker).drops == [:])
                #expect(lab.counters(talker + 1).sentFrames == sent && lab.counters(talker + 1).drops == [:])
                #expect(try FrameTally(sinks[index]).finish() == sent)
                #expect(try sinks[index].takeDrops() == 0)
            }
            #expect(lab.counters(1).receivedFrames > sent)
        }
    }
}
