import Addresses
import CLinux
import DataPlane
import Glibc
import Netlink
import Testing

extension RealKernel {
    /// A worker on the ring whose rounds the test goes one by one, so that it decides how much waits meanwhile.
    private final class SteppedWorker {
        let sandbox: LabNamespace
        let tables: SharedTables
        private let mailbox: Mailbox
        private let eventSignal: Int32
        private var worker: Worker<RingIO>
        private var descriptors: [Int32] = []

        init(slots: Int, completions: Int) throws {
            sandbox = try LabNamespace()
            eventSignal = heddle_eventfd()
            mailbox = try Mailbox(eventSignal: eventSignal)
            let path = "/tmp/hdt-\(getpid())-overflow.tables"
            let file = try SharedTables.open(path: path, workers: 1)
            defer { close(file) }
            unlink(path)
            tables = try SharedTables(descriptor: file)
            let own = try SharedTables(descriptor: file)
            guard let stations = own.stations(worker: 0, now: 0) else { throw SetupError("no station table") }
            worker = Worker(
                io: try RingIO(slotCount: slots, waker: mailbox.waker, completions: completions),
                forwarding: Switch(stations: stations), tables: own, mailbox: mailbox, latency: nil,
                spinMicroseconds: 0)
        }

        deinit {
            for descriptor in descriptors { close(descriptor) }
            close(eventSignal)
        }

        func perform(_ command: WorkerCommand) throws {
            mailbox.submit(command)
            for _ in 0..<1_000 {
                worker.step(timeout: 1_000_000)
                guard let result = mailbox.takeResult() else { continue }
                guard result == 0 else { throw SetupError("\(command) is refused: error \(result)") }
                return
            }
            throw SetupError("\(command) isn't answered")
        }

        func addTap(_ id: UInt16) throws {
            let name = "p\(id)"
            let descriptor = try sandbox.run { try TapDevice.create(name: name, persist: false) }
            descriptors.append(descriptor)
            var change = LinkChange()
            change.mac = SwitchLab.mac(id)
            change.isUp = true
            try sandbox.session().change(link: sandbox.link(name).index, change)
            try sandbox.waitUntilRunning(name)
            let port = PortConfiguration(id: id, domain: 1, kind: .tap, token: 1)
            try perform(.setPort(port, descriptor: descriptor))
        }

        func step() {
            worker.step(timeout: 0)
        }

        func total(_ value: (PortCounters) -> UInt64, _ ids: ClosedRange<UInt16>) -> UInt64 {
            ids.reduce(0) { $0 + value(tables.counters(port: $1)) }
        }
    }

    @Suite("A completion queue that overflows", .enabled(if: IOChoice.onThisKernel.contains(.uring), "needs io_uring"))
    struct CompletionOverflowTests {
        @Test("receiving ends, begins again, and no frame is lost")
        func overflows() throws {
            // As many slots as frames can wait, so that only the queue of 1024 completions can be what ends receiving.
            let rig = try SteppedWorker(slots: 4_096, completions: 1_024)
            try rig.perform(.setDomain(DomainConfiguration(id: 1)))
            let senders = UInt16(2)...49
            for id in UInt16(1)...49 { try rig.addTap(id) }
            try rig.perform(.addStation(StationConfiguration(domain: 1, mac: SwitchLab.mac(1), port: 1)))
            let sink = try FrameSocket("p1", in: rig.sandbox)
            let sockets = try senders.map { try FrameSocket("p\($0)", in: rig.sandbox) }
            // Small ones, of which a worker gives the kernel many slots.
            func queue(_ count: Int) throws {
                for (id, socket) in zip(senders, sockets) {
                    let frame = Frames.plain(to: SwitchLab.mac(1), from: SwitchLab.mac(id), length: 20)
                    for _ in 0..<count { try socket.put(frame) }
                }
            }
            func drain(_ count: UInt64) -> Bool {
                defer { rig.step() }  // What was received last is sent with the next wait.
                return KernelLab.eventually {
                    rig.step()
                    return rig.total(\.receivedFrames, senders) == count
                }
            }
            // The number of slots that it gives grows with what it sees.
            var sent: UInt64 = 0
            for _ in 0..<20 {
                try queue(20)
                sent += 20 * UInt64(sockets.count)
                try #require(drain(sent))
            }
            let rearmed = rig.total(\.rearmed, senders)
            // 3072 frames wait at once, for 1024 completions.
            try queue(64)
            sent += 64 * UInt64(sockets.count)
            #expect(drain(sent))
            #expect(rig.total(\.rearmed, senders) > rearmed)
            let told = rig.tables.workerNumbers(0)
            #expect((told?.overflows ?? 0) > 0 && told?.lost == 0 && told?.slots == 4_096)
            #expect((told?.frames ?? 0) >= sent && (told?.receivingSlots ?? 0) > 0)
            #expect(rig.total(\.forwarded, senders) == sent)
            #expect(rig.tables.counters(port: 1).sentFrames == sent && rig.tables.counters(port: 1).drops == [:])
            #expect(try FrameTally(sink).finish() + sink.takeDrops() == sent)
            // Afterwards everything is as before.
            for (id, socket) in zip(senders, sockets) {
                let frame = Frames.plain(to: SwitchLab.mac(1), from: SwitchLab.mac(id), number: UInt64(id))
                try socket.put(frame)
                sent += 1
                #expect(drain(sent))
                #expect(sink.receiveFrame() == frame)
            }
        }
    }
}
