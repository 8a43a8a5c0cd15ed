import Addresses
import Netlink
import SystemPackage
import Testing

@Suite("Answers")
struct AnswerTests {
    private func session() -> (RouteSession<ScriptedTransport>, ScriptedTransport) {
        let transport = ScriptedTransport()
        return (RouteSession(transport: transport), transport)
    }

    /// struct ifinfomsg and a name.
    private func link(_ index: Int32, _ name: String) -> [UInt8] {
        [0, 0, 1, 0] + index.bytes + (1 as UInt32).bytes + (0 as UInt32).bytes
            + Hexadecimal.attribute(3, Array(name.utf8) + [0])
    }

    @Test("a dump in several datagrams, answers to others in between")
    func multipart() throws {
        let (session, transport) = session()
        transport.answers = [
            .success(Hexadecimal.message(type: 16, flags: 2, sequence: 77, payload: link(9, "stale"))),
            .success(
                Hexadecimal.message(type: 16, flags: 2, sequence: 1, payload: link(1, "lo"))
                    + Hexadecimal.message(type: 16, flags: 2, sequence: 1, payload: link(2, "eth0"))),
            .success(
                Hexadecimal.message(type: 16, flags: 2, sequence: 1, payload: link(3, "eth1"))
                    + Hexadecimal.message(type: 3, flags: 2, sequence: 1, payload: [0, 0, 0, 0])),
        ]
        #expect(try session.links().map(\.name) == ["lo", "eth0", "eth1"])
    }

    @Test("an interrupted dump is read anew, and only the second reading counts")
    func interrupted() throws {
        let (session, transport) = session()
        transport.answers = [
            .success(Hexadecimal.message(type: 16, flags: 2, sequence: 1, payload: link(1, "lo"))),
            .success(Hexadecimal.message(type: 16, flags: 0x12, sequence: 1, payload: link(2, "half"))),
            .success(Hexadecimal.message(type: 3, flags: 0x12, sequence: 1, payload: [0, 0, 0, 0])),
            .success(Hexadecimal.message(type: 16, flags: 2, sequence: 2, payload: link(1, "lo"))),
            .success(Hexadecimal.message(type: 3, flags: 2, sequence: 2, payload: [0, 0, 0, 0])),
        ]
        #expect(try session.links().map(\.name) == ["lo"])
        #expect(transport.sent.count == 2)
    }

    @Test("a dump that never stands still ends with an error")
    func neverStill() throws {
        let (session, transport) = session()
        transport.answers = (1...100).map { sequence in
            .success(Hexadecimal.message(type: 3, flags: 0x12, sequence: sequence, payload: [0, 0, 0, 0]))
        }
        let error = #expect(throws: NetlinkError.self) { try session.links() }
        #expect(error?.errno == .interrupted && error?.message == "it changed each time it was read")
        #expect(transport.sent.count == 20)
    }

    @Test("a dump whose buffer ran over is read anew")
    func noBufferSpace() throws {
        let (session, transport) = session()
        transport.answers = [
            .failure(.noBufferSpace),
            .success(Hexadecimal.message(type: 3, flags: 2, sequence: 2, payload: [0, 0, 0, 0])),
        ]
        #expect(try session.links().isEmpty)
    }

    @Test("a refusal carries the kernel's words, from capped and from full acks", arguments: [true, false])
    func extendedAck(isCapped: Bool) throws {
        let (session, transport) = session()
        // Errno, the request's header and, if not capped, its payload.
        let request: [UInt8] = (36 as UInt32).bytes + [UInt8](repeating: 0, count: 12)
        let rest: [UInt8] = isCapped ? [] : [UInt8](repeating: 0xEE, count: 20)
        let words = Hexadecimal.attribute(2, [1, 0, 0, 0]) + Hexadecimal.attribute(1, Array("no way\0".utf8))
        transport.answers = [
            .success(
                Hexadecimal.message(
                    type: 2, flags: isCapped ? 0x300 : 0x200, sequence: 1,
                    payload: (-22 as Int32).bytes + request + rest + words))
        ]
        let error = #expect(throws: NetlinkError.self) { try session.setUp(link: 7) }
        #expect(
            error
                == NetlinkError(
                    errno: .invalidArgument, operation: "change the interface number 7", message: "no way"))
        #expect(error?.description == "cannot change the interface number 7: Invalid argument (no way)")
    }

    @Test("an attribute that was missing is named by its number")
    func missingAttribute() throws {
        let (session, transport) = session()
        let request = [UInt8](repeating: 0, count: 16)
        transport.answers = [
            .success(
                Hexadecimal.message(
                    type: 2, flags: 0x300, sequence: 1,
                    payload: (-22 as Int32).bytes + request + Hexadecimal.attribute(5, (3 as UInt32).bytes)))
        ]
        let error = #expect(throws: NetlinkError.self) { try session.setUp(link: 7) }
        #expect(error?.message == "attribute 3 is missing")
    }

    @Test(
        "words that cannot be read leave the error number",
        arguments: [
            [], [0xFF], [0xFF, 0xFF, 1, 0], [4, 0, 1, 0], [3, 0, 1, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func brokenWords(words: [UInt8]) throws {
        let (session, transport) = session()
        let payload = (-17 as Int32).bytes + [UInt8](repeating: 0, count: 16) + words
        transport.answers = [.success(Hexadecimal.message(type: 2, flags: 0x300, sequence: 1, payload: payload))]
        let error = #expect(throws: NetlinkError.self) { try session.setUp(link: 7) }
        #expect(error?.errno == .fileExists)
    }

    @Test(
        "no answer, a truncated one and one that lies are errors, not traps",
        arguments: [
            ([], Errno.timedOut),
            ([[]], .timedOut),
            ([[1, 2, 3]], .badMessage),
            ([[255, 255, 255, 255, 2, 0, 0, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0]], .badMessage),
            ([[15, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0]], .badMessage),
            // An ack without a number, and with one that no error has.
            ([[16, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0]], .badMessage),
            ([[20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0, 1, 0, 0, 0]], .badMessage),
            ([[20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0x80]], .badMessage),
        ] as [([[UInt8]], Errno)])
    func malformed(answers: [[UInt8]], errno: Errno) throws {
        let (session, transport) = session()
        transport.answers = answers.map { .success($0) }
        let error = #expect(throws: NetlinkError.self) { try session.setUp(link: 7) }
        #expect(error?.errno == errno)
    }

    @Test("after a part that cannot be read the session reads on to the end and can be used again")
    func recovery() throws {
        let (session, transport) = session()
        transport.answers = [
            // A name whose length lies.
            .success(
                Hexadecimal.message(
                    type: 16, flags: 2, sequence: 1,
                    payload: [UInt8](repeating: 0, count: 16) + [200, 0, 3, 0, 65])),
            .success(Hexadecimal.message(type: 16, flags: 2, sequence: 1, payload: link(2, "eth0"))),
            .success(Hexadecimal.message(type: 3, flags: 2, sequence: 1, payload: [0, 0, 0, 0])),
        ]
        let error = #expect(throws: NetlinkError.self) { try session.links() }
        #expect(error?.errno == .badMessage)
        #expect(error?.message == "the kernel's answer: an attribute says that it has 200 of 5 bytes")
        #expect(transport.answers.isEmpty)
        transport.acknowledge(2)
        try session.setUp(link: 7)
    }

    @Test("an error of the socket is passed on")
    func socketError() throws {
        let (session, transport) = session()
        transport.answers = [.failure(.noBufferSpace)]
        let error = #expect(throws: NetlinkError.self) { try session.setUp(link: 7) }
        #expect(error?.errno == .noBufferSpace)
    }

    @Test("a link is read with all of its attributes")
    func linkAttributes() throws {
        let (session, transport) = session()
        var statistics: [UInt8] = []
        for number in UInt64(1)...24 { statistics += number.bytes }
        let kind = Hexadecimal.attribute(1, Array("veth\0".utf8)) + Hexadecimal.attribute(2, [])
        let payload =
            link(5, "eth0") + Hexadecimal.attribute(1, [2, 0, 10, 0, 0, 2])
            + Hexadecimal.attribute(4, (1500 as UInt32).bytes) + Hexadecimal.attribute(5, (9 as Int32).bytes)
            + Hexadecimal.attribute(10, (3 as Int32).bytes) + Hexadecimal.attribute(13, (1000 as UInt32).bytes)
            + Hexadecimal.attribute(0x8000 | 18, kind) + Hexadecimal.attribute(20, Array("alias\0".utf8))
            + Hexadecimal.attribute(23, statistics) + Hexadecimal.attribute(27, (7 as UInt32).bytes)
            + Hexadecimal.attribute(37, (2 as Int32).bytes) + Hexadecimal.attribute(41, (65536 as UInt32).bytes)
            + Hexadecimal.attribute(999, [1, 2, 3])
        transport.answers = [.success(Hexadecimal.message(type: 16, sequence: 1, payload: payload))]
        transport.acknowledge(1)
        let link = try #require(try session.link(named: "eth0"))
        #expect(link.index == 5 && link.name == "eth0" && link.hardwareType == 1 && link.isUp)
        #expect(link.mac?.description == "02:00:0a:00:00:02" && link.mtu == 1500 && link.peer == 9)
        #expect(link.master == 3 && link.txQueueLength == 1000 && link.kind == "veth" && link.alias == "alias")
        #expect(link.group == 7 && link.linkNamespaceID == 2 && link.gsoMaximumSize == 65536)
        let read = try #require(link.statistics)
        #expect(
            [
                read.rxPackets, read.txPackets, read.rxBytes, read.txBytes, read.rxErrors, read.txErrors,
                read.rxDropped, read.txDropped,
            ] == Array(1...8))
    }

    @Test("what cannot be said in a message is refused before anything is sent")
    func unsayable() throws {
        let (session, transport) = session()
        var error = #expect(throws: NetlinkError.self) {
            try session.setAlias(link: 1, String(repeating: "a", count: 70_000))
        }
        #expect(error?.errno == .messageTooLong)
        error = #expect(throws: NetlinkError.self) { try session.deleteLink(named: "v1\0x") }
        #expect(error?.errno == .invalidArgument)
        #expect(try session.link(named: "v1\0x") == nil)
        #expect(transport.sent.isEmpty)
    }
}
