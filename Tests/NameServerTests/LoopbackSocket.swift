import Glibc
import Testing

/// A blocking socket on the loopback device whose reads end after a few seconds.
final class LoopbackSocket {
    let descriptor: Int32
    let isStream: Bool

    /// Bound to 127.0.0.`host`, to any port if that is 0.
    init(stream isStream: Bool, host: UInt8 = 1, port: UInt16 = 0) throws {
        self.isStream = isStream
        descriptor = socket(AF_INET, Int32((isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        let bound = Self.with(Self.address(host, port)) { bind(descriptor, $0, $1) }
        try #require(bound == 0, "errno \(errno)")
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    private init(accepted: Int32) {
        descriptor = accepted
        isStream = true
    }

    deinit { close(descriptor) }

    /// A copy of the descriptor, for somebody who will close it.
    var copy: Int32 { dup(descriptor) }

    var port: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    func connect(port: UInt16, host: UInt8 = 1) throws {
        let result = Self.with(Self.address(host, port)) { Glibc.connect(descriptor, $0, $1) }
        try #require(result == 0, "errno \(errno)")
    }

    func accept() -> LoopbackSocket? {
        let accepted = Glibc.accept(descriptor, nil, nil)
        return accepted < 0 ? nil : LoopbackSocket(accepted: accepted)
    }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// A datagram or what there is of a stream; nil: nothing came in time, or the end did.
    func receive(_ count: Int = 65_536) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &buffer, count, 0)
        return received > 0 ? Array(buffer[..<received]) : nil
    }

    /// A message of a stream.
    func receiveMessage() -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < 2 || bytes.count < 2 + (Int(bytes[0]) << 8 | Int(bytes[1])) {
            let wanted = bytes.count < 2 ? 2 - bytes.count : 2 + (Int(bytes[0]) << 8 | Int(bytes[1])) - bytes.count
            guard let more = receive(wanted) else { return nil }
            bytes += more
        }
        return Array(bytes[2...])
    }

    func sendMessage(_ bytes: [UInt8]) {
        send([UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes)
    }

    /// Answers the datagrams that come with what `body` makes of them, on a thread of its own, until nothing comes.
    func serve(_ body: @escaping @Sendable ([UInt8]) -> [[UInt8]]) {
        let descriptor = copy
        Self.onThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                var address = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let count = withUnsafeMutablePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
                    }
                }
                if count <= 0 { break }
                for answer in body(Array(buffer[..<count])) {
                    _ = Self.with(address) { sendto(descriptor, answer, answer.count, 0, $0, $1) }
                }
            }
            close(descriptor)
        }
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(body))
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        pthread_detach(thread)
    }

    private static func address(_ host: UInt8, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (UInt32(0x7F00_0000) | UInt32(host)).bigEndian
        return address
    }

    private static func with(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int) -> Int {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func with(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        Int32(with(address) { Int(body($0, $1)) })
    }
}
