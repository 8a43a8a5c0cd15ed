import Addresses
import CLinux
import DataPlane
import Glibc
import SystemPackage

/// The conversation with one engine: asks, waits for the answer, keeps events that come in between. For the wiring
/// thread.
final class EngineLink {
    /// What the engine reports unasked.
    enum Event: Hashable {
        /// A port's device is gone.
        case portGone(port: UInt16, token: UInt64)
        /// A packet waits for the MAC address of a next hop.
        case nextHopWanted(uplink: UInt16, address: IPAddress)
    }

    /// Why there was no answer.
    enum Failure: Error, Hashable {
        /// The other side is gone.
        case closed
        /// No answer in time.
        case timeout
        /// It speaks another language.
        case strange
        /// The kernel refused.
        case system(Errno)
    }

    /// A port that the engine handed back; the receiver owns the descriptor.
    struct TakenPort {
        var port: UInt16
        var kind: PortKind
        var token: UInt64
        var descriptor: Int32
    }

    private let connection: EngineConnection
    private var sequence: UInt32 = 0
    private var events: [Event] = []

    /// How long an answer may take.
    private static let patience: Duration = .seconds(3)

    /// Connects to the engine that listens at `path`.
    init(path: String) throws(Errno) {
        connection = try EngineConnection(path: path)
    }

    /// For the loop's watch.
    var descriptor: Int32 { connection.descriptor }

    /// Sends a request and waits for its acknowledgement, whose error number is returned. `process`, if known, ends the
    /// wait when it ends.
    @discardableResult
    func ask(
        _ request: EngineRequest, passing passed: Int32? = nil, process: EngineProcess? = nil,
        collect: (EngineReply, Int32?) -> Void = { _, descriptor in EngineLink.discard(descriptor) }
    ) throws(Failure) -> Errno? {
        sequence &+= 1
        let mine = sequence
        do throws(Errno) {
            try connection.send(request, sequence: mine, passing: passed)
        } catch {
            throw error == .brokenPipe || error == .connectionReset ? .closed : .system(error)
        }
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let (reply, descriptor) = try receive(until: deadline, process: process)
            switch reply {
            case .acknowledgement(mine, let error): return error == 0 ? nil : Errno(rawValue: error)
            case .acknowledgement: continue  // of a request that was given up
            case .portGone, .nextHopWanted: note(reply)
            default: collect(reply, descriptor)
            }
        }
    }

    /// Asks what the engine is.
    func hello(process: EngineProcess? = nil) throws(Failure) -> EngineInformation {
        var information: EngineInformation?
        try ask(.hello, process: process) { reply, descriptor in
            Self.discard(descriptor)
            if case .information(let found) = reply { information = found }
        }
        guard let information else { throw .strange }
        return information
    }

    /// Asks for duplicates of all descriptors; those that are only kept go to `kept`, which owns them.
    func takeDescriptors(
        kept: (UInt32, Int32) -> Void = { _, descriptor in EngineLink.discard(descriptor) }
    ) throws(Failure) -> [TakenPort] {
        var taken: [TakenPort] = []
        do throws(Failure) {
            try ask(.takeDescriptors) { reply, descriptor in
                if case .kept(let number) = reply, let descriptor {
                    kept(number, descriptor)
                    return
                }
                guard case .descriptor(let port, let kind, let token) = reply, let descriptor else {
                    Self.discard(descriptor)
                    return
                }
                taken.append(TakenPort(port: port, kind: kind, token: token, descriptor: descriptor))
            }
        } catch {
            for port in taken { close(port.descriptor) }
            throw error
        }
        return taken
    }

    /// Whether events came while an answer was awaited.
    var hasEvents: Bool { !events.isEmpty }

    /// Events that came so far, without waiting.
    func takeEvents() throws(Failure) -> [Event] {
        while isReadable(within: 0) {
            let (reply, descriptor) = try receive(until: .now, process: nil)
            Self.discard(descriptor)
            note(reply)
        }
        defer { events = [] }
        return events
    }

    private func note(_ reply: EngineReply) {
        switch reply {
        case .portGone(let port, let token, _): events.append(.portGone(port: port, token: token))
        case .nextHopWanted(let uplink, let address): events.append(.nextHopWanted(uplink: uplink, address: address))
        default: break
        }
    }

    private func receive(
        until deadline: ContinuousClock.Instant, process: EngineProcess?
    ) throws(Failure) -> EngineConnection.Received {
        while true {
            let left = max(.zero, deadline - .now) / .milliseconds(1)
            var entries = [pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)]
            // A process that died before it accepted leaves the connection waiting in our own listener.
            if let process { entries.append(pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)) }
            let count = poll(&entries, nfds_t(entries.count), Int32(left.rounded(.up)))
            if count < 0, errno == EINTR { continue }
            if entries[0].revents != 0 { break }
            if count > 0 { throw .closed }
            throw .timeout
        }
        do {
            return try connection.receiveReply()
        } catch {
            switch error {
            case .closed: throw .closed
            case .message: throw .strange
            case .system(.connectionReset): throw .closed
            case .system(let errno): throw .system(errno)
            }
        }
    }

    private func isReadable(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }

    static func discard(_ descriptor: Int32?) {
        if let descriptor { close(descriptor) }
    }
}
