import Glibc
import Testing

/// A unix socket of its own in a fresh directory, that answers connections with given bytes, whoever asks for what.
final class UnixServer: Sendable {
    /// What it does with a connection.
    enum Manner: Sendable {
        /// Reads a request, sends this, closes.
        case answer(String)
        /// Reads nothing, sends nothing, until the server is gone.
        case silent
        /// Closes at once.
        case close

        /// Whether it needs somebody to accept connections.
        fileprivate var isTalking: Bool { if case .silent = self { false } else { true } }
    }

    let path: String
    private let directory: String
    private let listener: Int32
    private let thread: pthread_t?

    init(_ manner: Manner, mode: mode_t = 0o600) throws {
        directory = try temporaryDirectory()
        let path = directory + "/s"
        self.path = path
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listener >= 0)
        self.listener = listener
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 8) == 0 && chmod(path, mode) == 0)
        guard manner.isTalking else {
            thread = nil
            return
        }
        thread = try Thread.start { UnixServer.serve(listener, manner) }
    }

    /// Runs a server for as long as `body` runs.
    static func serving(_ manner: Manner, _ body: (_ path: String) throws -> Void) throws {
        let server = try UnixServer(manner)
        try withExtendedLifetime(server) { try body(server.path) }
    }

    deinit {
        // Wakes the thread, and waits for it before the descriptor's number can become somebody else's.
        shutdown(listener, Int32(SHUT_RDWR))
        if let thread { pthread_join(thread, nil) }
        close(listener)
        unlink(path)
        rmdir(directory)
    }

    private static func serve(_ listener: Int32, _ manner: Manner) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            if case .answer(let text) = manner {
                var request = [UInt8](repeating: 0, count: 1 << 16)
                _ = recv(connection, &request, request.count, 0)
                let bytes = Array(text.utf8)
                _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            }
            close(connection)
        }
    }
}

/// A thread that runs a closure.
enum Thread {
    static func start(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Box(body))
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        try #require(result == 0)
        return thread
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// A fresh directory below /tmp; the caller removes it.
func temporaryDirectory() throws -> String {
    var template = Array("/tmp/hdt-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
