import Exposition
import Foundation
import HTTPTypes
import HeddleAPI
import ServiceLifecycle
import Testing

@testable import ControlAPI

/// The server of metrics, asked as Prometheus asks, and otherwise.
struct MetricsServerTests {
    /// Tells one number, or fails.
    private struct Source: MetricsSource {
        var value: UInt64
        var failure: APIError?
        var delay: Duration = .zero

        func metricFamilies() async throws -> [MetricFamily] {
            try await Task.sleep(for: delay)
            if let failure { throw failure }
            var family = MetricFamily(MetricDefinition("x_\(value)", .gauge, [], "X."))
            family.add(value)
            return [family]
        }
    }

    private func serving(
        _ sources: [any MetricsSource], limits: ServerLimits = .metrics, at place: String = "0",
        _ body: @Sendable @escaping (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = MetricsServer(
            sources: sources, address: try ListenAddress(place, option: "--metrics"), logger: quietLogger,
            limits: limits
        ) { port.yield($0) }
        let group = ServiceGroup(services: [server], logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
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

    private struct Answer {
        var head: String
        var body: String
        var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    }

    private func ask(
        _ port: Int, _ method: String = "GET", _ path: String = "/metrics", host: String? = "localhost"
    ) async throws -> Answer {
        let lines = ["\(method) \(path) HTTP/1.1", host.map { "Host: \($0)" }, "Connection: close"].compactMap(\.self)
        let request = lines.joined(separator: "\r\n") + "\r\n\r\n"
        let text = try await blocking { try PlainExchange.ask(port: port, request) }
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        return Answer(head: String(parts.first ?? ""), body: parts.count > 1 ? String(parts[1]) : "")
    }

    @Test func servesAllSourcesInTheirOrder() async throws {
        try await serving([Source(value: 2), Source(value: 1)]) { port in
            for path in ["/metrics", "/metrics?x=y"] {
                let answer = try await ask(port, "GET", path)
                #expect(answer.status == 200)
                #expect(answer.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
                #expect(answer.head.contains("Cache-Control: no-store"))
                #expect(
                    answer.body == """
                        # HELP x_2 X.
                        # TYPE x_2 gauge
                        x_2 2
                        # HELP x_1 X.
                        # TYPE x_1 gauge
                        x_1 1

                        """)
            }
        }
    }

    @Test func theHeadIsThatOfTheWhole() async throws {
        try await serving([Source(value: 1)]) { port in
            let whole = try await ask(port)
            let head = try await ask(port, "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.head.contains("Content-Length: \(whole.body.utf8.count)"))
        }
    }

    @Test func elsewhereIsNothing() async throws {
        try await serving([Source(value: 1)]) { port in
            for path in ["/", "/metrics/", "/v1/status", "/topology", "/metrics/../etc/passwd", "//metrics"] {
                let answer = try await ask(port, "GET", path)
                #expect(answer.status == 404 && answer.body.contains("/metrics"), "\(path)")
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let answer = try await ask(port, method)
                #expect(answer.status == 405 && answer.head.contains("Allow: GET, HEAD"), "\(method)")
            }
        }
    }

    @Test func whoeverIsNamedIsServed() async throws {
        try await serving([Source(value: 1)]) { port in
            for host in ["example.org:9469", "127.0.0.1", "[::1]:\(port)"] {
                let status = try await ask(port, host: host).status
                #expect(status == 200, "\(host)")
            }
        }
    }

    @Test func whatCannotBeToldIsNotHalfTold() async throws {
        let failing = Source(value: 2, failure: APIError(.unavailable, "it is being replaced"))
        try await serving([Source(value: 1), failing]) { port in
            let answer = try await ask(port)
            #expect(answer.status == 503 && answer.body == "it is being replaced\n")
        }
    }

    @Test func aSlowSourceIsNotWaitedForForEver() async throws {
        let limits = ServerLimits(answer: .milliseconds(200))
        try await serving([Source(value: 1, delay: .seconds(20))], limits: limits) { port in
            let start = ContinuousClock.now
            let status = try await ask(port).status
            #expect(status == 503)
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test func aPortInUseSaysSo() async throws {
        try await serving([Source(value: 1)]) { port in
            let place = try ListenAddress("\(port)", option: "--metrics")
            let error = #expect(throws: APIError.self) { try place.check(option: "--metrics") }
            #expect(error?.message.contains("cannot listen on 127.0.0.1:\(port)") == true)
            #expect(error?.hint?.contains("--metrics") == true)
            // Should it be lost in between, the server says the same.
            await #expect(throws: APIError.self) { try await serving([], at: "\(port)") { _ in } }
        }
    }
}
