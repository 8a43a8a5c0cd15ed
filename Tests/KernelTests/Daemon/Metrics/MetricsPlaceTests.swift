import Addresses
import Exposition
import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Testing

@testable import ControlPlane

/// Where metrics are served, and what a thousand ports cost.
@Suite("Daemon: where metrics are served", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct MetricsPlaceTests {
    @Test("What is no place, and a port in use, are refused before anything is made")
    func refusals() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            for (word, text) in [
                ("x", "\"x\""), ("99999", "\"99999\""), ("::1:9000", "\"::1:9000\""), ("host:9000", "\"host:9000\""),
                ("127.0.0.1:", "\"127.0.0.1:\""),
            ] {
                let outcome = try lab.heddled(lab.places + ["--metrics", word])
                #expect(outcome.status == 64 && outcome.errors.contains("--metrics: \(text)"), "\(outcome.errors)")
            }
            let twice = try lab.heddled(lab.places + ["--metrics", "127.0.0.1:9469", "--page", "9469"])
            #expect(twice.status == 64 && twice.errors.contains("are one place"), "\(twice.errors)")
            let far = try lab.heddled(lab.places + ["--metrics", "192.0.2.9:9469"])
            #expect(far.status == 1 && far.errors.contains("192.0.2.9:9469") && far.errors.contains("No interface"))

            let taken = try lab.host.inside { try InternetSocket.stream("127.0.0.1") }
            defer { close(taken) }
            try InternetSocket.bind(taken, "127.0.0.1", port: 9_469)
            #expect(listen(taken, 1) == 0)
            let outcome = try lab.heddled(lab.places + ["--metrics", "9469"])
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("cannot listen on 127.0.0.1:9469: Address already in use"))
            #expect(outcome.errors.contains("name another port with --metrics"))
            #expect(access(lab.stateDirectory, F_OK) != 0 && access(lab.socket + ".tables", F_OK) != 0)
        }
    }

    @Test("An address is served that was named, a port alone on the loopback interface only")
    func places() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start(["--metrics", "9469"])
            #expect(try Scrape(lab, port: 9_469).value("heddle_engine_up") == 1)
            #expect(throws: (any Error).self) { try Scrape(lab, port: 9_469, at: "127.0.0.2") }
            lab.daemon?.signal(SIGTERM)
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(0))
            // The port is free at once.
            try lab.start(["--metrics", "127.0.0.2:9469"])
            #expect(try Scrape(lab, port: 9_469, at: "127.0.0.2").value("heddle_engine_up") == 1)
            #expect(throws: (any Error).self) { try Scrape(lab, port: 9_469) }
        }
    }

    @Test("Several daemons in one namespace have a port each, and know their own networks only")
    func several() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start(["--metrics", "9469"])
            try lab.makeNetwork("mine")
            let places = ["--socket", lab.directory + "/t", "--state-dir", lab.directory + "/other"]
            let second = try RunningProgram(
                Programs.daemon, places + ["--metrics", "9470"], in: try lab.host.open(),
                errors: lab.directory + "/log2")
            defer {
                second.signal(SIGTERM)
                _ = second.wait(within: .seconds(5))
                _ = try? lab.heddled(places + ["--teardown"])
                for name in ["log2", "other"] {
                    try? FileManager.default.removeItem(atPath: "\(lab.directory)/\(name)")
                }
            }
            #expect(try second.waitForLine("heddled: ready", within: .seconds(10)))
            let (first, other) = (try Scrape(lab, port: 9_469), try Scrape(lab, port: 9_470))
            #expect(first.series("heddle_network_info").count == 1 && other.series("heddle_network_info").isEmpty)
            #expect(first.value("process_start_time_seconds") != nil && other.value("heddle_engine_up") == 1)
            let third = try lab.heddled(
                ["--socket", lab.directory + "/u", "--state-dir", lab.directory + "/third", "--metrics", "9470"])
            #expect(third.status == 1 && third.errors.contains("Address already in use"))
        }
    }

    @Test("A scrape of 1,000 ports is cheap; the figure is in Documentation/Metrics.md")
    func thousand() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start()
            try lab.killDaemon()
            try fill(lab.stateDirectory)
            try lab.start(["--metrics", "9469"])
            let scrapes = try (0..<20).map { _ in try Scrape(lab, port: 9_469) }
            #expect(scrapes[0].series("heddle_port_receive_frames_total").count >= 1_000)
            #expect(try scrapes[0].promtool() == "")
            let times = scrapes.map(\.took).sorted()
            let before = try #require(try Scrape(lab, port: 9_469).value("process_cpu_seconds_total"))
            for _ in 0..<20 { _ = try Scrape(lab, port: 9_469) }
            let after = try #require(try Scrape(lab, port: 9_469).value("process_cpu_seconds_total"))
            let worst = try held(lab)
            print(
                """
                metrics: 1,000 ports, \(scrapes[0].values.count) series, \(scrapes[0].text.utf8.count / 1_000) KB: median \
                \(times[10].text), longest \(times[19].text); \((after - before) / 21 * 1_000) ms of processor time; \
                another request waits \(worst.text) at most
                """)
            #expect(times[10] < .milliseconds(400))
            try lab.killDaemon()
            try empty(lab.stateDirectory)
            try lab.start()
        }
    }

    /// How long a request to the control API takes at most while somebody scrapes without a pause.
    private func held(_ lab: HeddleUnderTest) throws -> Duration {
        let scraper = try RunningProgram(
            "/bin/bash",
            [
                "-c",
                "while :; do exec 3<>/dev/tcp/127.0.0.1/9469; printf 'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n"
                    + "Connection: close\\r\\n\\r\\n' >&3; cat <&3 >/dev/null; exec 3>&-; done",
            ], in: try lab.host.open())
        defer { scraper.kill() }
        var worst = Duration.zero
        for _ in 0..<50 {
            let start = ContinuousClock.now
            _ = try lab.client.status()
            worst = max(worst, start.duration(to: .now))
            Patience.pass(.milliseconds(5))
        }
        return worst
    }

    /// Adopted interfaces that are gone: none has to be made for that.
    private func fill(_ directory: String) throws {
        let store = try Store(directory: directory)
        for number in 1...UInt16(10) {
            try store.save(
                NetworkRecord(
                    id: "n\(number)", name: "net\(number)", domain: number, driver: "bridge", subnets: [],
                    gateways: [], ranges: [], mtu: 1_500, isInternal: false, isIsolated: false, options: [:],
                    phase: .active, hostPort: nil, hostToken: 0, hostIndex: 0))
        }
        for number in 1...UInt16(1_000) {
            try store.save(
                EndpointRecord(
                    id: "e\(number)", network: "n\(number % 10 + 1)", port: number, sandbox: "",
                    ifname: "ext\(number)", via: .adopted, mac: MACAddress(value: 0x0200_0000_0000 | UInt64(number)),
                    addresses: [], name: "web\(number)", aliases: [], vlan: nil, isGuarded: false, phase: .active,
                    isGone: true, cookie: 0, index: 0, nearIndex: 0, token: UInt64(number), isPinning: false))
        }
        try store.close()
    }

    /// The lab looks through all that is recorded when it ends.
    private func empty(_ directory: String) throws {
        let store = try Store(directory: directory)
        let recorded = try store.load()
        for endpoint in recorded.endpoints { try store.delete(endpoint) }
        for network in recorded.networks { try store.delete(network) }
        try store.close()
    }
}
