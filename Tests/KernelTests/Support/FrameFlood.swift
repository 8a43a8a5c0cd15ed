// Offers: `FrameFlood`, many frames as fast as the kernel takes them, and `FrameTally`, a thread that counts what
// arrives; both exact.

import CLinux
import Glibc
import Synchronization

/// Sends one frame over and over through a socket that bypasses the qdisc, on a thread of its own.
final class FrameFlood: Sendable {
    /// What was sent, whole only after `finish`.
    struct Outcome: Sendable {
        /// Frames that the kernel was asked to send.
        var attempts: UInt64 = 0
        /// How many of them it refused for want of room.
        var refused: UInt64 = 0
        /// Frames that it took.
        var taken: UInt64 { attempts - refused }

        /// Adds what another flood did.
        static func += (sum: inout Outcome, other: Outcome) {
            sum.attempts += other.attempts
            sum.refused += other.refused
        }
    }

    private let attempts = Atomic<UInt64>(0)
    private let isOver = Atomic<Bool>(false)
    private let socket: FrameSocket
    private let bytes: [UInt8]
    private let limit: UInt64

    /// Prepares a flood of `frame`, of at most `limit` frames.
    init(_ frame: [UInt8], through socket: FrameSocket, limit: UInt64 = .max) {
        self.socket = socket
        self.limit = limit
        bytes = [UInt8](repeating: 0, count: 10) + frame
    }

    /// Frames that the kernel was asked to send so far.
    var progress: UInt64 { attempts.load(ordering: .relaxed) }

    /// Has `run` return.
    func stop() {
        isOver.store(true, ordering: .relaxed)
    }

    /// Sends until it is stopped or the limit is reached. One system call a frame, so that each has its own answer.
    func run() throws -> Outcome {
        var outcome = Outcome()
        try bytes.withUnsafeBytes { source in
            while !isOver.load(ordering: .relaxed), outcome.attempts < limit {
                let result = heddle_write(socket.descriptor, source.baseAddress, source.count)
                if result == -Int(EAGAIN) { continue }
                guard result > 0 || result == -Int(ENOBUFS) else { throw SetupError("cannot flood: error \(-result)") }
                outcome.attempts += 1
                if result < 0 { outcome.refused += 1 }
                attempts.store(outcome.attempts, ordering: .relaxed)
            }
        }
        return outcome
    }
}

/// Receives and counts on a thread of its own until it is told that no more will come.
final class FrameTally: @unchecked Sendable {
    // Sendable: the count is atomic, the last frame is read after the join.

    private let arrived = Atomic<UInt64>(0)
    private let isOver = Atomic<Bool>(false)
    private let socket: FrameSocket
    private var thread: SideThread<Void>?

    /// Starts to count what arrives at a socket.
    init(_ socket: FrameSocket) throws {
        self.socket = socket
        thread = try SideThread { [self] in run() }
    }

    /// Frames that have arrived so far.
    var count: UInt64 { arrived.load(ordering: .relaxed) }

    /// Ends the counting, with the frames that are there already.
    func finish() throws -> UInt64 {
        isOver.store(true, ordering: .relaxed)
        try thread?.join()
        // Breaks the circle of thread and tally.
        thread = nil
        return count
    }

    private func run() {
        withUnsafeTemporaryAllocation(byteCount: 80_000, alignment: 8) { buffer in
            var state = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            while true {
                // Looked at first: what came before the end is counted.
                let isLast = isOver.load(ordering: .relaxed)
                while recv(socket.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)) > 0 {
                    arrived.add(1, ordering: .relaxed)
                }
                if isLast { return }
                _ = poll(&state, 1, 10)
            }
        }
    }
}
