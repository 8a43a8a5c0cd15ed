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
    }

    let path: String
    private let directory: String
    private let listener: Int32

    init(_ manner: Manner, mode: mode_t = 0o600) throws {
        directory = try temporaryDirectory()
        path = directory + "/s"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listener >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { [path] in $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { [listener] in
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 8) == 0 && chmod(path, mode) == 0)
        if case .silent = manner { return }
        Thread.detach { [listener] in UnixServer.serve(listener, manner) }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
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

/// A thread that is not waited for.
enum Thread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Box(body))
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        pthread_detach(thread)
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
