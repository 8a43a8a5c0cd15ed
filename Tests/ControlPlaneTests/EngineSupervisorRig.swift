import CLinux
import DataPlane
import Dispatch
import Glibc
import Logging
import SystemPackage
import Testing

@testable import ControlPlane

/// A supervisor and real engines on threads of this process. Ports are socket pairs, so that no privilege is needed.
final class EngineSupervisorRig {
    /// The engine is the thread's alone while that runs.
    private final class Body: @unchecked Sendable {
        let engine: Engine
        init(_ engine: Engine) { self.engine = engine }
    }

    let supervisor: EngineSupervisor
    private let directory: TemporaryDirectory
    private let workers: Int
    private var threads: [pthread_t] = []

    init(workers: Int = 1) throws {
        self.workers = workers
        directory = try TemporaryDirectory()
        supervisor = EngineSupervisor(
            paths: try RuntimePaths(socket: directory.path + "/s", stateDirectory: directory.path + "/state"),
            settings: EngineSettings(workers: workers, inputOutput: .epoll, program: "/nothing"),
            loop: try WiringLoop(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    deinit {
        endEngine()
    }

    /// Starts an engine and connects to it; it isn't told anything.
    func startEngine() throws {
        let path = directory.path + "/e\(threads.count)"
        let listener = heddle_seqpacket_listen(path)
        try #require(listener >= 0)
        let tables = try SharedTables.open(path: path + ".tables", workers: workers)
        let body = Body(
            try Engine(
                options: EngineOptions(workers: workers, io: .epoll, spinMicroseconds: 0, slots: 64),
                listener: listener, tables: tables, latency: open("/dev/null", O_RDWR | O_CLOEXEC)))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().engine.run()
                return nil
            }, Unmanaged.passRetained(body).toOpaque())
        try #require(result == 0)
        threads.append(thread)
        supervisor.link = try EngineLink(path: path)
    }

    /// Connects to a socket at which nobody answers.
    func connectToSilence() throws {
        let path = directory.path + "/silence"
        let listener = heddle_seqpacket_listen(path)
        try #require(listener >= 0)
        silent.append(listener)
        supervisor.link = try EngineLink(path: path)
    }

    private var silent: [Int32] = []

    /// Ends the engine, as if it had died.
    func endEngine() {
        for listener in silent { close(listener) }
        silent = []
        guard let link = supervisor.link else { return }
        if threads.last != nil { _ = try? link.ask(.shutdown) }
        supervisor.link = nil
        if let thread = threads.last { pthread_join(thread, nil) }
    }

    /// Runs what is to be done later, until `isDone` is signalled or five seconds have passed. The supervisor is the loop's
    /// meanwhile.
    func runLoop(until isDone: DispatchSemaphore) throws -> Bool {
        try supervisor.loop.start()
        defer { supervisor.loop.stop() }
        return isDone.wait(timeout: .now() + 5) == .success
    }

    /// A port whose other end is the test's; the supervisor holds it, and no engine was told.
    func makePort(_ id: UInt16, domain: UInt16, token: UInt64? = nil) throws -> SupervisedPort {
        let port = try SupervisedPort()
        supervisor.hold(
            PortConfiguration(id: id, domain: domain, kind: .tap, mtu: 1_500, token: token ?? UInt64(id)),
            descriptor: port.near)
        return port
    }

    /// Begins a capture, and returns where its records come.
    func capture(_ configuration: CaptureConfiguration) throws -> SupervisedCapture {
        let descriptor = try CaptureRing.make(capacity: CaptureRing.smallest)
        let capture = SupervisedCapture(CaptureReader(try CaptureMemory(descriptor: descriptor)))
        try supervisor.start(configuration, descriptor: descriptor)
        return capture
    }
}

/// The far end of a port: one message is one read, virtio_net_hdr and frame.
final class SupervisedPort {
    /// The supervisor's.
    let near: Int32
    private let far: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        close(far)
    }

    /// A broadcast of 60 bytes whose source ends with that byte.
    func send(from station: UInt8 = 1) throws {
        let frame =
            [UInt8](repeating: 0, count: 10) + [UInt8](repeating: 0xFF, count: 6)
            + [2, 0, 0, 0, 0, station, 0x88, 0xB5] + [UInt8](repeating: 0, count: 46)
        try #require(Glibc.send(far, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count)
    }

    /// Whether a frame comes out within the time.
    func receives(within milliseconds: Int32 = 5_000) -> Bool {
        var state = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, milliseconds) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: 2_048)
        return recv(far, &buffer, buffer.count, 0) > 0
    }
}

/// Records of a capture, as they come.
final class SupervisedCapture {
    private var reader: CaptureReader

    init(_ reader: consuming CaptureReader) {
        self.reader = reader
    }

    /// The ports of the records that are there, once there are so many or two seconds have passed.
    func ports(_ count: Int) -> [UInt16] {
        var ports: [UInt16] = []
        for _ in 0..<400 {
            while let record = reader.next() { ports.append(record.port) }
            if ports.count >= count { break }
            usleep(5_000)
        }
        return ports
    }
}
