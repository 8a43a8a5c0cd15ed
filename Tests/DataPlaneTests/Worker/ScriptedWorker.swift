import CLinux
import DataPlane
import Glibc
import Testing

/// Something that a test stands on could not be made.
struct WorkerRigError: Error {}

/// A worker whose I/O and clock are the test's. Domain 1 exists; ports are put into it by `addPort`.
final class ScriptedWorker {
    let device: ScriptedDevice
    let mailbox: Mailbox
    let tables: SharedTables
    private var worker: Worker<ScriptedIO>
    private let eventSignal: Int32
    /// Nanoseconds of the monotonic clock.
    var clock: Int64 = 1_000_000_000_000

    /// `latency`: a descriptor for the latency hold. `routes`: with a router.
    init(ports: [UInt16] = [], slots: Int = 64, latency: Int32? = nil, routes: Bool = false) throws {
        eventSignal = heddle_eventfd()
        mailbox = try Mailbox(eventSignal: eventSignal)
        let file = try TemporaryTables(workers: 1)
        tables = try SharedTables(descriptor: file.descriptor)
        device = try ScriptedDevice(slotCount: slots, waker: mailbox.waker)
        let own = try SharedTables(descriptor: file.descriptor)
        guard let stations = own.stations(worker: 0, now: UInt32(clock / 1_000_000)) else { throw WorkerRigError() }
        worker = Worker(
            io: ScriptedIO(device: device), forwarding: Switch(stations: stations), tables: own, mailbox: mailbox,
            latency: latency.map { LatencyHold(descriptor: $0) }, spinMicroseconds: 0, routes: routes)
        try #require(perform(.setDomain(DomainConfiguration(id: 1))) == 0)
        for port in ports { try addPort(port) }
        _ = device.take()
    }

    deinit {
        close(eventSignal)
    }

    /// What the worker tells of itself.
    var numbers: WorkerNumbers? { tables.workerNumbers(0) }

    /// One round: what was delivered comes in.
    func step(after nanoseconds: Int64 = 0) {
        clock += nanoseconds
        device.wait()
        worker.proceed(at: clock)
    }

    /// Goes rounds by the machine's clock until a command ends it.
    func run() {
        worker.run()
    }

    /// A command, one round, and its answer; nil: not answered yet.
    func perform(_ command: WorkerCommand) -> Int32? {
        mailbox.submit(command)
        step()
        return mailbox.takeResult()
    }

    /// A port that is armed.
    func addPort(
        _ id: UInt16, domain: UInt16 = 1, isolated: Bool = false, accessVLAN: UInt16 = 0, sourceGuard: PortGuard? = nil,
        kind: PortKind = .tap
    ) throws {
        let port = PortConfiguration(
            id: id, domain: domain, kind: kind, isolated: isolated, accessVLAN: accessVLAN, token: UInt64(id),
            sourceGuard: sourceGuard)
        try #require(perform(.setPort(port, descriptor: 0)) == 0)
        step()
    }

    /// Delivers a frame behind a virtio_net_hdr of zeros, goes one round and returns what was sent.
    func put(
        _ frame: [UInt8], into port: UInt16, header: [UInt8] = TestFrames.vnet()
    ) -> [ScriptedDevice.Sent] {
        device.deliver(.frame(port: port, bytes: header + frame))
        step()
        return device.take().sent
    }

    func counters(_ port: UInt16) -> PortCounters {
        tables.counters(port: port)
    }

    /// Of a domain's tunnel side.
    func overlayCounters(_ domain: UInt16 = 1) -> PortCounters {
        tables.counters(overlay: domain)
    }

    func drops(_ port: UInt16, _ reason: DropReason) -> UInt64 {
        counters(port).drops[reason] ?? 0
    }

    /// Stations of domain 1 that are in the table, however old.
    var stationCount: Int { tables.stations(domain: DomainConfiguration(id: 1, ageingMilliseconds: .max)).count }

    /// How long the worker would wait now, in nanoseconds.
    var nextTimeout: Int64 { worker.nextTimeout() }

    /// What every test ends with: no rule was broken, and every slot is back.
    func expectSound(_ note: Comment? = nil, location: SourceLocation = #_sourceLocation) {
        #expect(device.misuses == [], note, sourceLocation: location)
        #expect(device.freeSlots == device.slotCount, note, sourceLocation: location)
    }

    /// Every frame that a port received went somewhere, once.
    func expectIngressCloses(_ port: UInt16, _ note: Comment? = nil, location: SourceLocation = #_sourceLocation) {
        #expect(counters(port).isIngressClosed, note, sourceLocation: location)
    }
}

extension PortCounters {
    /// Whether every frame that came in went somewhere, once.
    var isIngressClosed: Bool {
        let drops = drops.filter { $0.key.direction == .ingress }.values.reduce(0, +)
        return receivedFrames == forwarded + flooded + consumed + drops
    }
}

/// A file of shared tables that is gone when the last descriptor and mapping are.
final class TemporaryTables {
    let descriptor: Int32

    init(workers: Int) throws {
        var template = Array("/tmp/hdt-tables-XXXXXX".utf8CString)
        let made = mkstemp(&template)
        guard made >= 0 else { throw WorkerRigError() }
        close(made)
        let path = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        defer { unlink(path) }
        descriptor = try SharedTables.open(path: path, workers: workers)
    }

    deinit {
        close(descriptor)
    }
}

extension WorkerEvent {
    /// The port that it is about.
    var number: UInt16 {
        switch self {
        case .portGone(let port, _): port
        case .nextHopWanted(let uplink, _): uplink
        }
    }
}
