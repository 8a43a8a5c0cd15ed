import CLinux
import DataPlane
import Glibc
import SystemPackage
import Testing

@Suite("The socket between daemon and engine")
struct ConnectionTests {
    /// Two connected ends.
    private final class Ends {
        let daemon: EngineConnection
        let engine: EngineConnection

        /// With a reply: an engine that says that and is gone.
        init(closingEngineAfter last: EngineReply? = nil) throws {
            var ends: [Int32] = [0, 0]
            let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
            daemon = EngineConnection(descriptor: ends[0])
            engine = EngineConnection(descriptor: ends[1])
            guard let last else { return }
            try engine.send(last)
            try #require(shutdown(ends[1], Int32(SHUT_RDWR)) == 0)
        }
    }

    /// A pipe whose writing end is passed around.
    private final class Passed {
        let reading: Int32
        private(set) var writing: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }

        deinit {
            closeWriting()
            close(reading)
        }

        func closeWriting() {
            if writing >= 0 { close(writing) }
            writing = -1
        }

        /// Whether nobody holds the writing end any more.
        var isClosed: Bool {
            var state = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            return poll(&state, 1, 0) == 1 && state.revents & Int16(POLLHUP) != 0
        }
    }

    @Test("requests and replies pass, a descriptor beside each")
    func passes() throws {
        let ends = try Ends()
        let passed = try Passed()
        try ends.daemon.send(.removePort(7), sequence: 3)
        try ends.daemon.send(.hello, sequence: 4, passing: passed.writing)
        let first = try ends.engine.receiveRequest()
        #expect(try first.request.get() == (3, .removePort(7)) && first.descriptor == nil)
        let second = try ends.engine.receiveRequest()
        #expect(try second.request.get() == (4, .hello))
        let descriptor = try #require(second.descriptor)
        #expect(descriptor != passed.writing && fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        let reply = EngineReply.descriptor(port: 1, kind: .tap, token: 9)
        try ends.engine.send(reply, passing: descriptor)
        close(descriptor)
        passed.closeWriting()
        #expect(!passed.isClosed, "it is on its way")
        let received = try ends.daemon.receiveReply()
        #expect(received.reply == reply)
        close(try #require(received.descriptor))
        #expect(passed.isClosed)
    }

    @Test("the other side's end is told as such")
    func closed() throws {
        let ends = try Ends(closingEngineAfter: .acknowledgement(sequence: 1, error: 0))
        let first = try ends.daemon.receiveReply().reply
        #expect(first == .acknowledgement(sequence: 1, error: 0), "what was sent still comes")
        #expect(throws: EngineConnection.ReceiveError.closed) { _ = try ends.daemon.receiveReply() }
        #expect(throws: Errno.brokenPipe) { try ends.daemon.send(.hello, sequence: 1) }
    }

    @Test("what can't be read closes the descriptor that came with it")
    func malformed() throws {
        let ends = try Ends()
        for isReply in [false, true] {
            let passed = try Passed()
            let bytes: [UInt8] = [1, 2, 3]
            let target = isReply ? ends.engine.descriptor : ends.daemon.descriptor
            #expect(heddle_send_message(target, bytes, bytes.count, passed.writing) == 3)
            passed.closeWriting()
            if isReply {
                #expect(throws: EngineConnection.ReceiveError.message(.truncated)) {
                    _ = try ends.daemon.receiveReply()
                }
            } else {
                let received = try ends.engine.receiveRequest()
                #expect(received.descriptor == nil)
                #expect(throws: MessageError.truncated) { try received.request.get() }
            }
            #expect(passed.isClosed)
        }
    }

    @Test("the longest message passes; a longer one is refused, with its descriptor closed")
    func tooLong() throws {
        let ends = try Ends()
        let longest = EngineRequest.inject(port: 1, frame: [UInt8](repeating: 7, count: MessageLimits.maximumFrame))
        try ends.daemon.send(longest, sequence: 1)
        #expect(try ends.engine.receiveRequest().request.get().request == longest)
        let passed = try Passed()
        let bytes = [UInt8](repeating: 1, count: MessageLimits.maximumBytes + 1)
        #expect(heddle_send_message(ends.daemon.descriptor, bytes, bytes.count, passed.writing) == bytes.count)
        passed.closeWriting()
        #expect(throws: EngineConnection.ReceiveError.system(Errno(rawValue: EMSGSIZE))) {
            _ = try ends.engine.receiveRequest()
        }
        #expect(passed.isClosed)
    }

    @Test("connecting to nobody, and to a name that is too long, is refused with the reason")
    func refused() {
        #expect(throws: Errno.noSuchFileOrDirectory) {
            _ = try EngineConnection(path: "/tmp/hdt-\(getpid())-nobody.engine")
        }
        #expect(throws: Errno.fileNameTooLong) {
            _ = try EngineConnection(path: "/tmp/" + String(repeating: "x", count: 200))
        }
    }
}
