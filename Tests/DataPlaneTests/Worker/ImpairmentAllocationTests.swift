import CAllocationCounter
import CLinux
import Glibc
import Testing

@testable import DataPlane

#if !DEBUG
/// The compiler holds that a worker with a real I/O allocates nothing; this counts, on frames that are impaired.
@Suite("Allocations of a worker with impaired ports")
struct ImpairmentAllocationTests {
    private typealias Make = TestFrames

    @Test("thousands of frames that are held, lost, cut, copied, changed and overtaken allocate nothing")
    func nothing() throws {
        let eventSignal = heddle_eventfd()
        defer { close(eventSignal) }
        let mailbox = try Mailbox(eventSignal: eventSignal)
        let file = try TemporaryTables(workers: 1)
        let tables = try SharedTables(descriptor: file.descriptor)
        guard let stations = tables.stations(worker: 0, now: 0) else { throw WorkerRigError() }
        var worker = Worker(
            io: try EpollIO(slotCount: 64, waker: mailbox.waker), forwarding: Switch(stations: stations),
            tables: tables, mailbox: mailbox, latency: nil, spinMicroseconds: 0)
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        var settings = ImpairmentSettings()
        settings.delay = 2_000_000
        settings.jitter = 1_000_000
        settings.isNormal = true
        settings.loss = ImpairmentSettings.share(0.1)
        settings.duplicate = ImpairmentSettings.share(0.1)
        settings.corrupt = ImpairmentSettings.share(0.1)
        settings.reorder = ImpairmentSettings.share(0.1)
        settings.rate = 1_000_000_000
        settings.queue = 100_000_000
        var commands = [WorkerCommand.setDomain(DomainConfiguration(id: 1))]
        commands += taps.map { .setPort($0.configuration(), descriptor: $0.near) }
        commands += [(1, false), (2, true)].map {
            .impair(ImpairmentConfiguration(port: $0.0, isOut: $0.1, settings: settings))
        }
        for command in commands {
            mailbox.submit(command)
            worker.step(timeout: 0)
            try #require(mailbox.takeResult() == 0)
        }
        let flow = TunnelFlow(destination: Make.bob, source: Make.alice)
        let messages = [
            Make.vnet() + Make.plain(), Make.vnet() + flow.frame([UInt8](repeating: 2, count: 1_400)),
            flow.header(segment: 1_000) + flow.frame([UInt8](repeating: 1, count: 20_000), partial: true),
            Make.vnet(flags: 1, start: 34, offset: 16) + flow.frame([1], partial: true),
        ]
        var buffer = [UInt8](repeating: 0, count: 70_000)
        var allocations: UInt64 = 0
        var received = 0
        for round in 0..<500 {
            for message in messages { #expect(taps[0].send(message)) }
            worker.io.wait(timeout: 0, spin: 0)
            worker.clock += 1_000_000
            let before = heddle_thread_allocations()
            worker.impairments.reclaim()
            _ = worker.forwardByEpoll()
            let counted = heddle_thread_allocations() - before
            // The first rounds may make the runtime fetch what it knows of types.
            if round >= 3 { allocations += counted }
            while recv(taps[1].far, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 { received += 1 }
        }
        #expect(allocations == 0 || allocations > 1 << 60)
        #expect(received > 500 * 15)
        #expect(worker.tables.counters(port: 1).drops[.impairmentLoss] ?? 0 > 500)
    }
}
#endif
