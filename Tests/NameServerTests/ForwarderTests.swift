import Glibc
import NameServer
import Synchronization
import Testing

@Suite("The host's resolvers", .serialized)
struct ForwarderTests {
    @Test("a name that isn't the network's is asked for, each time from another port under another number")
    func forwarded() throws {
        let upstream = try LoopbackSocket(stream: false)
        let numbers = Mutex<Set<UInt16>>([])
        upstream.serve { question in
            numbers.withLock { _ = $0.insert(UInt16(question[0]) << 8 | UInt16(question[1])) }
            // Guesses first: another number, another question.
            var wrong = ServerRig.answer(question, address: [6, 6, 6, 6])
            wrong[1] ^= 1
            var other = ServerRig.answer(question, address: [6, 6, 6, 6])
            other[13] = UInt8(ascii: "z")
            return [wrong, other, ServerRig.answer(question)]
        }
        let port = upstream.port
        let rig = try ServerRig(resolvers: ["127.0.0.1"]) { $0.resolverPort = port }
        let client = try rig.client()
        for number in 1...20 as ClosedRange<UInt16> {
            client.send(ServerRig.question("Example.com", identifier: number))
            let answer = try #require(client.receive())
            #expect(answer[1] == UInt8(number) && answer.suffix(4) == [9, 9, 9, 9])
        }
        #expect(numbers.withLock { $0.count } > 15)
        #expect(rig.handle.counts.forwarded == 20)
    }

    @Test("who says nothing, who refuses and who isn't there is followed by the next")
    func next() throws {
        let port = try LoopbackSocket(stream: false).port
        let silent = try LoopbackSocket(stream: false, host: 2, port: port)
        let refusing = try LoopbackSocket(stream: false, host: 3, port: port)
        refusing.serve { [ServerRig.answer($0, code: 5)] }
        let good = try LoopbackSocket(stream: false, host: 4, port: port)
        good.serve { [ServerRig.answer($0)] }
        for (resolvers, code) in [
            (["127.0.0.2", "127.0.0.4"], 0), (["127.0.0.3", "127.0.0.4"], 0), (["127.0.0.9", "127.0.0.4"], 0),
            (["127.0.0.2", "127.0.0.3", "127.0.0.9"], 5), (["127.0.0.3"], 5), (["127.0.0.9"], 2), (["127.0.0.2"], 2),
        ] as [([String], UInt8)] {
            let rig = try ServerRig(resolvers: resolvers) { $0.resolverPort = port }
            let client = try rig.client()
            client.send(ServerRig.question("example.com"))
            #expect(try #require(client.receive())[3] & 0xF == code, "\(resolvers)")
        }
        withExtendedLifetime(silent) {}
    }

    @Test("who didn't answer is asked last for a while")
    func suspects() throws {
        let port = try LoopbackSocket(stream: false).port
        let silent = try LoopbackSocket(stream: false, host: 2, port: port)
        let good = try LoopbackSocket(stream: false, host: 4, port: port)
        good.serve { [ServerRig.answer($0)] }
        let rig = try ServerRig(resolvers: ["127.0.0.2", "127.0.0.4"]) { $0.resolverPort = port }
        let client = try rig.client()
        for _ in 0..<3 {
            client.send(ServerRig.question("example.com"))
            #expect(client.receive() != nil)
        }
        #expect(silent.receive() != nil)
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(silent.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        #expect(silent.receive() == nil, "asked once only")
    }

    @Test("an answer that doesn't fit is fetched by TCP for who came by TCP")
    func truncated() throws {
        let upstream = try LoopbackSocket(stream: false)
        let port = upstream.port
        upstream.serve { [ServerRig.answer($0, flags: 2)] }
        let listener = try LoopbackSocket(stream: true, port: port)
        try #require(listen(listener.descriptor, 4) == 0)
        let rig = try ServerRig(resolvers: ["127.0.0.1"]) { $0.resolverPort = port }
        let client = try rig.client()
        client.send(ServerRig.question("example.com"))
        #expect(try #require(client.receive())[2] & 2 != 0)
        let stream = try rig.client(stream: true)
        stream.sendMessage(ServerRig.question("example.com"))
        let connection = try #require(listener.accept())
        let question = try #require(connection.receiveMessage())
        let answer = ServerRig.answer(question) + [UInt8](repeating: 3, count: 40_000)
        connection.sendMessage(answer)
        let told = try #require(stream.receiveMessage())
        #expect(told.count == answer.count && told[1] == 7 && told[2] & 2 == 0)
    }

    @Test("one asker may have so many questions out, and others still ask")
    func limits() throws {
        let port = try LoopbackSocket(stream: false).port
        let silent = try LoopbackSocket(stream: false, host: 2, port: port)
        let rig = try ServerRig(resolvers: ["127.0.0.2"]) {
            $0.resolverPort = port
            $0.outstandingPerClient = 5
            $0.patience = .seconds(1)
        }
        let client = try rig.client()
        for number in 1...8 as ClosedRange<UInt16> { client.send(ServerRig.question("x.example", identifier: number)) }
        for number in 6...8 {
            let answer = try #require(client.receive())
            #expect(answer[1] == UInt8(number) && answer[3] & 0xF == 5)
        }
        client.send(ServerRig.question("web"))
        #expect(client.receive()?.suffix(4) == [10, 0, 0, 2])
        let counts = rig.handle.counts
        #expect(counts.forwarded == 5 && counts.refused == 3 && counts.answered == 1)
        for _ in 1...5 { #expect(try #require(client.receive())[3] & 0xF == 2) }
        client.send(ServerRig.question("x.example"))
        #expect(rig.handle.counts.refused == 3, "there is room again")
        withExtendedLifetime(silent) {}
    }

    @Test("resolv.conf is followed as it changes")
    func followed() throws {
        let port = try LoopbackSocket(stream: false).port
        let (first, second) = (
            try LoopbackSocket(stream: false, host: 2, port: port),
            try LoopbackSocket(stream: false, host: 3, port: port)
        )
        first.serve { [ServerRig.answer($0, address: [2, 2, 2, 2])] }
        second.serve { [ServerRig.answer($0, address: [3, 3, 3, 3])] }
        let path = "/tmp/heddle-resolv-\(getpid()).conf"
        func write(_ text: String) throws {
            let file = try #require(fopen(path, "w"))
            fputs(text, file)
            fclose(file)
        }
        defer { unlink(path) }
        try write("nameserver 127.0.0.2\n")
        let rig = try ServerRig(resolverFile: path) { $0.resolverPort = port }
        let client = try rig.client()
        client.send(ServerRig.question("example.com"))
        #expect(client.receive()?.suffix(4) == [2, 2, 2, 2])
        try write("nameserver 127.0.0.3\n")
        usleep(600_000)
        client.send(ServerRig.question("example.com"))
        #expect(client.receive()?.suffix(4) == [3, 3, 3, 3])
    }
}
