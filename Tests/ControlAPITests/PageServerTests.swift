import ControlAPI
import Foundation
import HeddleAPI
import ServiceLifecycle
import Testing

/// The page's server, asked as a browser asks, and as an attacker.
struct PageServerTests {
    /// A page's server on a port of its own, for as long as `body` runs.
    private func serving(
        _ service: RecordingService = RecordingService(),
        _ body: @Sendable @escaping (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = PageServer(
            service: service, address: try ListenAddress("0", option: "--page"), logger: quietLogger
        ) { port.yield($0) }
        let group = ServiceGroup(services: [server], logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await number in ports {
                do {
                    try await body(number)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Head and body of an answer.
    private struct Answer {
        var head: String
        var body: String

        var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    }

    private func ask(
        _ port: Int, _ path: String, _ method: String = "GET", host: String? = "localhost"
    ) async throws
        -> Answer
    {
        let lines = ["\(method) \(path) HTTP/1.1", host.map { "Host: \($0)" }, "Connection: close"].compactMap(\.self)
        let request = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let text = try await blocking { try PlainExchange.ask(port: port, request) }
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        return Answer(head: String(parts.first ?? ""), body: parts.count > 1 ? String(parts[1]) : "")
    }

    @Test func servesThePageAndNothingElse() async throws {
        try await serving { port in
            for (path, type, word) in [
                ("/", "text/html", "page.js"), ("/?x=1", "text/html", "page.css"),
                ("/page.js", "text/javascript", "topology"), ("/drawing.js", "text/javascript", "class Drawing"),
                ("/page.css", "text/css", "prefers-color-scheme"),
            ] {
                let answer = try await ask(port, path)
                #expect(answer.status == 200 && answer.body.contains(word), "\(path)")
                #expect(answer.head.contains("Content-Type: \(type); charset=utf-8"))
            }
            for path in ["/v1/networks", "/page.html/", "/../etc/passwd", "//", "/topology/x"] {
                #expect(try await ask(port, path).status == 404, "\(path)")
            }
        }
    }

    @Test func everyAnswerGuardsTheBrowser() async throws {
        try await serving { port in
            for (method, path) in [
                ("GET", "/"), ("GET", "/topology"), ("GET", "/nothing"), ("POST", "/"), ("HEAD", "/"),
            ] {
                let head = try await ask(port, path, method).head
                for field in [
                    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'",
                    "frame-ancestors 'none'", "X-Content-Type-Options: nosniff", "Cache-Control: no-store",
                    "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
                ] { #expect(head.contains(field), "\(method) \(path): \(field)") }
                #expect(!head.contains("unsafe") && !head.contains("Access-Control"))
            }
        }
    }

    @Test func nothingOfThePageNeedsWhatThePolicyForbids() {
        let document = String(decoding: PageFiles.read("page.html"), as: UTF8.self)
        #expect(!document.isEmpty)
        #expect(!document.contains("style=") && !document.contains("onclick") && !document.contains("http"))
        for name in PageFiles.names where name.hasSuffix(".js") {
            let script = String(decoding: PageFiles.read(name), as: UTF8.self)
            #expect(!script.isEmpty)
            for word in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
                "javascript:",
            ] {
                #expect(
                    !script.contains(word), "text of the daemon's would become markup or code by \(word) in \(name)")
            }
        }
    }

    /// A file that is written and not served, or the other way round, would be noticed in a browser only.
    @Test func everyFileIsServedAndEveryImportIsThere() async throws {
        let names = PageFiles.names
        #expect(names.contains("page.html") && names.count > 3)
        try await serving { port in
            for name in names {
                let answer = try await ask(port, name == "page.html" ? "/" : "/\(name)")
                #expect(answer.status == 200 && answer.body.utf8.elementsEqual(PageFiles.read(name)), "\(name)")
                for match in answer.body.matches(of: #/from "\.\/([a-z.]+)"/#) {
                    #expect(names.contains(String(match.1)), "\(name) imports \(match.1)")
                }
            }
        }
    }

    @Test func onlyLooks() async throws {
        let service = RecordingService()
        try await serving(service) { port in
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
                let answer = try await ask(port, "/topology", method)
                #expect(answer.status == 405 && answer.head.contains("Allow: GET, HEAD"), "\(method)")
            }
            let whole = try await ask(port, "/page.js")
            let head = try await ask(port, "/page.js", "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.head.contains("Content-Length: \(whole.body.utf8.count)"))
        }
        #expect(service.calls.isEmpty)
    }

    @Test func answersUnderItsAddressOnly() async throws {
        try await serving { port in
            for host in [
                "localhost", "LOCALHOST:\(port)", "127.0.0.1", "127.0.0.1:\(port)", "[::1]:\(port)", "10.0.0.1:80",
            ] {
                #expect(try await ask(port, "/", host: host).status == 200, "\(host)")
            }
            for host in [
                "evil.example", "evil.example:\(port)", "localhost.evil.example", "127.0.0.1.evil.example", "",
            ] {
                let answer = try await ask(port, "/topology", host: host)
                #expect(answer.status >= 400 && !answer.body.contains("lan"), "\(host)")
            }
        }
    }

    @Test func tellsTheTopology() async throws {
        let service = RecordingService()
        service.set { $0.statistics = Statistics(ports: [RecordingService.port("eth0@web", frames: 5)]) }
        try await serving(service) { port in
            let answer = try await ask(port, "/topology")
            #expect(answer.status == 200 && answer.head.contains("application/json"))
            let topology = try JSONDecoder().decode(Topology.self, from: Data(answer.body.utf8))
            #expect(topology.host.name == "here")
            #expect(topology.networks.map(\.name) == ["lan", "wire"])
            #expect(topology.endpoints.count == 2)
            #expect(topology.ports.map(\.counters.port) == ["eth0@web"])
            #expect(topology.tunnels == [RecordingService.tunnel])
            #expect(topology.publish.map(\.hostPort) == [8080, 8081])
        }
    }
}

/// The page's files as they lie in the project.
enum PageFiles {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Page/Document")

    static var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).sorted()
    }

    static func read(_ name: String) -> Data {
        (try? Data(contentsOf: folder.appending(path: name))) ?? Data()
    }
}
