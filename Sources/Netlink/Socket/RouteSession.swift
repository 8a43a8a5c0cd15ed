import SystemPackage

/// A conversation with the kernel's network configuration. For one thread at a time.
public typealias RouteSocket = RouteSession<NetlinkSocket>

/// Requests to rtnetlink and their answers, over any transport. For one thread at a time.
///
/// Each request is acknowledged before its method returns. Methods throw `NetlinkError`.
public final class RouteSession<Transport: NetlinkTransport> {
    /// The socket below.
    public let transport: Transport
    private var sequence: UInt32 = 0

    /// How often a dump is begun anew when the kernel says that things changed while it was read.
    private static var dumpAttempts: Int { 20 }

    /// Begins a session over a transport that nobody else uses.
    public init(transport: Transport) {
        self.transport = transport
    }

    /// Sends a request and waits for its acknowledgement. `read` sees the messages that come before that.
    func perform(
        _ operation: @autoclosure () -> String, type: UInt16, flags: UInt16 = 0,
        build: (inout MessageWriter) -> Void,
        read: (NetlinkMessage) throws(NetlinkFormatError) -> Void = { _ in }
    ) throws(NetlinkError) {
        do throws(ReplyError) {
            let header = MessageFlags.request | MessageFlags.acknowledge | flags
            try send(type: type, flags: header, build: build)
            try receive { message throws(NetlinkFormatError) in
                if message.type != MessageType.error { try read(message) }
            }
        } catch {
            throw error.named(operation())
        }
    }

    /// Sends a request that the kernel answers with a list and returns what `read` makes of each message. The list is
    /// whole and of one moment: it is read anew if something changed meanwhile.
    func dump<Element>(
        _ operation: @autoclosure () -> String, type: UInt16,
        build: (inout MessageWriter) -> Void,
        read: (NetlinkMessage) throws(NetlinkFormatError) -> Element?
    ) throws(NetlinkError) -> [Element] {
        var failure = ReplyError.system(.interrupted, nil)
        for _ in 0..<Self.dumpAttempts {
            var elements: [Element] = []
            do throws(ReplyError) {
                try send(type: type, flags: MessageFlags.request | MessageFlags.dump, build: build)
                try receive { message throws(NetlinkFormatError) in
                    if message.type >= MessageType.newLink, let element = try read(message) { elements.append(element) }
                }
                return elements
            } catch {
                failure = error
                guard error.mayRepeatDump else { break }
            }
        }
        throw failure.named(operation())
    }

    private func send(
        type: UInt16, flags: UInt16, build: (inout MessageWriter) -> Void
    ) throws(ReplyError) {
        sequence &+= 1
        var writer = MessageWriter(type: type, flags: flags, sequence: sequence)
        build(&writer)
        if let defect = writer.defect { throw .system(defect, nil) }
        do throws(Errno) {
            try writer.withBytes { bytes throws(Errno) in try transport.send(bytes) }
        } catch {
            throw .system(error, nil)
        }
    }

    /// Reads datagrams until the answer to the last request is complete. What cannot be read is reported only then, so
    /// that no half of an answer stays in the socket.
    private func receive(_ read: (NetlinkMessage) throws(NetlinkFormatError) -> Void) throws(ReplyError) {
        var failure: ReplyError?
        var isComplete = false
        while !isComplete {
            do throws(Errno) {
                let datagram = try transport.receive()
                isComplete = examine(datagram.bytes, failure: &failure, read)
            } catch {
                let errno = error == .resourceTemporarilyUnavailable ? .timedOut : error
                throw failure ?? .system(errno, nil)
            }
        }
        if let failure { throw failure }
    }

    /// Hands the messages of one datagram to `read` and returns whether the answer ends in it. Keeps the first failure.
    private func examine(
        _ bytes: UnsafeRawBufferPointer, failure: inout ReplyError?,
        _ read: (NetlinkMessage) throws(NetlinkFormatError) -> Void
    ) -> Bool {
        var messages = MessageReader(bytes)
        while true {
            do throws(NetlinkFormatError) {
                guard let message = try messages.next() else { return false }
                // Others are late answers to a request that was given up.
                guard message.sequence == sequence, message.port == transport.port else { continue }
                if message.flags & MessageFlags.dumpInterrupted != 0 { failure = failure ?? .interruptedDump }
                if let end = try ReplyEnd(message) {
                    failure = failure ?? end.refusal
                    return true
                }
                try read(message)
            } catch {
                // Never without an end: a reader that has thrown has no next message.
                failure = failure ?? .format(error)
            }
        }
    }
}
