import Foundation
import Testing

/// The dashboard's file, held against what Grafana takes: its schema of classic dashboards
/// (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/). Grafana itself isn't
/// asked; what an expression names is `MonitoringExampleTests`' concern.
@Suite("Examples/monitoring: the dashboard as Grafana reads it")
struct DashboardSchemaTests {
    private typealias Object = [String: Any]

    /// What Grafana has built in: a dashboard that names another one shows "panel plugin not found".
    private static let panelTypes: Set = [
        "row", "stat", "timeseries", "table", "gauge", "bargauge", "heatmap", "text", "piechart", "state-timeline",
    ]
    /// Variables that Grafana itself defines.
    private static let builtIn: Set = ["__rate_interval", "__interval", "__range", "__all"]
    /// Units of its list that the dashboard may name; any other text would be shown behind the number as it is.
    private static let units: Set = [
        "short", "none", "bps", "Bps", "pps", "bytes", "decbytes", "s", "ms", "percent", "percentunit", "cps", "ops",
        "reqps", "dtdurations", "dateTimeFromNow", "bits",
    ]

    /// Options that Grafana's JSON schemas of these panels require (github.com/grafana/grafana-foundation-sdk, `jsonschema`).
    private static let required: [String: Set<String>] = [
        "stat": [
            "reduceOptions", "textMode", "colorMode", "graphMode", "justifyMode", "wideLayout", "orientation",
            "showPercentChange", "percentChangeColorMode",
        ],
        "timeseries": ["legend", "tooltip"],
    ]

    private static func dashboard() throws -> Object {
        let text = try Repository.text("Examples/monitoring/heddle-dashboard.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object)
    }

    private static func objects(_ value: Any?) -> [Object] { value as? [Object] ?? [] }

    /// All texts of a value that may name variables, whatever they are in.
    private static func texts(_ value: Any) -> [String] {
        switch value {
        case let text as String: [text]
        case let list as [Any]: list.flatMap(texts)
        case let object as Object: object.values.flatMap(texts)
        default: []
        }
    }

    /// `$name`, `${name}` and `${name:format}`.
    private static func variables(in text: String) -> [String] {
        text.matches(of: #/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/#).compactMap { ($0.1 ?? $0.2).map(String.init) }
    }

    @Test("the head has what an import needs, and no number of another Grafana's")
    func head() throws {
        let dashboard = try Self.dashboard()
        // 36 is the first with data sources as objects, as they are here (Grafana 9); 42 the last of the classic ones.
        #expect((36...42).contains(dashboard["schemaVersion"] as? Int ?? 0))
        #expect(dashboard["id"] == nil || dashboard["id"] is NSNull)
        #expect((dashboard["uid"] as? String ?? "").wholeMatch(of: #/[A-Za-z0-9_-]{1,40}/#) != nil)
        #expect(dashboard["title"] as? String == "Heddle")
        let time = dashboard["time"] as? [String: String] ?? [:]
        #expect(Set(time.keys) == ["from", "to"] && time["to"] == "now")
        #expect((dashboard["refresh"] as? String ?? "").wholeMatch(of: #/\d+[smh]/#) != nil)
        #expect([0, 1, 2].contains(dashboard["graphTooltip"] as? Int))
        #expect((dashboard["annotations"] as? Object)?["list"] is [Any])
        #expect(dashboard["links"] is [Any])
        // What only an export for sharing has would be asked for by every import.
        #expect(dashboard["__inputs"] == nil && dashboard["__requires"] == nil)
    }

    @Test("variables: a data source that is chosen, and queries of it, each after what it names")
    func variables() throws {
        let templating = try #require(try Self.dashboard()["templating"] as? Object)
        let list = Self.objects(templating["list"])
        #expect(list.first?["type"] as? String == "datasource" && list.first?["query"] as? String == "prometheus")
        var defined: Set<String> = []
        for variable in list {
            let name = try #require(variable["name"] as? String)
            #expect(name.wholeMatch(of: #/\w+/#) != nil && !defined.contains(name))
            // None, or whole.
            let current = variable["current"] as? Object
            #expect(variable["current"] == nil || current?["text"] != nil && current?["value"] != nil, "\(name)")
            let asked = Set(Self.texts(variable).flatMap(Self.variables)).subtracting(Self.builtIn)
            #expect(asked.isSubset(of: defined), "\(name) names \(asked)")
            defined.insert(name)
            guard variable["type"] as? String == "query" else { continue }
            #expect(variable["datasource"] as? [String: String] == Self.source, "\(name)")
            let query = try #require(variable["query"] as? [String: String])
            #expect(query["query"] == variable["definition"] as? String && query["refId"]?.isEmpty == false)
            #expect(query["query"]?.wholeMatch(of: #/label_values\(.+, \w+\)/#) != nil)
            // On every load or with every time range, or it would never be asked.
            #expect([1, 2].contains(variable["refresh"] as? Int))
            if variable["multi"] as? Bool == true, variable["includeAll"] as? Bool == true {
                #expect(variable["allValue"] as? String == ".*", "only `=~` takes it")
            }
        }
    }

    private static let source = ["type": "prometheus", "uid": "${datasource}"]

    @Test("panels: known types and units, the chosen data source, rows in order, and only variables that there are")
    func panels() throws {
        let dashboard = try Self.dashboard()
        let list = Self.objects((dashboard["templating"] as? Object)?["list"])
        let defined = Set(list.compactMap { $0["name"] as? String }).union(Self.builtIn)
        var bottom = 0
        let panels = Self.objects(dashboard["panels"])
        #expect(panels.first?["type"] as? String == "row")
        for panel in panels {
            let title = try #require(panel["title"] as? String)
            let type = try #require(panel["type"] as? String)
            let place = try #require(panel["gridPos"] as? [String: Int])
            #expect(Self.panelTypes.contains(type) && !title.isEmpty, "\(title): \(type)")
            let named = Set(Self.texts(panel).flatMap(Self.variables))
            #expect(named.isSubset(of: defined), "\(title) names \(named.subtracting(defined))")
            if type == "row" {
                #expect(place["w"] == 24 && place["h"] == 1 && place["x"] == 0, "\(title)")
                // An open row holds no panels: those below it are its own. A closed one would hide them twice.
                #expect(panel["collapsed"] as? Bool == false && (panel["panels"] as? [Any])?.isEmpty == true)
                #expect(place["y"] ?? -1 >= bottom, "\(title) begins above the end of the row before")
            } else {
                try Self.check(panel, title)
            }
            bottom = max(bottom, (place["y"] ?? 0) + (place["h"] ?? 0))
        }
    }

    private static func check(_ panel: Object, _ title: String) throws {
        #expect(panel["datasource"] as? [String: String] == source, "\(title)")
        let defaults = try #require((panel["fieldConfig"] as? Object)?["defaults"] as? Object, "\(title)")
        #expect((panel["fieldConfig"] as? Object)?["overrides"] is [Any], "\(title)")
        #expect(units.contains(defaults["unit"] as? String ?? ""), "\(title): \(defaults["unit"] ?? "none")")
        let options = try #require(panel["options"] as? Object, "\(title)")
        if let required = required[panel["type"] as? String ?? ""] {
            #expect(required.isSubset(of: options.keys), "\(title) has no \(required.subtracting(options.keys))")
        }
        for target in objects(panel["targets"]) {
            #expect(target["datasource"] as? [String: String] == source, "\(title)")
            let text = target["expr"] as? String ?? ""
            #expect(text.contains("instance=~\"$instance\""), "\(title) isn't of the daemon that is chosen: \(text)")
            // A variable of many values is a pattern: with `=` it would find nothing.
            #expect(text.firstMatch(of: #/[^~]"\$(instance|network)"/#) == nil, "\(title): \(text)")
            let isRate = text.contains("rate(") && target["instant"] as? Bool != true
            #expect(!isRate || text.contains("[$__rate_interval]"), "\(title): \(text)")
        }
        // Steps begin at no value and rise.
        if let steps = (defaults["thresholds"] as? Object)?["steps"] {
            let values = objects(steps).map { $0["value"] as? Double }
            #expect(
                values.first == .some(nil)
                    && zip(values.dropFirst(), values.dropFirst(2)).allSatisfy { ($0 ?? 0) < ($1 ?? 0) })
        }
        for mapping in objects(defaults["mappings"]) {
            #expect(["value", "range", "regex", "special"].contains(mapping["type"] as? String), "\(title)")
        }
    }
}
