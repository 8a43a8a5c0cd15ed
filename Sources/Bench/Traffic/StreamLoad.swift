import Glibc
import Synchronization
import SystemPackage

/// Own TCP load: some connections, a thread for each end of each, bytes counted where they arrive. Used where iperf3
/// is not installed, and wherever a rate is to be kept.
package struct StreamLoad: Sendable {
    /// Connections at a time.
    package var streams: Int
    /// Seconds to send for.
    package var seconds: Double
    /// Bytes a second over all connections; nil: as fast as it goes.
    package var rate: Double?
    /// Whether those send who were connected to.
    package var isReversed = false

    /// What went through.
    package struct Outcome: Sendable, Hashable {
        /// Bytes that arrived.
        package var bytes: UInt64
        /// From the first write to the last byte read.
        package var seconds: Double

        /// Gigabits (10^9) of payload a second.
        package var gigabits: Double { seconds > 0 ? Double(bytes) * 8 / seconds / 1e9 : 0 }
    }

    /// Bytes a system call moves.
    private static let chunk = 128 << 10
    /// How long a connection may stand still before its ends give up: a path that died must not hold the run up.
    private static let patience = 5_000

    /// Describes a load.
    package init(streams: Int, seconds: Double, rate: Double? = nil, isReversed: Bool = false) {
        self.isReversed = isReversed
        self.streams = streams
        self.seconds = seconds
        self.rate = rate
    }

    /// Sends from one place to another. `openListener` and `openSender` open sockets in the right namespaces.
    package func run(
        openListener: () throws -> (descriptor: Int32, port: UInt16), openSender: (_ port: UInt16) throws -> Int32
    ) throws -> Outcome {
        let listener = try openListener()
        defer { close(listener.descriptor) }
        InternetSocket.limitWaiting(listener.descriptor, milliseconds: Self.patience)
        var senders: [BenchThread<Void>] = []
        var receivers: [BenchThread<(bytes: UInt64, end: UInt64)>] = []
        let start = MachineClock.now
        let deadline = start + MachineClock.nanoseconds(seconds)
        let share = rate.map { $0 / Double(streams) }
        var failure: (any Error)?
        do {
            for _ in 0..<streams {
                let asking = try openSender(listener.port)
                InternetSocket.limitWaiting(asking, milliseconds: Self.patience)
                let asked = accept(listener.descriptor, nil, nil)
                guard asked >= 0 else {
                    let error = Errno(rawValue: errno)
                    close(asking)
                    throw BenchError("cannot accept: \(error)")
                }
                InternetSocket.limitWaiting(asked, milliseconds: Self.patience)
                let (sending, receiving) = isReversed ? (asked, asking) : (asking, asked)
                senders.append(try BenchThread.start { Self.send(on: sending, from: start, until: deadline, share) })
                receivers.append(try BenchThread.start { Self.receive(on: receiving) })
            }
        } catch {
            failure = error
        }
        for sender in senders { try sender.join() }
        let counts = try receivers.map { try $0.join() }
        if let failure { throw failure }
        let end = counts.map(\.end).max() ?? start
        return Outcome(bytes: counts.reduce(0) { $0 + $1.bytes }, seconds: Double(end - start) / 1e9)
    }

    /// Writes until the deadline and closes the socket. A peer that goes away ends it early: the bytes say so.
    private static func send(on descriptor: Int32, from start: UInt64, until deadline: UInt64, _ rate: Double?) {
        defer { close(descriptor) }
        MachineClock.wakeOnTime()
        let chunk = [UInt8](repeating: 0x5A, count: Self.chunk)
        var written = 0
        var now = start
        while now < deadline {
            if let rate {
                let next = start + UInt64(Double(written) * 1e9 / rate)
                if next > now { MachineClock.sleep(until: min(next, deadline)) }
            }
            let count = Glibc.send(descriptor, chunk, chunk.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return }
            written += count
            now = MachineClock.now
        }
    }

    private static func receive(on descriptor: Int32) -> (bytes: UInt64, end: UInt64) {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        var bytes: UInt64 = 0
        var end = MachineClock.now
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (bytes, end) }
            bytes += UInt64(count)
            end = MachineClock.now
        }
    }
}
