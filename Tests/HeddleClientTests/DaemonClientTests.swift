import HeddleAPI
import Testing

@testable import HeddleClient

/// Answers as errors.
struct DaemonClientTests {
    private func response(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: [], body: Array(body.utf8))
    }

    @Test func keepsTheDaemonsWords() {
        let body = #"{"code":"conflict","message":"\"lan\" exists","hint":"choose another name","later":1}"#
        let error = DaemonClient.refusal(in: response(409, body))
        #expect(error == APIError(.conflict, "\"lan\" exists", hint: "choose another name"))
    }

    @Test(arguments: ["", "<html>", "[]", #"{"code":7}"#])
    func saysSoIfThereAreNone(body: String) {
        let error = DaemonClient.refusal(in: response(502, body))
        #expect(error.code == .failed)
        #expect(error.message.contains("502"))
    }

    @Test func refusesAnAnswerOfAnotherShape() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n[{\"name\":1}]"
        try UnixServer.serving(.answer(answer)) { path in
            let error = #expect(throws: APIError.self) { try DaemonClient(socketPath: path).networks() }
            #expect(error?.code == .failed)
            #expect(error?.hint?.contains("--version") == true)
        }
    }

    @Test func failureToReachTheDaemonIsUnavailable() {
        let client = DaemonClient(socketPath: "/nonexistent/heddle.sock")
        let error = #expect(throws: APIError.self) { try client.status() }
        #expect(error?.code == .unavailable)
    }
}
