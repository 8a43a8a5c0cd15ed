import Glibc
import Synchronization

/// A TCP server that takes every connection and ends it when the client does.
final class TakingServer {
    private final class Shared: Sendable {
        let isStopped = Atomic<Bool>(false)
        let taken = Atomic<Int>(0)
    }

    private let shared = Shared()
    private let listener: Int32
    private var thread: LabThread?

    init(in sandbox: TestSandbox, _ address: String, port: UInt16) throws {
        listener = try sandbox.inside { try InternetSocket.stream(address) }
        try InternetSocket.bind(listener, address, port: port)
        InternetSocket.setTimeout(listener, .milliseconds(50))
        guard listen(listener, 4_096) == 0 else { throw LabError.system("listen") }
        let (shared, listener) = (shared, listener)
        thread = LabThread {
            while !shared.isStopped.load(ordering: .acquiring) {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { continue }
                shared.taken.add(1, ordering: .relaxed)
                close(descriptor)
            }
        }
    }

    deinit {
        shared.isStopped.store(true, ordering: .releasing)
        thread?.join()
        close(listener)
    }

    /// Connections so far.
    var taken: Int { shared.taken.load(ordering: .relaxed) }
}

/// Clients that connect and hang up, so and so many times a second.
enum ConnectionStorm {
    /// What became of it.
    struct Verdict: Sendable {
        var attempts = 0
        var failures = 0
        /// The last error.
        var error: Int32 = 0
        var duration: Duration = .zero

        /// Connections a second.
        var rate: Int { Int(Double(attempts) / max(duration.milliseconds, 1) * 1_000) }
    }

    /// Connects from every sandbox for a while, `perSecond` times in all. Ends each connection with a RST, so that
    /// the clients' own ports suffice.
    static func run(
        from sandboxes: [TestSandbox], to address: String, port: UInt16, perSecond: Int, seconds: Int
    ) -> Verdict {
        let share = perSecond / sandboxes.count
        let holder = Holder()
        let threads = sandboxes.map { sandbox in
            LabThread {
                let verdict = try? sandbox.inside {
                    try client(address, port, perSecond: share, seconds: seconds)
                }
                holder.add(verdict ?? Verdict(attempts: 1, failures: 1, error: -1))
            }
        }
        for thread in threads { thread.join() }
        return holder.all.reduce(into: Verdict()) { sum, one in
            sum.attempts += one.attempts
            sum.failures += one.failures
            if one.failures > 0 { sum.error = one.error }
            sum.duration = max(sum.duration, one.duration)
        }
    }

    private final class Holder: Sendable {
        private let verdicts = Mutex<[Verdict]>([])
        var all: [Verdict] { verdicts.withLock { $0 } }
        func add(_ verdict: Verdict) { verdicts.withLock { $0.append(verdict) } }
    }

    private static func client(
        _ address: String, _ port: UInt16, perSecond: Int, seconds: Int
    ) throws -> Verdict {
        var verdict = Verdict()
        let begun = MachineTime.monotonic
        let pause = Int64(1_000_000_000 / perSecond)
        for number in 0..<(perSecond * seconds) {
            MachineTime.sleep(until: begun + Int64(number) * pause)
            let descriptor = try InternetSocket.stream(address)
            InternetSocket.setTimeout(descriptor, .seconds(5))
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, 8)
            verdict.attempts += 1
            do {
                try InternetSocket.connect(descriptor, address, port: port)
            } catch {
                verdict.failures += 1
                verdict.error = errno
            }
            close(descriptor)
            if MachineTime.monotonic - begun > Int64(seconds) * 1_500_000_000 { break }
        }
        verdict.duration = .nanoseconds(MachineTime.monotonic - begun)
        return verdict
    }
}
