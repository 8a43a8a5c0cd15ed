/// One HTTP/1.1 request at a time over a unix socket, a connection each. Blocks its thread.
public struct HTTPClient: Sendable {
    /// Where the daemon listens.
    public let socketPath: String
    /// For the whole of an exchange.
    public let timeout: Duration
    /// How much of an answer is accepted.
    public let limits: HTTPResponse.Limits

    /// Makes a client; nothing is opened before the first request.
    public init(socketPath: String, timeout: Duration, limits: HTTPResponse.Limits = .init()) {
        self.socketPath = socketPath
        self.timeout = timeout
        self.limits = limits
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// `target` is a path with its query, percent-encoded by the caller (`APIPath` does).
    public func send(_ method: String, _ target: String, body: [UInt8]? = nil) throws(TransportError) -> HTTPResponse {
        let stream = try UnixStream.connect(to: socketPath, deadline: .after(timeout))
        try stream.write(HTTPClient.request(method, target, body: body))
        var reader = HTTPResponseReader(stream, limits: limits)
        return try reader.read()
    }

    /// The bytes of a request.
    static func request(_ method: String, _ target: String, body: [UInt8]?) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: heddle\r\nAccept: application/json\r\nConnection: close\r\n"
        if let body {
            head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n"
        }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }
}
