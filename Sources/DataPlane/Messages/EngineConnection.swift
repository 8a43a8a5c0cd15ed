import CLinux
import Glibc
public import SystemPackage

/// One end of the socket between daemon and engine. Owns its descriptor. Blocking; for one thread at a time.
public struct EngineConnection: ~Copyable, Sendable {
    /// What the engine sent, and the descriptor that came along (the receiver owns it), or nil.
    public typealias Received = (reply: EngineReply, descriptor: Int32?)

    /// Why nothing could be received.
    public enum ReceiveError: Error, Sendable, Hashable {
        /// The other side is gone.
        case closed
        /// The kernel refused.
        case system(Errno)
        /// What came is not a message.
        case message(MessageError)
    }

    /// The socket, for poll; stays owned by the connection.
    public let descriptor: Int32

    /// Takes over a connected socket.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Connects to the engine that listens at `path`.
    public init(path: String) throws(Errno) {
        let result = heddle_seqpacket_connect(path)
        guard result >= 0 else { throw Errno(rawValue: -result) }
        descriptor = result
    }

    deinit {
        _ = close(descriptor)
    }

    /// Sends a request; `passing` is duplicated by the kernel and stays the caller's.
    public borrowing func send(
        _ request: EngineRequest, sequence: UInt32, passing passed: Int32? = nil
    ) throws(Errno) {
        try send(bytes: request.encoded(sequence: sequence), passing: passed)
    }

    /// Sends a reply; see `send(_:sequence:passing:)`.
    public borrowing func send(_ reply: EngineReply, passing passed: Int32? = nil) throws(Errno) {
        try send(bytes: reply.encoded(), passing: passed)
    }

    /// Waits for the engine's next message.
    public borrowing func receiveReply() throws(ReceiveError) -> Received {
        let (reply, passed): (Result<EngineReply, MessageError>, Int32?) = try receive {
            (bytes) throws(MessageError) in try EngineReply.decode(bytes)
        }
        do {
            return (try reply.get(), passed)
        } catch {
            if let passed { _ = close(passed) }
            throw .message(error)
        }
    }

    /// Waits for the daemon's next message. A message that can't be read is a failure inside the result, so that the
    /// engine can answer it; the descriptor that came with it is closed then.
    public borrowing func receiveRequest() throws(ReceiveError) -> (
        request: Result<(sequence: UInt32, request: EngineRequest), MessageError>, descriptor: Int32?
    ) {
        let (request, passed) = try receive { (bytes) throws(MessageError) in try EngineRequest.decode(bytes) }
        if case .failure = request, let passed {
            _ = close(passed)
            return (request, nil)
        }
        return (request, passed)
    }

    private borrowing func send(bytes: [UInt8], passing passed: Int32?) throws(Errno) {
        let result = bytes.withUnsafeBytes {
            heddle_send_message(descriptor, $0.baseAddress, $0.count, passed ?? -1)
        }
        guard result >= 0 else { throw Errno(rawValue: Int32(-result)) }
    }

    private borrowing func receive<Message>(
        _ decode: (UnsafeRawBufferPointer) throws(MessageError) -> Message
    ) throws(ReceiveError) -> (Result<Message, MessageError>, Int32?) {
        var passed: Int32 = -1
        let capacity = MessageLimits.maximumBytes
        let outcome: Result<Result<Message, MessageError>, ReceiveError> = withUnsafeTemporaryAllocation(
            byteCount: capacity, alignment: 8
        ) { buffer in
            let count = heddle_receive_message(descriptor, buffer.baseAddress, capacity, &passed, 0)
            if count == 0 { return .failure(.closed) }
            if count < 0 { return .failure(.system(Errno(rawValue: Int32(-count)))) }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            do throws(MessageError) {
                return .success(.success(try decode(bytes)))
            } catch {
                return .success(.failure(error))
            }
        }
        return (try outcome.get(), passed >= 0 ? passed : nil)
    }
}
