// Offers: `EngineThread`, a whole engine on threads of this process, with its own listener and tables.

import CLinux
import DataPlane
import Glibc
import Synchronization

/// An engine as the engine's process runs it. Ends, and lets go of all its descriptors, with this value.
final class EngineThread {
    /// The engine is its thread's alone while that runs.
    private final class Body: @unchecked Sendable {
        let engine: Engine
        init(_ engine: Engine) { self.engine = engine }
    }

    private static let counter = Atomic<Int>(0)

    /// Where daemons connect.
    let path: String
    /// The counters and stations of its ports.
    let tables: SharedTables
    private let body: Body
    private let thread: SideThread<Void>

    /// Starts it. `latency` is a file to open in the place of /dev/cpu_dma_latency.
    init(options: EngineOptions, latency: String = "/dev/null") throws {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        path = "/tmp/hdt-\(getpid())-\(number).engine"
        let file = path + ".tables"
        let descriptor = try SharedTables.open(path: file, workers: options.workers)
        defer { close(descriptor) }
        unlink(file)
        tables = try SharedTables(descriptor: descriptor)
        let listener = heddle_seqpacket_listen(path)
        guard listener >= 0 else { throw SetupError("cannot listen at \(path): error \(-listener)") }
        let body = Body(
            try Engine(
                options: options, listener: listener, tables: fcntl(descriptor, F_DUPFD_CLOEXEC, 0),
                latency: open(latency, O_RDWR | O_CLOEXEC)))
        self.body = body
        thread = try SideThread { body.engine.run() }
    }

    deinit {
        if let session = try? EngineSession(path: path), (try? session.request(.shutdown)) == 0 { try? thread.join() }
        unlink(path)
    }

    /// Nanoseconds of processor time that the workers have used.
    var processorTime: Int64 { body.engine.processorTime }
}
