import Exposition
import Foundation
import Testing
import Yams

@Suite("Examples/monitoring")
struct MonitoringExampleTests {
    private static let directory = "Examples/monitoring"

    private struct Dashboard: Decodable {
        struct Target: Decodable {
            var expr: String
            var refId: String
        }

        struct Place: Decodable {
            var h: Int
            var w: Int
            var x: Int
            var y: Int
        }

        struct Panel: Decodable {
            var id: Int
            var type: String
            var title: String
            var gridPos: Place
            var targets: [Target]?
        }

        struct Variable: Decodable {
            var name: String
            var definition: String?
        }

        struct Templating: Decodable {
            var list: [Variable]
        }

        var title: String
        var uid: String
        var panels: [Panel]
        var templating: Templating
    }

    private struct Rules: Decodable {
        struct Group: Decodable {
            var name: String
            var rules: [Rule]
        }

        struct Rule: Decodable {
            var alert: String
            var expr: String
            var labels: [String: String]
            var annotations: [String: String]
        }

        var groups: [Group]
    }

    private static func dashboard() throws -> Dashboard {
        let text = try Repository.text("\(directory)/heddle-dashboard.json")
        return try JSONDecoder().decode(Dashboard.self, from: Data(text.utf8))
    }

    private static func rules() throws -> [Rules.Rule] {
        let text = try Repository.text("\(directory)/heddle.rules.yml")
        return try YAMLDecoder().decode(Rules.self, from: text).groups.flatMap(\.rules)
    }

    @Test("what an expression names is found, and what isn't there")
    func expressions() {
        let right = MetricExpression(
            "sum by (network, le) (rate(heddle_dns_forward_duration_seconds_bucket{instance=~\"$instance\"}[5m]))")
        #expect(right.selectors == [.init(name: "heddle_dns_forward_duration_seconds_bucket", labels: ["instance"])])
        #expect(right.grouped == ["network", "le"])
        #expect(right.problems == [])
        for wrong in [
            "heddle_no_such_thing", "heddle_dns_forward_duration_seconds", "rate(heddle_engine_up_total[5m])",
            "heddle_engine_up{network=\"lan\"}", "sum by (reason) (heddle_engine_up)", "heddle_flow_entries{le=\"1\"}",
            "a * on (sandbox) group_left (port) heddle_network_info",
        ] { #expect(!MetricExpression(wrong).problems.isEmpty, "\(wrong)") }
    }

    @Test("each panel of the dashboard asks for what there is, and lies beside the others")
    func panels() throws {
        let dashboard = try Self.dashboard()
        #expect(dashboard.uid == "heddle" && dashboard.panels.count > 30)
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        let variables = dashboard.templating.list
        #expect(Set(variables.map(\.name)) == ["datasource", "instance", "network"])
        for variable in variables where variable.name != "datasource" {
            let definition = try #require(variable.definition)
            #expect(MetricExpression(definition).problems == [] && !MetricExpression(definition).selectors.isEmpty)
        }
        var taken: Set<[Int]> = []
        for panel in dashboard.panels {
            let place = panel.gridPos
            #expect(place.x >= 0 && place.x + place.w <= 24 && place.w > 0 && place.h > 0, "\(panel.title)")
            for x in place.x..<place.x + place.w {
                for y in place.y..<place.y + place.h {
                    #expect(taken.insert([x, y]).inserted, "\(panel.title) covers another panel")
                }
            }
            guard panel.type != "row" else { continue }
            let targets = try #require(panel.targets)
            #expect(!targets.isEmpty && Set(targets.map(\.refId)).count == targets.count)
            for target in targets {
                let expression = MetricExpression(target.expr)
                #expect(!expression.selectors.isEmpty && expression.problems == [], "\(panel.title): \(target.expr)")
            }
        }
    }

    @Test("each family is seen on the dashboard, in an alert, or tells only what is known")
    func coverage() throws {
        var expressions = try Self.rules().map(\.expr)
        for panel in try Self.dashboard().panels { expressions += (panel.targets ?? []).map(\.expr) }
        for variable in try Self.dashboard().templating.list { expressions += [variable.definition ?? ""] }
        let named = Set(expressions.flatMap { MetricExpression($0).selectors.map(\.name) })
        let unseen = HeddleMetrics.all.filter { definition in
            !named.contains { $0 == definition.name || $0 == definition.name + "_bucket" }
        }
        #expect(
            Set(unseen.map(\.name)) == [
                "heddle_engine_info", "heddle_engine_start_time_seconds", "heddle_network_mtu_bytes",
                "heddle_network_peers", "heddle_port_info", "heddle_port_receive_rearms_total",
                "heddle_port_transmit_superframes_total", "process_start_time_seconds",
                "process_virtual_memory_bytes",
            ])
    }

    @Test("each alert asks for what there is and says what to do")
    func alerts() throws {
        let rules = try Self.rules()
        #expect(rules.count > 15 && Set(rules.map(\.alert)).count == rules.count)
        for rule in rules {
            #expect(MetricExpression(rule.expr).problems == [], "\(rule.alert)")
            #expect(["info", "warning", "critical"].contains(rule.labels["severity"]))
            #expect(rule.annotations["summary"]?.isEmpty == false && rule.annotations["description"]?.isEmpty == false)
        }
    }

    @Test("promtool finds no fault with the configuration and the alerts", .enabled(if: Repository.hasPromtool))
    func promtool() throws {
        for words in [["check", "config", "prometheus.yml"], ["check", "rules", "heddle.rules.yml"]] {
            let (status, output) = try Repository.promtool(words, in: Self.directory)
            #expect(status == 0 && output.contains("SUCCESS"), "\(output)")
        }
    }

    @Test("alerts fire when they should, and only then", .enabled(if: Repository.hasPromtool))
    func firing() throws {
        let (status, output) = try Repository.promtool(
            ["test", "rules", "alerts.yml"], in: "Tests/ExpositionTests/Rules")
        #expect(status == 0 && output.contains("SUCCESS"), "\(output)")
    }

    @Test("promtool reads every expression of the dashboard", .enabled(if: Repository.hasPromtool))
    func dashboardExpressions() throws {
        var text = "groups:\n  - name: dashboard\n    rules:\n"
        var count = 0
        let encoder = JSONEncoder()
        // What is a string in JSON is one in YAML, but for an escaped slash.
        encoder.outputFormatting = .withoutEscapingSlashes
        for panel in try Self.dashboard().panels {
            for target in panel.targets ?? [] {
                let plain = target.expr.replacingOccurrences(of: "$__rate_interval", with: "1m")
                let quoted = String(decoding: try encoder.encode(plain), as: UTF8.self)
                text += "      - record: panel:n\(count)\n        expr: \(quoted)\n"
                count += 1
            }
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "hdt-\(getpid())-dashboard.yml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let (status, output) = try Repository.promtool(["check", "rules", file.path], in: Self.directory)
        #expect(status == 0 && output.contains("SUCCESS: \(count) rules found"), "\(output)")
    }
}
