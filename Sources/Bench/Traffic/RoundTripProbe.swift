import CLinux
import Glibc
import SystemPackage

/// One question at a time, and the next when the answer is there: how long a round trip takes.
package enum RoundTripProbe {
    /// What a series of questions showed.
    package struct Outcome: Sendable {
        /// Round trips that were answered.
        package var latency = LatencyHistogram()
        /// Questions without an answer within 200 ms.
        package var unanswered: UInt64 = 0
    }

    /// How long an answer is waited for.
    private static let patience = 200

    /// UDP between two programs: `question` is a socket connected to `answer`'s address; an echo runs at the other on
    /// a thread of its own. Both sides block and are woken up. Closes both sockets.
    package static func datagrams(question: Int32, answer: Int32, seconds: Double) throws -> Outcome {
        InternetSocket.limitWaiting(question, milliseconds: patience)
        // How long the echo may take to notice that it is over.
        InternetSocket.limitWaiting(answer, milliseconds: patience)
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        // A little longer than the questions go on: the last one is to be answered too.
        let echo = try BenchThread.start { Self.answerDatagrams(on: answer, until: deadline + 1_000_000_000) }
        var outcome = Outcome()
        var buffer = [UInt8](repeating: 0, count: 64)
        var sequence: UInt64 = 0
        var now = MachineClock.now
        while now < deadline {
            let start = now
            sequence += 1
            withUnsafeBytes(of: sequence) { _ = send(question, $0.baseAddress, $0.count, 0) }
            // An answer to an earlier question that came after all is skipped.
            var count = 0
            repeat {
                count = recv(question, &buffer, buffer.count, 0)
            } while count == 8 && buffer.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } != sequence
            now = MachineClock.now
            if count == 8 { outcome.latency.record(now - start) } else { outcome.unanswered += 1 }
        }
        // An empty datagram ends the echo; should it be lost, its time will.
        send(question, nil, 0, 0)
        close(question)
        try echo.join()
        return outcome
    }

    private static func answerDatagrams(on descriptor: Int32, until deadline: UInt64) {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64)
        var peer = sockaddr()
        while MachineClock.now < deadline {
            var length = socklen_t(MemoryLayout<sockaddr>.size)
            let count = recvfrom(descriptor, &buffer, buffer.count, 0, &peer, &length)
            if count == 0 { return }
            if count > 0 { sendto(descriptor, buffer, count, 0, &peer, length) }
        }
    }

    /// ICMP echo, which the other side's kernel answers: what `ping -f` does, and like there a round trip ends when the
    /// kernel receives the answer and not when this program has been woken up. Closes the socket.
    package static func echoes(on descriptor: Int32, count: Int, seconds: Double) -> Outcome {
        defer { close(descriptor) }
        InternetSocket.limitWaiting(descriptor, milliseconds: patience)
        // Where it is refused, the round trip ends with the wake-up.
        _ = heddle_bench_stamp_arrivals(descriptor)
        let deadline = MachineClock.now + MachineClock.nanoseconds(seconds)
        let identifier = UInt16(truncatingIfNeeded: getpid())
        var outcome = Outcome()
        var buffer = [UInt8](repeating: 0, count: 256)
        for index in 0..<count where MachineClock.now < deadline {
            let message = EchoMessage(identifier: identifier, sequence: UInt16(truncatingIfNeeded: index))
            let request = message.encoded()
            let start = MachineClock.realtime
            send(descriptor, request, request.count, 0)
            var arrival: UInt64?
            while arrival == nil {
                var stamp: UInt64 = 0
                let count = heddle_bench_receive_stamped(descriptor, &buffer, buffer.count, &stamp)
                guard count > 0 else { break }
                // A raw socket hands up the IP header as well.
                guard EchoMessage(reply: buffer[..<count]) == message else { continue }
                arrival = stamp == 0 ? MachineClock.realtime : stamp
            }
            if let arrival {
                outcome.latency.record(arrival > start ? arrival - start : 0)
            } else {
                outcome.unanswered += 1
            }
        }
        return outcome
    }
}
