import Glibc
import Synchronization

/// A TCP stream at full speed whose every byte is checked.
final class ByteStream {
    /// What became of it.
    struct Verdict {
        /// Bytes that arrived as they were sent.
        var bytes: Int
        /// What went wrong; nil if nothing did.
        var failure: String?
    }

    private final class Shared: Sendable {
        let isStopped = Atomic<Bool>(false)
        let received = Atomic<Int>(0)
        let failure = Mutex<String?>(nil)
    }

    private static let blockBytes = 65_536

    private let shared = Shared()
    private let connection: LabConnection
    private var sender: LabThread?
    private var receiver: LabThread?

    /// Begins.
    init(from source: TestSandbox, to target: TestSandbox, _ address: String, port: UInt16 = 7_009) throws {
        connection = try LabConnection(from: source, to: target, address, port: port)
        let (shared, near, far) = (shared, connection.near, connection.far)
        sender = LabThread { Self.send(shared, near) }
        receiver = LabThread { Self.receive(shared, far) }
    }

    deinit {
        _ = stop()
    }

    /// Bytes that have arrived so far.
    var received: Int { shared.received.load(ordering: .acquiring) }

    /// Waits until so many more bytes have arrived; false if they do not come.
    func waitForMore(_ bytes: Int = 1 << 20, within limit: Duration = .seconds(10)) -> Bool {
        let mark = received
        return Patience.until(limit) { received >= mark + bytes }
    }

    /// Closes the receiving end, which would keep its namespace alive; the sender goes on.
    func endReceiving() {
        shutdown(connection.far, Int32(SHUT_RDWR))
        receiver?.join()
        receiver = nil
        connection.closeFar()
    }

    /// Ends it and tells what became of it.
    func stop() -> Verdict {
        shared.isStopped.store(true, ordering: .releasing)
        // A sender that waits for room on a dead way must not wait for ever.
        if connection.far < 0 { shutdown(connection.near, Int32(SHUT_RDWR)) }
        sender?.join()
        receiver?.join()
        sender = nil
        receiver = nil
        return Verdict(bytes: received, failure: shared.failure.withLock { $0 })
    }

    private static func send(_ shared: Shared, _ descriptor: Int32) {
        var block = [UInt64](repeating: 0, count: blockBytes / 8)
        var counter: UInt64 = 0
        let flags = Int32(MSG_NOSIGNAL)
        while !shared.isStopped.load(ordering: .acquiring) {
            for index in block.indices {
                block[index] = counter
                counter += 1
            }
            var done = 0
            while done < blockBytes {
                let count = block.withUnsafeBytes {
                    Glibc.send(
                        descriptor, UnsafeRawBufferPointer(rebasing: $0[done...]).baseAddress, blockBytes - done, flags)
                }
                guard count > 0 else {
                    let reason = LabError.system("send").description
                    return shared.failure.withLock { $0 = reason }
                }
                done += count
            }
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private static func receive(_ shared: Shared, _ descriptor: Int32) {
        var block = [UInt8](repeating: 0, count: blockBytes * 4)
        var offset = 0
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            if count == 0 { return }
            guard count > 0 else {
                let reason = LabError.system("receive").description
                return shared.failure.withLock { $0 = reason }
            }
            for index in 0..<count {
                let position = offset + index
                // Little-endian counters, one every eight bytes.
                if block[index] != UInt8(truncatingIfNeeded: (position >> 3) >> ((position & 7) * 8)) {
                    return shared.failure.withLock { $0 = "byte \(position) is not what was sent" }
                }
            }
            offset += count
            shared.received.store(offset, ordering: .releasing)
        }
    }
}
