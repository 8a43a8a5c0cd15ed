import Exposition
import Glibc
import NameServer
import Testing

@Suite("What is counted of questions that are passed on", .serialized)
struct ForwardTimeTests {
    /// Waits until so many were answered; the count follows the answer.
    private func counts(_ rig: ServerRig, answered: UInt64) -> NameCounts {
        for _ in 0..<1_000 where rig.handle.counts.forwardTimes.count < answered { usleep(5_000) }
        return rig.handle.counts
    }

    @Test("an answer's time, and that it is none")
    func answered() throws {
        let upstream = try LoopbackSocket(stream: false)
        let port = upstream.port
        upstream.serve { [ServerRig.answer($0)] }
        let rig = try ServerRig(resolvers: ["127.0.0.1"]) { $0.resolverPort = port }
        let client = try rig.client()
        for number in 1...3 as ClosedRange<UInt16> {
            client.send(ServerRig.question("example.com", identifier: number))
            _ = try #require(client.receive())
        }
        client.send(ServerRig.question("web"))
        _ = try #require(client.receive())
        let counts = counts(rig, answered: 3)
        #expect(counts.questions == 4 && counts.answered == 1 && counts.forwarded == 3 && counts.unanswered == 0)
        #expect(counts.forwardTimes.count == 3)
        #expect(counts.forwardTimes.sum > .zero && counts.forwardTimes.sum < .seconds(30))
    }

    @Test("a resolver that says nothing takes its time and leaves the question unanswered")
    func silent() throws {
        let silent = try LoopbackSocket(stream: false)
        let port = silent.port
        let rig = try ServerRig(resolvers: ["127.0.0.1"]) {
            $0.resolverPort = port
            $0.patience = .milliseconds(50)
        }
        let client = try rig.client()
        client.send(ServerRig.question("example.com"))
        #expect(try #require(client.receive())[3] & 0xF == 2)
        let counts = counts(rig, answered: 1)
        #expect(counts.forwarded == 1 && counts.unanswered == 1 && counts.forwardTimes.count == 1)
        #expect(counts.forwardTimes.sum >= .milliseconds(150))
        withExtendedLifetime(silent) {}
    }

    @Test("what is too much is refused and was never forwarded")
    func overload() throws {
        let silent = try LoopbackSocket(stream: false)
        let port = silent.port
        let rig = try ServerRig(resolvers: ["127.0.0.1"]) {
            $0.resolverPort = port
            $0.outstandingPerClient = 2
            $0.patience = .seconds(30)
        }
        let client = try rig.client()
        for number in 1...5 as ClosedRange<UInt16> {
            client.send(ServerRig.question("example.com", identifier: number))
        }
        for _ in 1...3 { #expect(try #require(client.receive())[3] & 0xF == 5) }
        let counts = rig.handle.counts
        #expect(counts.questions == 5 && counts.forwarded == 2 && counts.refused == 3)
        #expect(counts.unanswered == 0 && counts.forwardTimes.count == 0)
        withExtendedLifetime(silent) {}
    }
}
