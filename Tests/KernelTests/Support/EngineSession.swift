// Offers: `EngineSession`, a daemon's end of the connection to an engine, with bounded waits.

import DataPlane
import Glibc

/// Speaks with an engine as the daemon would. For one thread.
final class EngineSession {
    private let connection: EngineConnection
    private var sequence: UInt32 = 0
    /// What came beside acknowledgements and hasn't been taken; descriptors among it are closed with this value.
    private var others: [EngineConnection.Received] = []

    /// Connects to the engine that listens at `path`.
    init(path: String) throws {
        connection = try EngineConnection(path: path)
    }

    deinit {
        for case (_, let descriptor?) in others { close(descriptor) }
    }

    /// Sends a request and waits for its acknowledgement: 0 or an errno. `descriptor` stays the caller's.
    func request(_ request: EngineRequest, passing descriptor: Int32? = nil) throws -> Int32 {
        sequence += 1
        try connection.send(request, sequence: sequence, passing: descriptor)
        while let received = try receive(within: 10_000) {
            if case .acknowledgement(let number, let error) = received.reply, number == sequence { return error }
            others.append(received)
        }
        throw SetupError("the engine doesn't answer \(request)")
    }

    /// Sends a request that must be done.
    func perform(_ request: EngineRequest, passing descriptor: Int32? = nil) throws {
        let error = try self.request(request, passing: descriptor)
        guard error == 0 else { throw SetupError("the engine refuses \(request): error \(error)") }
    }

    /// The next event or answer that is no acknowledgement; nil if none comes in time.
    func next(within milliseconds: Int32 = 5_000) throws -> EngineConnection.Received? {
        others.isEmpty ? try receive(within: milliseconds) : others.removeFirst()
    }

    private func receive(within milliseconds: Int32) throws -> EngineConnection.Received? {
        var state = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, milliseconds) == 1 else { return nil }
        return try connection.receiveReply()
    }
}
