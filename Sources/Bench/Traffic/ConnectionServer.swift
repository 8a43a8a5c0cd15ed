import CLinux
import Glibc

/// Sends each byte that comes on a connection back, and closes it when its client does.
struct ConnectionServer {
    /// A socket that listens; whoever shuts it down ends the server.
    let listener: Int32

    /// The listener's key; no connection has it as its descriptor.
    private static let listenerKey: UInt64 = .max

    func run() throws {
        let events = try EventQueue()
        // A client that has gone by the time that its connection is taken must not stop all others.
        _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)
        try events.add(listener, EPOLLIN, key: Self.listenerKey)
        var open: Set<Int32> = []
        defer { for descriptor in open { close(descriptor) } }
        var byte: UInt8 = 0
        while true {
            for index in 0..<events.wait(milliseconds: 100) {
                let key = events.key(index)
                guard key != Self.listenerKey else {
                    guard try accept(events, &open) else { return }
                    continue
                }
                let descriptor = Int32(truncatingIfNeeded: key)
                let count = recv(descriptor, &byte, 1, 0)
                if count > 0 {
                    send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL))
                } else if count == 0 || errno != EAGAIN {
                    open.remove(descriptor)
                    close(descriptor)
                }
            }
        }
    }

    /// Takes all connections that wait; false when there will be no more.
    private func accept(_ events: EventQueue, _ open: inout Set<Int32>) throws -> Bool {
        while true {
            let descriptor = heddle_bench_accept(listener)
            guard descriptor >= 0 else { return descriptor != -EINVAL }
            open.insert(descriptor)
            try events.add(descriptor, EPOLLIN, key: UInt64(descriptor))
        }
    }
}
