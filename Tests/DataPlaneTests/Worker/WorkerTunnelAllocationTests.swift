import Addresses
import CAllocationCounter
import CLinux
import Glibc
import Testing

@testable import DataPlane

#if !DEBUG
/// The compiler holds that a worker with a real I/O allocates nothing; this counts, on frames through a tunnel.
@Suite("Allocations of a worker with a tunnel")
struct WorkerTunnelAllocationTests {
    private typealias Make = TestFrames

    /// A worker on epoll whose ports are socket pairs, driven by the test's thread.
    private final class Rig {
        let taps: [FakeTap]
        private let mailbox: Mailbox
        private var worker: Worker<EpollIO>
        private let eventSignal: Int32
        private var buffer = [UInt8](repeating: 0, count: 70_000)

        init() throws {
            eventSignal = heddle_eventfd()
            mailbox = try Mailbox(eventSignal: eventSignal)
            let file = try TemporaryTables(workers: 1)
            let tables = try SharedTables(descriptor: file.descriptor)
            guard let stations = tables.stations(worker: 0, now: 0) else { throw WorkerRigError() }
            worker = Worker(
                io: try EpollIO(slotCount: 64, waker: mailbox.waker), forwarding: Switch(stations: stations),
                tables: tables, mailbox: mailbox, latency: nil, spinMicroseconds: 0)
            taps = try [1, 2, 100, 101].map { try FakeTap($0) }
            for (tap, kind) in zip(taps, [PortKind.tap, .tap, .tunnel, .datagram]) {
                if kind == .tap { try perform(.setDomain(DomainConfiguration(id: 1))) }
                let port = PortConfiguration(
                    id: tap.id, domain: kind.isInDomain ? 1 : 0, kind: kind, token: UInt64(tap.id))
                try perform(.setPort(port, descriptor: tap.near))
            }
            try perform(.setTunnel(TunnelConfiguration(id: 100, senders: [101], local: Underlay.local)))
            let overlay = ScriptedWorker.overlay(answersNeighbours: true)
            try perform(.setDomain(DomainConfiguration(id: 1, overlay: overlay)))
            let neighbour = NeighbourConfiguration(
                domain: 1, address: Underlay.ipv4(0x0A00_0003), mac: MACAddress(value: Make.bob))
            try perform(.addNeighbour(neighbour))
        }

        deinit { close(eventSignal) }

        private func perform(_ command: WorkerCommand) throws {
            mailbox.submit(command)
            worker.step(timeout: 0)
            try #require(mailbox.takeResult() == 0)
        }

        /// One round, as `step` goes it.
        func round() -> UInt64 {
            worker.io.wait(timeout: 0, spin: 0)
            let before = heddle_thread_allocations()
            worker.tunnels.memory.reset()
            worker.tunnels.isCopyInUse = false
            _ = worker.forwardByEpoll()
            return heddle_thread_allocations() - before
        }

        /// Empties the far ends; how many messages came out.
        func drain() -> Int {
            var count = 0
            for tap in taps {
                while recv(tap.far, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 { count += 1 }
            }
            return count
        }

        var counters: PortCounters { worker.tables.counters(overlay: 1) }
    }

    @Test("thousands of frames of every kind into and out of a tunnel allocate nothing")
    func nothing() throws {
        let rig = try Rig()
        let bytes = [UInt8](repeating: 1, count: 20_000)
        let away = TunnelFlow()
        let home = TunnelFlow(destination: Make.alice, source: Make.bob)
        let request = Make.arp(operation: 1, senderIP: 0x0A00_0002, targetIP: 0x0A00_0003)
        let large = away.frame([UInt8](repeating: 2, count: 1_500))
        var told = home.header(segment: 1_000)
        told[6] += UInt8(Underlay.flow().headerLength + 8)
        let out = [
            Make.vnet() + Make.plain(), Make.vnet() + away.frame([1, 2, 3]), Make.vnet() + large,
            Make.vnet() + Make.plain(to: Make.broadcast),
            Make.vnet() + Make.ethernet(to: Make.broadcast, type: 0x0806, request),
            away.header(segment: 1_000) + away.frame(bytes, partial: true),
            Make.vnet(flags: 1, start: 34, offset: 16) + away.frame([1], partial: true),
        ]
        let back = [
            Make.vnet() + Underlay.datagram(Make.plain(to: Make.alice, from: Make.bob)),
            Underlay.train(home.frames(bytes, segment: 1_000)),
            told + Underlay.flow().frame(vxlan(home.frame(bytes, partial: true))),
            Make.vnet() + Underlay.datagram(Make.plain(), from: Underlay.third),
            Make.vnet() + Underlay.datagram(Make.plain(), vni: 9),
            Make.vnet() + Array(Underlay.datagram([]).prefix(40)),
        ]
        var allocations: UInt64 = 0
        var messages = 0
        for round in 0..<300 {
            for message in out { #expect(rig.taps[0].send(message)) }
            for message in back { #expect(rig.taps[2].send(message)) }
            // The first rounds may make the runtime fetch what it knows of types.
            let counted = rig.round()
            if round >= 3 { allocations += counted }
            messages += rig.drain()
        }
        #expect(allocations == 0 || allocations > 1 << 60)
        // For each round: trains to the peers, floods to the other port, answers, and frames home.
        #expect(messages > 300 * 8)
        #expect(rig.counters.sentFrames >= 300 * 5 && rig.counters.forwarded >= 300 * 20)
    }
}
#endif
