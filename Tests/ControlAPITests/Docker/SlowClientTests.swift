import ControlAPI
import Foundation
import Testing

/// Clients that never come to an end are cut off, and keep nobody out for longer.
struct SlowClientTests {
    private let limits = ServerLimits(
        head: .milliseconds(400), body: .milliseconds(400), idle: .milliseconds(400), connections: 4)

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: [
        "", "POST /Plugin.Act", "POST /Plugin.Activate HTTP/1.1\r\nX-A: b\r\n",
        "POST /NetworkDriver.Join HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        "POST /NetworkDriver.Join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ])
    func whoStopsIsCutOff(beginning: String) async throws {
        try await withDocker(limits: limits) { service, client in
            let start = ContinuousClock.now
            let answer = try #require(try await client.exchange([bytes(beginning)]), "the connection stays")
            #expect(answer.isEmpty || String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 4"))
            #expect(start.duration(to: .now) > .milliseconds(300) && start.duration(to: .now) < .seconds(5))
            #expect(service.calls == [])
        }
    }

    /// The request would be whole in the end, and answered.
    @Test(arguments: [
        ("POST /NetworkDriver.Leave HTTP/1.1\r\n", "X-A: b\r\n", "Host: x\r\nContent-Length: 2\r\n\r\n{}"),
        ("POST /NetworkDriver.Leave HTTP/1.1\r\nHost: x\r\nContent-Length: 32\r\n\r\n", " ", "{}"),
    ])
    func whoDripsIsCutOff(beginning: String, drop: String, end: String) async throws {
        try await withDocker(limits: limits) { service, client in
            let pieces = [bytes(beginning)] + Array(repeating: bytes(drop), count: 30) + [bytes(end)]
            let answer = try await client.exchange(pieces, pause: .milliseconds(50))
            #expect(answer == [])
            #expect(service.calls == [])
        }
    }

    @Test func whoIsSlowButInTimeIsServed() async throws {
        try await withDocker(limits: ServerLimits(head: .seconds(5), body: .seconds(5))) { service, client in
            let request = "POST /NetworkDriver.Leave HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
            let answer = try await client.exchange(request.utf8.map { [$0] }, pause: .milliseconds(2))
            #expect(String(decoding: try #require(answer), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
            #expect(service.calls == ["leave /"])
        }
    }

    /// An answer may take longer than a request.
    @Test func whoWaitsIsServed() async throws {
        let service = RecordingDocker()
        service.set { $0.delay = .milliseconds(1_200) }
        try await withDocker(service, limits: limits) { _, client in
            let answer = try await client.post("/NetworkDriver.Leave", bytes("{}"))
            #expect(answer.status == 200)
        }
    }

    /// Four places, all taken by clients that say nothing: the fifth waits for one, and is served.
    @Test func tooManyWaitForEachOther() async throws {
        try await withDocker(limits: limits) { service, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { _ = try await client.exchange([]) }
                }
                try await Task.sleep(for: .milliseconds(100))
                let start = ContinuousClock.now
                #expect(try await client.post("/Plugin.Activate", []).status == 200)
                #expect(start.duration(to: .now) > .milliseconds(150))
                try await group.waitForAll()
            }
            #expect(service.calls == ["started"])
        }
    }
}
