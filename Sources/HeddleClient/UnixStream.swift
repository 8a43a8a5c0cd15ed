import Glibc
import SystemPackage

/// A connected unix socket whose every operation ends by one deadline. Used by one thread at a time.
struct UnixStream: ~Copyable {
    /// Bytes of a unix socket's path without the terminating zero: sizeof(sun_path) − 1 of unix(7).
    static let longestPath = 107

    /// For `poll`; the stream's.
    let descriptor: Int32
    private let path: String
    private let deadline: Deadline

    private init(descriptor: Int32, path: String, deadline: Deadline) {
        self.descriptor = descriptor
        self.path = path
        self.deadline = deadline
    }

    /// Connects to the socket at `path`.
    static func connect(to path: String, deadline: Deadline) throws(TransportError) -> UnixStream {
        guard path.utf8.count <= longestPath else { throw .pathTooLong(path, limit: longestPath) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw .system(Errno.last, doing: "making a socket") }
        let stream = UnixStream(descriptor: descriptor, path: path, deadline: deadline)
        try stream.connect()
        return stream
    }

    deinit {
        close(descriptor)
    }

    private func connect() throws(TransportError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The path is shorter than sun_path, as checked by the caller, so that the last byte stays the terminating zero.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        while true {
            // sockaddr_un begins with what every sockaddr begins with; the kernel reads only the given length.
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return }
            switch Errno.last {
            case .interrupted: continue
            // A full backlog: unix(7) gives no event to wait for.
            case .resourceTemporarilyUnavailable:
                if deadline.hasPassed { throw .timedOut(path) }
                usleep(5000)
            case .noSuchFileOrDirectory, .notDirectory: throw .socketMissing(path)
            case .connectionRefused: throw UnixStream.refusal(path)
            case .permissionDenied, .notPermitted: throw .notPermitted(path)
            case .protocolWrongTypeForSocket: throw .notSocket(path)
            case let errno: throw .system(errno, doing: "connecting to \(path)")
            }
        }
    }

    /// ECONNREFUSED is said of a socket without a listener and of a file that is no socket at all.
    private static func refusal(_ path: String) -> TransportError {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return .notSocket(path) }
        return .notListening(path)
    }

    /// Sends all bytes.
    func write(_ bytes: [UInt8]) throws(TransportError) {
        var sent = 0
        while sent < bytes.count {
            // The buffer holds exactly `bytes.count` bytes, of which `sent` are behind us. No SIGPIPE: EPIPE says it.
            let count = bytes.withUnsafeBytes { buffer in
                send(descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
                continue
            }
            switch Errno.last {
            case .interrupted: continue
            case .resourceTemporarilyUnavailable, .wouldBlock: try wait(for: POLLOUT)
            // The peer may have answered before it read everything (a refusal); the answer says more than EPIPE.
            case .brokenPipe, .connectionReset: return
            case let errno: throw .system(errno, doing: "writing to \(path)")
            }
        }
    }

    /// Whether there is something to read, or the other side has gone, before so much time has passed.
    func isReadable(within patience: Duration) -> Bool {
        let deadline = Deadline.after(patience)
        while true {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&request, 1, deadline.remainingMilliseconds) > 0 { return true }
            if deadline.hasPassed { return false }
        }
    }

    /// Tells the other side that no more will be sent.
    func closeSending() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    private func wait(for events: Int32) throws(TransportError) {
        while true {
            var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let remaining = deadline.remainingMilliseconds
            if remaining == 0 { throw .timedOut(path) }
            let count = poll(&request, 1, remaining)
            if count > 0 { return }
            if count == 0 { throw .timedOut(path) }
            if Errno.last != .interrupted { throw .system(Errno.last, doing: "waiting for \(path)") }
        }
    }
}

extension UnixStream: ByteStream {
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> Int {
        while true {
            // The caller's buffer is valid for its whole length during this call.
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            switch Errno.last {
            case .interrupted: continue
            case .resourceTemporarilyUnavailable, .wouldBlock: try wait(for: POLLIN)
            case .connectionReset: return 0
            case let errno: throw .system(errno, doing: "reading from \(path)")
            }
        }
    }
}

extension Errno {
    /// What the last failed call of this thread left in errno.
    fileprivate static var last: Errno { Errno(rawValue: errno) }
}
