import CLinux
import DataPlane
import Glibc
import Synchronization
import SystemPackage
import Testing

/// A whole engine on a thread of this process, with its own listener and tables. Its ports are socket pairs, so that no
/// privilege is needed.
final class EngineRig {
    /// The engine is the thread's alone while that runs.
    private final class Body: @unchecked Sendable {
        let engine: Engine
        init(_ engine: Engine) { self.engine = engine }
    }

    private static let counter = Atomic<Int>(0)

    let path: String
    let tables: SharedTables
    private let body: Body
    private var thread = pthread_t()
    private var isRunning = true

    init(io: IOChoice, workers: Int = 1, slots: Int = 64) throws {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        path = "/tmp/hdt-\(getpid())-\(number).engine"
        let file = try TemporaryTables(workers: workers)
        tables = try SharedTables(descriptor: file.descriptor)
        let listener = heddle_seqpacket_listen(path)
        try #require(listener >= 0)
        let options = EngineOptions(workers: workers, io: io, spinMicroseconds: 0, slots: slots)
        body = Body(
            try Engine(
                options: options, listener: listener, tables: dup(file.descriptor),
                latency: open("/dev/null", O_RDWR | O_CLOEXEC)))
        let context = Unmanaged.passRetained(body)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().engine.run()
                return nil
            }, context.toOpaque())
        try #require(result == 0)
    }

    deinit {
        if isRunning { try? stop() }
        unlink(path)
    }

    /// Nanoseconds of processor time of the workers.
    var processorTime: Int64 { body.engine.processorTime }

    func connect() throws -> EngineClient {
        EngineClient(try EngineConnection(path: path))
    }

    /// Ends the engine and waits for its threads.
    func stop() throws {
        let client = try connect()
        try #require(try client.request(.shutdown) == 0)
        join()
    }

    /// Waits for an engine that was asked to end.
    func join() {
        pthread_join(thread, nil)
        isRunning = false
    }

    func counters(_ port: UInt16) -> PortCounters {
        tables.counters(port: port)
    }

    /// Waits until something holds, for at most five seconds.
    static func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<5_000 {
            if try condition() { return true }
            usleep(1_000)
        }
        return false
    }
}

/// A daemon's end of the connection to an engine.
final class EngineClient {
    /// The engine said nothing for five seconds.
    struct Silence: Error {}

    private let connection: EngineConnection
    private var sequence: UInt32 = 0
    /// What came beside acknowledgements.
    private(set) var others: [EngineConnection.Received] = []

    init(_ connection: consuming EngineConnection) {
        self.connection = connection
    }

    deinit {
        for case (_, let descriptor?) in others { close(descriptor) }
    }

    /// Sends a request and waits for its acknowledgement; an errno.
    func request(_ request: EngineRequest, passing descriptor: Int32? = nil) throws -> Int32 {
        sequence += 1
        try connection.send(request, sequence: sequence, passing: descriptor)
        while true {
            let received = try receive()
            if case .acknowledgement(let number, let error) = received.reply, number == sequence { return error }
            others.append(received)
        }
    }

    /// Sends without waiting for an answer.
    func post(_ request: EngineRequest) throws {
        sequence += 1
        try connection.send(request, sequence: sequence)
    }

    /// Sends bytes that are no message, or not quite.
    func send(raw bytes: [UInt8], passing descriptor: Int32 = -1) -> Int {
        bytes.withUnsafeBytes { heddle_send_message(connection.descriptor, $0.baseAddress, $0.count, descriptor) }
    }

    /// The next message.
    func receive() throws -> EngineConnection.Received {
        var state = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, 5_000) == 1 else { throw Silence() }
        return try connection.receiveReply()
    }

    /// Whether the engine has let go of the connection.
    func isClosed() throws -> Bool {
        do {
            while true { _ = try receive() }
        } catch let error as EngineConnection.ReceiveError {
            return error == .closed || error == .system(.connectionReset)
        }
    }

    /// Makes a domain and ports, each from its socket pair, token and number equal.
    func configure(domain: UInt16 = 1, _ ports: [FakeTap]) throws {
        try #require(try request(.domain(DomainConfiguration(id: domain))) == 0)
        for port in ports { try add(port, domain: domain) }
    }

    func add(_ port: FakeTap, domain: UInt16 = 1, token: UInt64? = nil) throws {
        try #require(try request(.port(port.configuration(domain: domain, token: token)), passing: port.near) == 0)
        port.closeNear()
    }
}

/// A socket pair in the place of a TAP: one message is one read, of any bytes whatever.
final class FakeTap {
    let id: UInt16
    /// The engine's end, until `closeNear`.
    private(set) var near: Int32
    let far: Int32

    init(_ id: UInt16) throws {
        self.id = id
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        closeNear()
        close(far)
    }

    /// Lets go of the engine's end, so that the engine alone holds it.
    func closeNear() {
        if near >= 0 { close(near) }
        near = -1
    }

    func configuration(domain: UInt16 = 1, token: UInt64? = nil, mtu: UInt32 = 1_500) -> PortConfiguration {
        PortConfiguration(id: id, domain: domain, kind: .tap, mtu: mtu, token: token ?? UInt64(id))
    }

    /// Puts bytes (virtio_net_hdr and frame) in. False: the queue is full.
    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(far, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Puts a frame in behind a virtio_net_hdr of zeros.
    func send(frame: [UInt8]) throws {
        try #require(send(TestFrames.vnet() + frame))
    }

    /// What came out next; nil: nothing within the time.
    func receive(within milliseconds: Int32 = 5_000) -> [UInt8]? {
        var state = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 80_000)
        let count = recv(far, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// The frame that came out next, from the destination address on.
    func receiveFrame(within milliseconds: Int32 = 5_000) -> [UInt8]? {
        receive(within: milliseconds).map { Array($0.dropFirst(VirtioNetHeader.length)) }
    }

    /// Whether nobody holds the engine's end any more, waited for.
    func isClosed() -> Bool {
        EngineRig.eventually {
            var byte: UInt8 = 0
            return recv(far, &byte, 1, Int32(MSG_PEEK)) == 0
        }
    }
}

extension IOChoice {
    /// The ones that this kernel has.
    static let available: [IOChoice] = {
        let waker = heddle_eventfd()
        defer { close(waker) }
        let hasRing = (try? RingIO(slotCount: 8, waker: waker)) != nil
        return hasRing ? [.uring, .epoll] : [.epoll]
    }()
}
