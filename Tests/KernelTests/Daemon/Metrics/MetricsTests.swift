import Addresses
import Exposition
import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Metrics of a real daemon with real traffic, as Prometheus gets them. Needs promtool, of Debian's package prometheus.
@Suite("Daemon: metrics", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct MetricsTests {
    private static let port: UInt16 = 9_469
    private static let words = ["--metrics", "\(port)"]

    /// Labels of an endpoint's port.
    private static func labels(_ box: TestSandbox, _ network: String) -> KeyValuePairs<String, String> {
        ["network": network, "port": "eth0@\(box.name)", "kind": "endpoint"]
    }

    @Test("Numbers are those of heddle stats, promtool finds no fault", arguments: InputOutput.allCases)
    func numbers(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io, starting: false) { lab in
            try lab.start(Self.words)
            let boxes = try ["a", "b", "c"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("wire")
            let macs = try boxes.map { try MACAddress(parsing: lab.attach($0, to: "wire").mac) }
            let ports = try boxes.map { try FramePort($0, "eth0") }
            try ports[1].send(FramePort.frame(to: .broadcast, from: macs[1], count: 60))
            #expect(ports[0].receive(1).count == 1)
            for _ in 0..<100 { try ports[0].send(FramePort.frame(to: macs[1], from: macs[0], count: 200)) }
            #expect(ports[1].receive(100).count == 100)
            let reserved = try MACAddress(parsing: "01:80:c2:00:00:0e")
            for _ in 0..<7 { try ports[2].send(FramePort.frame(to: reserved, from: macs[2])) }
            // A name that promtool mustn't stumble over, and an API that was asked for what it hasn't.
            #expect(try lab.heddle("network", "inspect", "no\"such\\").status == 1)
            let c = Self.labels(boxes[2], "wire")
            #expect(
                try Patience.until {
                    try Scrape(lab, port: Self.port).value("heddle_port_receive_frames_total", c) == 7
                })

            let scrape = try Scrape(lab, port: Self.port)
            #expect(try scrape.promtool() == "")
            #expect(scrape.families.subtracting(HeddleMetrics.all.map(\.name)) == [])
            for row in try lab.client.statistics().ports {
                func counts(_ name: String) -> Double? {
                    scrape.value(name, ["network": row.network, "port": row.port, "kind": "endpoint"])
                }
                #expect(counts("heddle_port_receive_frames_total") == Double(row.rx.frames))
                #expect(counts("heddle_port_receive_bytes_total") == Double(row.rx.bytes))
                #expect(counts("heddle_port_receive_superframes_total") == Double(row.rx.superframes))
                #expect(counts("heddle_port_transmit_frames_total") == Double(row.tx.frames))
                #expect(counts("heddle_port_transmit_bytes_total") == Double(row.tx.bytes))
                #expect(counts("heddle_port_transmit_superframes_total") == Double(row.tx.superframes))
                #expect(counts("heddle_port_forwarded_frames_total") == Double(row.forwarded))
                #expect(counts("heddle_port_flooded_frames_total") == Double(row.flooded))
            }
            let drop: KeyValuePairs<String, String> = [
                "network": "wire", "port": "eth0@\(boxes[2].name)", "kind": "endpoint", "direction": "ingress",
                "reason": "reserved-group",
            ]
            #expect(scrape.value("heddle_port_drops_total", drop) == 7)
            #expect(scrape.series("heddle_port_drops_total").count == 1, "only what occurred")
            #expect(scrape.series("heddle_port_dropped_frames_total").count == 9, "all, also what didn't")
            #expect(
                scrape.values.filter { $0.key.hasPrefix("heddle_port_dropped_frames_total{") }.map(\.value).max() == 7)
            #expect(scrape.value("heddle_network_endpoints", ["network": "wire", "state": "up"]) == 3)
            #expect(scrape.value("heddle_network_stations", ["network": "wire", "type": "learned"]) == 2)
            #expect(scrape.value("heddle_worker_stations", ["worker": "0"]) == 2)
            let frames = try #require(scrape.value("heddle_worker_frames_total", ["worker": "0"]))
            let batches = try #require(scrape.value("heddle_worker_batches_total", ["worker": "0"]))
            #expect(frames >= 108 && batches > 0)
            let slots = ["receiving", "used", "free"].map {
                scrape.value("heddle_worker_slots", ["worker": "0", "state": $0]) ?? -1
            }
            #expect(slots.allSatisfy { $0 >= 0 } && slots.reduce(0, +) >= 64 && slots[1] == 0)
            #expect(scrape.value("heddle_engine_up") == 1 && scrape.value("heddle_engine_restarts_total") == 0)
            #expect(scrape.value("heddle_build_info", ["version": HeddleVersion.current]) == 1)
            let info = scrape.series("heddle_engine_info")
            #expect(info == ["heddle_engine_info{version=\"\(HeddleVersion.current)\",io=\"\(io.rawValue)\"}"])
            let answers = scrape.value(
                "heddle_api_requests_total", ["route": "/v1/networks/{name}", "method": "GET", "status": "404"])
            #expect(answers == 1)
            let now = Date().timeIntervalSince1970
            for name in ["process_start_time_seconds", "heddle_engine_start_time_seconds"] {
                let start = try #require(scrape.value(name))
                #expect(start <= now + 2 && start > now - 120, "\(name)")
            }
            for name in ["process_resident_memory_bytes", "heddle_engine_resident_memory_bytes"] {
                let bytes = try #require(scrape.value(name))
                #expect(bytes > 1_048_576, "\(name)")
            }
            for name in ["process_open_fds", "heddle_engine_open_fds"] {
                let count = try #require(scrape.value(name))
                #expect(count > 5 && count < 1_000, "\(name)")
            }
            #expect(try Scrape.ask(lab, port: Self.port, path: "/").status == 404)
        }
    }

    @Test("A gateway, names, flows and published ports", .enabled(if: access("/usr/bin/dig", X_OK) == 0))
    func gateway() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start(Self.words + ["--dns", "127.0.0.1"])
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            try lab.makeNetwork("lan", "10.63.0.0/24")
            try lab.attach(a, name: "a")
            try lab.attach(b, name: "b")
            #expect(try lab.dig(a, ["@10.63.0.1", "+short", "b"]) == "10.63.0.3\n")
            #expect(try lab.heddle("publish", "add", "lan", b.name, "8080:80").status == 0)
            // Nobody listens at the host's resolver.
            _ = try lab.dig(a, ["@10.63.0.1", "example.org"])
            let scrape = try Scrape(lab, port: Self.port)
            #expect(try scrape.promtool() == "")
            func questions(_ outcome: String) -> Double? {
                scrape.value("heddle_dns_questions_total", ["network": "lan", "outcome": outcome])
            }
            let counts = try #require(try lab.client.network(named: "lan").names)
            #expect(questions("answered") == Double(counts.answered) && counts.answered >= 1)
            #expect(questions("forwarded") == Double(counts.forwarded) && counts.forwarded >= 1)
            #expect(scrape.value("heddle_dns_unanswered_total", ["network": "lan"]) == Double(counts.forwarded))
            let asked = scrape.value("heddle_dns_forward_duration_seconds_count", ["network": "lan"])
            #expect(asked == Double(counts.forwarded))
            #expect(scrape.value("heddle_network_published_ports", ["network": "lan", "state": "open"]) == 1)
            for state in ["opening", "established", "closing", "closed"] {
                #expect(scrape.value("heddle_network_flows", ["network": "lan", "state": state]) != nil)
            }
            #expect(scrape.value("heddle_flow_entries") != nil)
            let kinds = Set(
                scrape.series("heddle_port_receive_frames_total").compactMap { $0.firstMatch(of: /kind="(\w+)"/)?.1 })
            #expect(kinds == ["endpoint", "host", "names"])
            let missing = Set(HeddleMetrics.all.map(\.name)).subtracting(scrape.families)
            #expect(
                missing == ["heddle_network_peers", "heddle_port_drops_total"] || missing == ["heddle_network_peers"])

            // Whoever is gone holds its addresses.
            b.remove()
            #expect(
                try Patience.until {
                    let later = try Scrape(lab, port: Self.port)
                    return later.value("heddle_network_endpoints", ["network": "lan", "state": "gone"]) == 1
                        && later.value("heddle_network_published_ports", ["network": "lan", "state": "waiting"]) == 1
                })
        }
    }

    @Test(
        "No counter falls when the engine dies, nor of the ports when the daemon does", arguments: InputOutput.allCases)
    func deaths(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io, starting: false) { lab in
            try lab.start(Self.words)
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("wire")
            let macs = try boxes.map { try MACAddress(parsing: lab.attach($0, to: "wire").mac) }
            let ports = try boxes.map { try FramePort($0, "eth0") }
            func talk() throws {
                for _ in 0..<50 {
                    try ports[0].send(FramePort.frame(to: .broadcast, from: macs[0]))
                    try ports[1].send(FramePort.frame(to: macs[0], from: macs[1]))
                }
                #expect(ports[1].receive(50).count == 50 && ports[0].receive(50).count == 50)
            }
            try talk()
            let before = try Scrape(lab, port: Self.port)
            try lab.killEngine()
            #expect(
                try Patience.until {
                    let scrape = try Scrape(lab, port: Self.port)
                    return scrape.value("heddle_engine_up") == 1
                        && scrape.value("heddle_engine_restarts_total") == 1
                })
            try talk()
            let after = try Scrape(lab, port: Self.port)
            try expectNotFallen(from: before, to: after, except: ["heddle_engine_cpu_seconds_total"])
            for name in ["heddle_worker_batches_total", "heddle_worker_frames_total"] {
                let (old, new) = (before.value(name, ["worker": "0"]), after.value(name, ["worker": "0"]))
                #expect(try #require(new) > #require(old), "\(name)")
            }
            let a = Self.labels(boxes[0], "wire")
            let name = "heddle_port_receive_frames_total"
            #expect(try #require(after.value(name, a)) >= #require(before.value(name, a)) + 50)

            try lab.killDaemon()
            try lab.start(Self.words)
            let next = try Scrape(lab, port: Self.port)
            #expect(next.value("heddle_engine_restarts_total") == 0)
            try expectNotFallen(
                from: after, to: next,
                except: [
                    "heddle_engine_restarts_total", "heddle_api_requests_total", "process_cpu_seconds_total",
                    "heddle_api_request_duration_seconds",
                ])
        }
    }

    /// Every counter that was there is there, and no less.
    private func expectNotFallen(from before: Scrape, to after: Scrape, except others: Set<String>) throws {
        let counters = HeddleMetrics.all.filter { $0.kind != .gauge && !others.contains($0.name) }.map(\.name)
        var compared = 0
        for (series, old) in before.values where counters.contains(where: { series.hasPrefix($0) }) {
            let new = try #require(after.values[series], "\(series) is gone")
            #expect(new >= old, "\(series)")
            compared += 1
        }
        #expect(compared > 30)
    }
}
