package import Addresses
import CLinux
import Glibc
import SystemPackage

/// The sending end: a packet socket on an interface of the namespace of the thread that runs it, which sends probe
/// frames in batches, as fast as it can or by a schedule. They go the way that a program's frames go, through the
/// interface's qdisc. A frame that the interface has no room for is lost and not sent again.
package struct FrameGenerator: Sendable {
    /// The interface's number in the namespace of the thread that calls `send`.
    package var interfaceIndex: Int32
    /// The sender's address.
    package var source: MACAddress
    /// The receiver's address.
    package var destination: MACAddress
    /// Bytes of each frame without FCS: 60…65,535.
    package var frameLength: Int
    /// Frames a second; nil: as fast as it goes.
    package var rate: Double?
    /// Nanoseconds to send for.
    package var duration: UInt64
    /// At most so many frames.
    package var frameLimit: UInt64 = .max
    /// Written into each frame.
    package var run: UInt32
    /// Written into each frame.
    package var stream: UInt16 = 0

    /// What was sent.
    package struct Outcome: Sendable, Hashable {
        /// Frames with a number of their own: 0 up to this one, left out.
        package var sent: UInt64
        /// How many of those the kernel said it had no room for.
        package var refused: UInt64
        /// Frames that the schedule gave up because the sender had fallen behind too far to make up for it.
        package var skipped: UInt64
        /// From the first frame to the end of the sending, nanoseconds.
        package var elapsed: UInt64
    }

    /// Frames a system call sends.
    package static let batch = 32
    /// The shortest sleep of the schedule, nanoseconds: above 20,000 frames a second several are sent at once.
    private static let quantum: UInt64 = 50_000
    /// How far the schedule may fall behind and still catch up, frames: a longer burst would test the depth of the
    /// queues and not the rate.
    private static let longestBurst: UInt64 = 64

    /// Describes what to send.
    package init(
        interfaceIndex: Int32, source: MACAddress, destination: MACAddress, frameLength: Int, rate: Double? = nil,
        duration: UInt64, run: UInt32
    ) {
        self.interfaceIndex = interfaceIndex
        self.source = source
        self.destination = destination
        self.frameLength = frameLength
        self.rate = rate
        self.duration = duration
        self.run = run
    }

    /// Sends; returns when the time or the frames are over.
    package func send() throws -> Outcome {
        let descriptor = heddle_bench_sender_open(interfaceIndex)
        guard descriptor >= 0 else {
            throw BenchError(
                "cannot open the generator's packet socket on interface \(interfaceIndex): "
                    + "\(Errno(rawValue: -descriptor))", hint: "it needs CAP_NET_RAW")
        }
        defer { close(descriptor) }
        MachineClock.wakeOnTime()

        let length = max(frameLength, ProbeFrame.minimumLength)
        // Whole cache lines, so that no two frames of a batch share one.
        let stride = (length + 63) & ~63
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: stride * Self.batch, alignment: 64)
        defer { memory.deallocate() }
        let frame = ProbeFrame(run: run, stream: stream, length: UInt16(length), sequence: 0, sentAt: 0)
        for index in 0..<Self.batch {
            frame.encode(from: source, to: destination, into: slice(memory, index * stride, length))
        }
        return try repeatBatches(of: memory, stride: stride, length: length, descriptor: descriptor)
    }

    private func repeatBatches(
        of memory: UnsafeMutableRawBufferPointer, stride: Int, length: Int, descriptor: Int32
    ) throws -> Outcome {
        var outcome = Outcome(sent: 0, refused: 0, skipped: 0, elapsed: 0)
        let start = MachineClock.now
        var now = start
        while now - start < duration, outcome.sent < frameLimit {
            let due = framesDue(at: now - start, outcome: &outcome)
            guard due > 0 else {
                MachineClock.sleep(until: min(nextWake(after: now, start: start, outcome), start + duration))
                now = MachineClock.now
                continue
            }
            for index in 0..<due {
                ProbeFrame.stamp(
                    sequence: outcome.sent + UInt64(index), sentAt: now, at: slice(memory, index * stride, length))
            }
            let taken = heddle_bench_send(descriptor, memory.baseAddress, stride, length, UInt32(due))
            if taken > 0 {
                outcome.sent += UInt64(taken)
            } else if [ENOBUFS, EAGAIN].contains(-taken) {
                outcome.refused += 1
                outcome.sent += 1
            } else {
                throw BenchError(
                    "the generator cannot send on interface \(interfaceIndex): \(Errno(rawValue: -taken))")
            }
            now = MachineClock.now
        }
        outcome.elapsed = now - start
        return outcome
    }

    /// How many frames to send at a moment, at most a batch. Gives up what lies too far back.
    private func framesDue(at elapsed: UInt64, outcome: inout Outcome) -> Int {
        let left = frameLimit - outcome.sent
        guard let rate else { return Int(min(UInt64(Self.batch), left)) }
        let scheduled = UInt64(Double(elapsed) * rate / 1e9)
        var due = scheduled - min(scheduled, outcome.sent + outcome.skipped)
        let burst = max(Self.longestBurst, UInt64(rate * Double(Self.quantum) * 2 / 1e9))
        if due > burst {
            outcome.skipped += due - burst
            due = burst
        }
        return Int(min(due, UInt64(Self.batch), left))
    }

    private func nextWake(after now: UInt64, start: UInt64, _ outcome: Outcome) -> UInt64 {
        guard let rate, rate > 0 else { return now + Self.quantum }
        let next = start + UInt64(Double(outcome.sent + outcome.skipped + 1) * 1e9 / rate)
        return max(next, now + Self.quantum)
    }

    private func slice(
        _ memory: UnsafeMutableRawBufferPointer, _ offset: Int, _ length: Int
    ) -> UnsafeMutableRawBufferPointer {
        // offset + length lies within the batch's memory by construction of stride.
        UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + length)])
    }
}
