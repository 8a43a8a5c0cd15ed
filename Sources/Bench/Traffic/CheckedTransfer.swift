import Glibc
import SystemPackage

/// One TCP connection that carries a file of random bytes from memory to memory. What arrived is hashed and compared
/// afterwards, by another program: hashing while the bytes come would be what is measured.
package struct CheckedTransfer: Sendable {
    /// Bytes to be sent.
    package var bytes: Int
    /// What the random bytes begin from.
    package var seed: UInt64

    /// What went through.
    package struct Outcome: Sendable, Hashable {
        /// Bytes that arrived, as many as were sent.
        package var bytes: Int
        /// From the receiver's word that it is ready to the last byte.
        package var seconds: Double
        /// The SHA-256 at both ends, in hexadecimal.
        package var digest: String

        /// Gigabits (10^9) of payload a second.
        package var gigabits: Double { seconds > 0 ? Double(bytes) * 8 / seconds / 1e9 : 0 }
    }

    /// Bytes a system call moves at most.
    private static let chunk = 128 << 10
    /// How long a connection may stand still before its ends give up.
    private static let patience = 5_000

    /// Describes a transfer.
    package init(bytes: Int, seed: UInt64 = .random(in: .min ... .max)) {
        self.bytes = bytes
        self.seed = seed
    }

    /// Sends from one place to another. `openListener` and `openSender` open sockets in the right namespaces. Throws
    /// if what arrived isn't what was sent.
    package func run(
        digestTool: String, openListener: () throws -> (descriptor: Int32, port: UInt16),
        openSender: (_ port: UInt16) throws -> Int32
    ) throws -> Outcome {
        // First what takes time: no connection waits for it.
        let sent = try MemoryFile(name: "bench-sent", size: bytes)
        let received = try MemoryFile(name: "bench-received", size: bytes)
        sent.fill(seed: seed)

        let listener = try openListener()
        defer { close(listener.descriptor) }
        InternetSocket.limitWaiting(listener.descriptor, milliseconds: Self.patience)
        let sender = try openSender(listener.port)
        InternetSocket.limitWaiting(sender, milliseconds: Self.patience)
        let sending = try BenchThread.start { Self.send(sent, on: sender) }
        let receiver = accept(listener.descriptor, nil, nil)
        let refusal = Errno(rawValue: errno)
        InternetSocket.limitWaiting(receiver, milliseconds: Self.patience)
        let arrived = Self.receive(into: received, on: receiver)
        try sending.join()
        guard receiver >= 0 else { throw BenchError("cannot accept: \(refusal)") }
        guard arrived.bytes == bytes else {
            let more = arrived.bytes > bytes ? "more than were sent" : "\(arrived.bytes)"
            throw BenchError("of \(bytes) bytes of a transfer \(more) arrived")
        }
        let digest = try Self.compare(sent, received, tool: digestTool, seed: seed)
        return Outcome(bytes: bytes, seconds: Double(arrived.nanoseconds) / 1e9, digest: digest)
    }

    /// The SHA-256 of both files; throws if they differ.
    package static func compare(
        _ sent: MemoryFile, _ received: MemoryFile, tool: String, seed: UInt64
    ) throws -> String {
        // Both at once: there is nothing else to do.
        let first = try FileDigest.start(of: sent, tool: tool)
        let second = try FileDigest.start(of: received, tool: tool)
        let before = try FileDigest.result(of: first)
        let after = try FileDigest.result(of: second)
        guard before == after else {
            throw BenchError(
                "a transfer was damaged: \(sent.size) bytes (seed \(seed)) were sent with the SHA-256 \(before) and "
                    + "arrived with \(after)")
        }
        return before
    }

    /// Waits for the receiver's word and sends the file.
    private static func send(_ file: MemoryFile, on descriptor: Int32) {
        defer { close(descriptor) }
        var word: UInt8 = 0
        guard recv(descriptor, &word, 1, 0) == 1 else { return }
        var rest = UnsafeRawBufferPointer(file.bytes)
        while !rest.isEmpty {
            let count = Glibc.send(descriptor, rest.baseAddress, min(rest.count, chunk), Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Says that it is ready and receives until the other end closes, or there is more than was sent.
    private static func receive(into file: MemoryFile, on descriptor: Int32) -> (bytes: Int, nanoseconds: UInt64) {
        defer { close(descriptor) }
        var word: UInt8 = 1
        let start = MachineClock.now
        var end = start
        guard Glibc.send(descriptor, &word, 1, Int32(MSG_NOSIGNAL)) == 1 else { return (0, 0) }
        let bytes = file.bytes
        var received = 0
        while true {
            // When all has come, one byte more would be too many.
            let isFull = received == bytes.count
            let count =
                isFull
                ? recv(descriptor, &word, 1, 0)
                : recv(descriptor, bytes.baseAddress?.advanced(by: received), min(bytes.count - received, chunk), 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (received, end - start) }
            if isFull { return (received + count, end - start) }
            received += count
            end = MachineClock.now
        }
    }
}

extension CheckedTransfer {
    /// Sends from a path's sender to its receiver.
    package func run(on path: TestPath, digestTool: String) throws -> Outcome {
        try run(
            digestTool: digestTool,
            openListener: {
                try path.receiver.sandbox.run { try InternetSocket.listen(on: path.receiver.address) }
            },
            openSender: { port in
                try path.sender.sandbox.run {
                    try InternetSocket.connect(to: path.receiver.address, port: port)
                }
            })
    }
}
