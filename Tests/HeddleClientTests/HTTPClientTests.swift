import Glibc
import HeddleAPI
import Testing

@testable import HeddleClient

/// Real sockets, and what can be at the other end of them.
struct HTTPClientTests {
    private func send(to path: String, timeout: Duration = .seconds(5)) throws(TransportError) -> HTTPResponse {
        try HTTPClient(socketPath: path, timeout: timeout).send("GET", "/v1/status")
    }

    @Test func asksAndReads() throws {
        try UnixServer.serving(.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) { path in
            let response = try send(to: path)
            #expect(response.text == "{}")
        }
    }

    @Test func writesARequestAsRFC9112HasIt() {
        let bytes = HTTPClient.request("POST", "/v1/attach", body: Array("{}".utf8))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "POST /v1/attach HTTP/1.1\r\nHost: heddle\r\nAccept: application/json\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        #expect(HTTPClient.request("GET", "/", body: nil).suffix(4).elementsEqual("\r\n\r\n".utf8))
    }

    @Test func tellsWhatIsWrongWithThePath() throws {
        let directory = try temporaryDirectory()
        defer { rmdir(directory) }
        let missing = directory + "/missing"
        #expect(throws: TransportError.socketMissing(missing)) { try send(to: missing) }
        #expect(throws: TransportError.socketMissing("/dev/null/x")) { try send(to: "/dev/null/x") }
        #expect(throws: TransportError.notSocket(directory)) { try send(to: directory) }
        let long = "/" + String(repeating: "x", count: 107)
        #expect(throws: TransportError.pathTooLong(long, limit: 107)) { try send(to: long) }
        let longest = "/" + String(repeating: "x", count: 106)
        #expect(throws: TransportError.socketMissing(longest)) { try send(to: longest) }
    }

    @Test func tellsALeftoverSocketFromAFile() throws {
        let directory = try temporaryDirectory()
        let file = directory + "/file"
        let descriptor = open(file, O_CREAT | O_WRONLY, 0o600)
        close(descriptor)
        #expect(throws: TransportError.notSocket(file)) { try send(to: file) }
        unlink(file)
        rmdir(directory)

        let server = try UnixServer(.silent)
        let leftover = server.path + ".left"
        #expect(rename(server.path, leftover) == 0)
        // The listener goes with its server; its renamed file stays.
        _ = consume server
        #expect(throws: TransportError.notListening(leftover)) { try send(to: leftover) }
        unlink(leftover)
        rmdir(String(leftover.dropLast("/s.left".count)))
    }

    @Test func givesUpInTime() throws {
        try UnixServer.serving(.silent) { path in
            let start = ContinuousClock.now
            #expect(throws: TransportError.timedOut(path)) { try send(to: path, timeout: .milliseconds(150)) }
            let took = start.duration(to: .now)
            #expect(took >= .milliseconds(150))
            #expect(took < .seconds(3))
        }
    }

    @Test func noticesAnEarlyEnd() throws {
        for manner in [UnixServer.Manner.close, .answer("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{")] {
            try UnixServer.serving(manner) { path in
                #expect(throws: TransportError.closedEarly) { try send(to: path) }
            }
        }
    }

    @Test func everyErrorNamesItsPlaceAndItsWayOut() {
        let path = "/run/x.sock"
        let errors: [TransportError] = [
            .socketMissing(path), .notListening(path), .notSocket(path), .notPermitted(path),
            .pathTooLong(path, limit: 107), .timedOut(path),
        ]
        for error in errors {
            #expect(error.description.contains(path))
            #expect(error.hint?.isEmpty == false)
            #expect(error.asAPIError.message == error.description)
        }
        #expect(TransportError.socketMissing(path).hint?.contains("heddled --socket \(path)") == true)
        #expect(TransportError.notPermitted(path).asAPIError.code == .notPermitted)
        #expect(TransportError.timedOut(path).asAPIError.code == .unavailable)
    }
}
