import Glibc
import NameServer
import NameService
import Testing

@Suite("The name server's sockets", .serialized)
struct NameServerTests {
    @Test("own names by UDP and TCP, counted")
    func own() throws {
        let rig = try ServerRig()
        let datagrams = try rig.client()
        datagrams.send(ServerRig.question("WEB"))
        let answer = try #require(datagrams.receive())
        #expect(answer.suffix(4) == [10, 0, 0, 2] && answer[..<2] == [0, 7])
        // Empty, too short, an answer.
        for nothing in [[], [1, 2, 3], ServerRig.answer(ServerRig.question("web"))] as [[UInt8]] {
            datagrams.send(nothing)
        }
        datagrams.send([UInt8](repeating: 0xFF, count: 40).enumerated().map { $0 == 2 ? 0 : $1 })
        #expect(try #require(datagrams.receive())[3] & 0xF == 1)
        let stream = try rig.client(stream: true)
        stream.sendMessage(ServerRig.question("web.lan"))
        #expect(stream.receiveMessage()?.suffix(4) == [10, 0, 0, 2])
        let counts = rig.handle.counts
        #expect(counts.questions == 6 && counts.answered == 2 && counts.refused == 1 && counts.dropped == 3)
    }

    @Test("a stream's questions may come in pieces, and several at once; its end is waited for")
    func pieces() throws {
        let rig = try ServerRig()
        let stream = try rig.client(stream: true)
        let question = ServerRig.question("web")
        for byte in [0, UInt8(question.count)] + question {
            stream.send([byte])
            usleep(500)
        }
        #expect(stream.receiveMessage()?.suffix(4) == [10, 0, 0, 2])
        var several: [UInt8] = []
        for number in 1...50 as ClosedRange<UInt16> {
            several += [0, UInt8(question.count)] + ServerRig.question("web", identifier: number)
        }
        stream.send(several)
        shutdown(stream.descriptor, Int32(SHUT_WR))
        for number in 1...50 { #expect(stream.receiveMessage()?[1] == UInt8(number)) }
        #expect(stream.receiveMessage() == nil, "the end")
    }

    @Test("idle connections, and more than one asker may have, are closed")
    func connections() throws {
        let rig = try ServerRig {
            $0.connectionsPerClient = 3
            $0.idle = .milliseconds(400)
        }
        let clients = try (0..<4).map { _ in try rig.client(stream: true) }
        #expect(clients[3].receiveMessage() == nil)
        clients[0].sendMessage(ServerRig.question("web"))
        #expect(clients[0].receiveMessage() != nil)
        #expect(clients[1].receiveMessage() == nil, "idle")
        let again = try rig.client(stream: true)
        again.sendMessage(ServerRig.question("web"))
        #expect(again.receiveMessage() != nil)
    }

    @Test("a change holds for the next question, and nothing is served after the end")
    func changes() throws {
        let rig = try ServerRig()
        let client = try rig.client()
        rig.handle.update { $0.set(nil, id: "1") }
        client.send(ServerRig.question("web"))
        #expect(try #require(client.receive())[3] & 0xF == 3)
        let stream = try rig.client(stream: true)
        stream.sendMessage(ServerRig.question("web"))
        #expect(stream.receiveMessage() != nil)
        rig.server.close(rig.handle)
        #expect(stream.receiveMessage() == nil)
        client.send(ServerRig.question("web"))
        #expect(client.receive() == nil)
    }
}
