public import HeddleAPI

/// A capture as it comes from the daemon: pcapng in pieces. For one thread. It ends when this is gone.
public struct CaptureStream: ~Copyable {
    private var reader: HTTPResponseReader<UnixStream>
    private var progress: HTTPResponseReader<UnixStream>.Progress
    /// For `poll`; stays the stream's.
    public let descriptor: Int32

    /// A capture has no end of its own: whoever reads it waits by `descriptor`.
    private static let noEnd: Duration = .seconds(3_650 * 86_400)

    /// Asks the daemon at `socketPath`; its answer has to begin within `patience`.
    public init(_ request: CaptureRequest, socketPath: String, patience: Duration = .seconds(60)) throws(APIError) {
        let refusal: HTTPResponse
        do throws(TransportError) {
            let stream = try UnixStream.connect(to: socketPath, deadline: .after(Self.noEnd))
            let descriptor = stream.descriptor
            try stream.write(HTTPClient.request("GET", APIPath.capture(request), body: nil))
            guard stream.isReadable(within: patience) else { throw .timedOut(socketPath) }
            var reader = HTTPResponseReader(stream)
            var response = try reader.readBeginning()
            if response.status == 200 {
                progress = .init(try HTTPSyntax.framing(of: response))
                self.reader = reader
                self.descriptor = descriptor
                return
            }
            response.body = try reader.readBody(of: response)
            refusal = response
        } catch {
            throw error.asAPIError
        }
        throw DaemonClient.refusal(in: refusal)
    }

    /// Whether nothing that was received is left: the next piece has to be waited for.
    public var isDry: Bool { reader.isDry }

    /// The next bytes; nil: the capture has ended. Waits if there are none.
    public mutating func read() throws(APIError) -> [UInt8]? {
        do throws(TransportError) {
            return try reader.readPiece(&progress)
        } catch {
            throw error.asAPIError
        }
    }

    /// Asks for the end: what was captured until now still comes.
    public func finish() {
        reader.stream.closeSending()
    }
}
