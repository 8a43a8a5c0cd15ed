import HeddleClient
import Testing

/// Answers as a server may send them.
struct HTTPResponseReaderTests {
    private let head = "HTTP/1.1 200 OK\r\n"

    @Test func readsABodyOfKnownLength() throws {
        let response = try read(head + "Content-Type: application/json\r\nContent-Length: 5\r\n\r\n[1,2]left over")
        #expect(response.status == 200)
        #expect(response.text == "[1,2]")
        #expect(response.values(of: "content-type") == ["application/json"])
    }

    @Test func readsChunksWithExtensionsAndTrailers() throws {
        let response = try read(
            head
                + "Transfer-Encoding: Chunked\r\n\r\n4;name=\"v\"\r\nWiki\r\n00A \r\npedia in\r\n\r\n0\r\nSum: 1\r\n\r\n"
        )
        #expect(response.text == "Wikipedia in\r\n")
    }

    @Test func readsABodyThatEndsWithTheConnection() throws {
        #expect(try read(head + "\r\n", "one ", "two").text == "one two")
        #expect(try read("HTTP/1.0 200 OK\r\n\r\n").text == "")
    }

    @Test func skipsInterimAnswers() throws {
        let response = try read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + head
                + "Content-Length: 2\r\n\r\nok")
        #expect(response.text == "ok")
        #expect(response.headers.count == 1)
        let endless = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 100)
        #expect(throws: TransportError.self) { try read(endless) }
        #expect(throws: TransportError.self) { try read("HTTP/1.1 101 Switching Protocols\r\n\r\n") }
    }

    @Test(arguments: [204, 304])
    func expectsNoBodyWhereNoneCanBe(status: Int) throws {
        let response = try read("HTTP/1.1 \(status) None\r\nContent-Length: 10\r\n\r\n")
        #expect(response.status == status)
        #expect(response.body.isEmpty)
    }

    @Test(arguments: ["HTTP/1.1 200\r\n", "HTTP/1.1 200 \r\n", "HTTP/1.1 200 Very well indeed\r\n"])
    func takesAnyReasonPhrase(statusLine: String) throws {
        #expect(try read(statusLine + "Content-Length: 0\r\n\r\n").status == 200)
    }

    /// Wherever the kernel cuts the stream, the answer is the same.
    @Test(arguments: 1..<40)
    func doesNotDependOnThePieces(length: Int) throws {
        let bytes = Array(
            ("HTTP/1.1 100 Continue\r\n\r\n" + head + "Transfer-Encoding: chunked\r\nX:  y \r\n\r\n"
                + "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n").utf8)
        var reader = HTTPResponseReader(ScriptedStream(bytes: bytes, piece: length))
        let response = try reader.read()
        #expect(response.text == "abc0123456789abcdef")
        #expect(response.values(of: "x") == ["y"])
    }

    /// A connection that ends anywhere but at the end is an error, not a shorter answer.
    @Test func noticesEveryTruncation() throws {
        let answers = [
            head + "Content-Length: 5\r\n\r\nhello", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ]
        for answer in answers {
            for length in 0..<answer.utf8.count {
                let cut = String(decoding: Array(answer.utf8).prefix(length), as: UTF8.self)
                #expect(throws: TransportError.closedEarly, "cut after \(length) bytes") { try read(cut) }
            }
            #expect(try read(answer).text == "hello")
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 +20 OK\r\n\r\n", "HTTP/1.1 099 No\r\n\r\n", "HTTP/1.1 600 No\r\n\r\n",
        "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nSpace : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\u{0}c\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    ])
    func refusesWhatIsNoAnswer(garbage: String) {
        #expect {
            try read(garbage)
        } throws: { error in
            if case .malformed = error as? TransportError { true } else { false }
        }
    }

    @Test func acceptsTheSameLengthTwice() throws {
        #expect(try read(head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok").text == "ok")
    }

    @Test func boundsEverything() {
        let limits = HTTPResponse.Limits(head: 200, body: 10)
        let answers = [
            "HTTP/1.1 200 " + String(repeating: "O", count: 300),
            head + String(repeating: "A: b\r\n", count: 100),
            head + "Content-Length: 11\r\n\r\n",
            head + "Content-Length: 9223372036854775807\r\n\r\n",
            head + "\r\n12345678901",
            head + "Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n",
            head + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
            head + "Transfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "x", count: 2000),
            head + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "A: b\r\n", count: 100),
        ]
        for answer in answers {
            #expect("\(answer.prefix(60))") {
                try read(answer, limits: limits)
            } throws: { error in
                if case .tooLarge = error as? TransportError { true } else { false }
            }
        }
    }

    /// Random bytes, and answers with random bytes changed: an answer or an error, never a trap.
    @Test(arguments: 0..<200)
    func survivesNoise(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        var bytes = Array((head + "Transfer-Encoding: chunked\r\nA: b\r\n\r\n5\r\nhello\r\n0\r\n\r\n").utf8)
        for _ in 0..<(1 + next(6)) {
            bytes[next(bytes.count)] = UInt8(next(256))
        }
        if seed % 4 == 0 { bytes = (0..<200).map { _ in UInt8(next(256)) } }
        var reader = HTTPResponseReader(ScriptedStream(bytes: bytes, piece: 1 + next(20)), limits: .init(body: 100))
        do {
            let response = try reader.read()
            #expect((100...599).contains(response.status), "seed \(seed)")
            #expect(response.body.count <= 100, "seed \(seed)")
        } catch {
            #expect(!error.description.isEmpty, "seed \(seed)")
        }
    }
}
