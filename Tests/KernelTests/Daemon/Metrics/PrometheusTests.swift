import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// A real Prometheus beside a real daemon, with the configuration, the alerts and the dashboard of Examples/monitoring.
@Suite("Daemon: Prometheus", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PrometheusTests {
    private static let examples: URL = {
        var place = URL(fileURLWithPath: #filePath)
        for _ in 0..<5 { place.deleteLastPathComponent() }
        return place.appending(path: "Examples/monitoring")
    }()

    /// The example, but with a scrape each second.
    private static func configuration(_ lab: HeddleUnderTest) throws -> String {
        let text = try String(contentsOf: examples.appending(path: "prometheus.yml"), encoding: .utf8)
        let path = lab.directory + "/prometheus.yml"
        try text.replacingOccurrences(of: "15s", with: "1s").write(toFile: path, atomically: true, encoding: .utf8)
        let rules = try String(contentsOf: examples.appending(path: "heddle.rules.yml"), encoding: .utf8)
        try rules.write(toFile: lab.directory + "/heddle.rules.yml", atomically: true, encoding: .utf8)
        return path
    }

    /// Expressions of the dashboard, as Grafana asks them for all networks.
    private static func expressions() throws -> [String] {
        let data = try Data(contentsOf: examples.appending(path: "heddle-dashboard.json"))
        let dashboard = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let panels = try #require(dashboard?["panels"] as? [[String: Any]])
        return panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap { $0["expr"] as? String }.map {
            $0.replacingOccurrences(of: "$__rate_interval", with: "10s")
                .replacingOccurrences(of: "$instance", with: ".*").replacingOccurrences(of: "$network", with: ".*")
        }
    }

    /// What an expression gives, without the line's end that promtool writes also of nothing; nil: Prometheus refuses it or
    /// isn't there.
    private static func query(_ lab: HeddleUnderTest, _ expression: String) throws -> String? {
        let words = ["query", "instant", "http://127.0.0.1:9090", expression]
        let outcome = try lab.finish(try Programs.system("promtool"), words)
        return outcome.status == 0 ? outcome.output.trimmingCharacters(in: .whitespacesAndNewlines) : nil
    }

    @Test("Prometheus scrapes, evaluates the alerts, and answers what the dashboard asks")
    func scraped() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start(["--metrics", "9469"])
            let prometheus = try RunningProgram(
                try Programs.system("prometheus"),
                [
                    "--config.file=" + (try Self.configuration(lab)), "--storage.tsdb.path=\(lab.directory)/tsdb",
                    "--web.listen-address=127.0.0.1:9090", "--log.level=error",
                ], in: try lab.host.open(), errors: lab.directory + "/prometheus.log")
            defer {
                prometheus.signal(SIGTERM)
                _ = prometheus.wait(within: .seconds(10))
                for name in ["prometheus.yml", "heddle.rules.yml", "prometheus.log", "tsdb"] {
                    try? FileManager.default.removeItem(atPath: lab.directory + "/" + name)
                }
            }
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            try lab.makeNetwork("lan", "10.64.0.0/24")
            try lab.attach(a, to: "lan")
            try lab.attach(b, to: "lan")
            let ping = try RunningProgram(
                try Programs.system("ping"), ["-q", "-i", "0.02", "10.64.0.3"], in: try a.open())
            defer { ping.kill() }
            // Rates need two scrapes.
            let rate = "rate(heddle_port_receive_frames_total{kind=\"endpoint\"}[10s]) > 20"
            let isThere = try Patience.until(.seconds(30)) {
                usleep(200_000)
                return try Self.query(lab, rate)?.isEmpty == false
            }
            #expect(
                isThere, "\((try? String(contentsOfFile: lab.directory + "/prometheus.log", encoding: .utf8)) ?? "")")
            #expect(try Self.query(lab, "up{job=\"heddle\"} == 1")?.contains("127.0.0.1:9469") == true)

            var silent: [String] = []
            for expression in try Self.expressions() {
                let answer = try #require(try Self.query(lab, expression), "\(expression)")
                if answer.isEmpty { silent.append(expression) }
            }
            // What did not happen: drops and frames by reason; nobody asked for a name.
            #expect(silent.allSatisfy { $0.contains("drop") || $0.contains("dns") }, "\(silent)")

            let alerts = try #require(try Self.query(lab, "ALERTS"))
            #expect(alerts.isEmpty, "\(alerts)")
            let broken = try #require(try Self.query(lab, "prometheus_rule_evaluation_failures_total > 0"))
            #expect(broken.isEmpty)

            // An engine that dies is told.
            try lab.killEngine()
            let isTold = try Patience.until(.seconds(20)) {
                usleep(200_000)
                return try Self.query(lab, "ALERTS{alertname=\"HeddleEngineReplaced\",alertstate=\"firing\"}")?
                    .isEmpty == false
            }
            #expect(isTold)
        }
    }
}
