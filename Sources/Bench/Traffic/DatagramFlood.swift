import CLinux
import Glibc
import SystemPackage

/// Small datagrams as fast as they can be sent, and how many of them arrive.
package struct DatagramFlood: Sendable {
    /// Seconds to send for.
    package var seconds: Double

    /// What came of it.
    package struct Outcome: Sendable, Hashable {
        /// Datagrams that the sender's kernel took.
        package var sent: UInt64 = 0
        /// Datagrams that the receiver read.
        package var received: UInt64 = 0
        /// From the first to the last one sent.
        package var seconds: Double = 0
    }

    /// Bytes of payload: a frame of 60 bytes.
    package static let length = 18
    private static let batch = 64
    /// How long nothing must come until it is over, milliseconds.
    private static let quiet = 200

    /// Describes a flood.
    package init(seconds: Double) {
        self.seconds = seconds
    }

    /// Sends from a route's client to its server.
    package func run(on route: ServerRoute) throws -> Outcome {
        let receiver = try route.server.run {
            try InternetSocket.datagram(on: route.bound.address, port: route.bound.port)
        }
        InternetSocket.enlargeReceiving(receiver.descriptor)
        InternetSocket.limitWaiting(receiver.descriptor, milliseconds: Self.quiet)
        let sender: Int32
        do {
            sender = try route.client.run {
                try InternetSocket.datagram(to: route.reached.address, port: route.port(ofServerAt: receiver.port))
            }
        } catch {
            close(receiver.descriptor)
            throw error
        }
        defer { close(sender) }
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        let counting = try BenchThread.start { Self.count(on: receiver.descriptor, until: deadline) }
        var outcome = send(on: sender, until: deadline)
        outcome.received = try counting.join()
        return outcome
    }

    private func send(on descriptor: Int32, until deadline: UInt64) -> Outcome {
        let bytes = [UInt8](repeating: 0x5A, count: Self.length * Self.batch)
        var outcome = Outcome()
        let start = MachineClock.now
        var now = start
        while now < deadline {
            // What is refused (a full queue, an ICMP message that came back) is offered anew.
            let taken = heddle_bench_send(descriptor, bytes, Self.length, Self.length, UInt32(Self.batch))
            if taken > 0 { outcome.sent += UInt64(taken) }
            now = MachineClock.now
        }
        outcome.seconds = Double(now - start) / 1e9
        return outcome
    }

    /// Counts until the deadline is over and nothing comes any more.
    private static func count(on descriptor: Int32, until deadline: UInt64) -> UInt64 {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64)
        var received: UInt64 = 0
        // However long a relay takes to empty its queues.
        let limit = deadline + 2_000_000_000
        while true {
            if recv(descriptor, &buffer, buffer.count, 0) == length {
                received += 1
                // Looking at the clock for each would cost more than the datagram.
                if received & 0xFFF == 0, MachineClock.now > limit { return received }
            } else if MachineClock.now > deadline {
                return received
            }
        }
    }
}
