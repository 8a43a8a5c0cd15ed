import Addresses
import Bench
import Foundation
import FoundationXML
import Glibc
import Netlink
import Testing

extension TrafficTests {
    /// A host between a LAN and a sandbox, on the real kernel. Within the suite of traffic, so that no two of all measure
    /// at a time.
    @Suite struct GatewayTests {
        private func onVeth<Result>(_ name: String, _ body: (TestPath) throws -> Result) throws -> Result {
            let workspace = Workspace(prefix: "hdt-\(getpid())-\(name)-")
            defer { workspace.remove() }
            let path = try PlainVeth().setUp(in: workspace)
            try path.waitUntilItWorks()
            return try body(path)
        }

        @Test func connectionsComeAboutAndAreCounted() throws {
            let outcome = try onVeth("connect") { path in
                try ConnectionLoad(seconds: 0.4, inFlight: 16).run(on: ServerRoute(path))
            }
            #expect(outcome.completed > 500 && outcome.failed == 0, "\(outcome)")
            #expect(outcome.seconds >= 0.4 && outcome.seconds < 2)
            #expect(outcome.perSecond > 1_000 && outcome.failedShare == 0)
        }

        @Test func connectionsThatAreRefusedHaveFailed() throws {
            let outcome = try onVeth("refused") { path in
                let place = SocketPlace(address: path.receiver.address, port: 0)
                let nobody = SocketPlace(address: path.receiver.address, port: 9)
                let route = ServerRoute(
                    client: path.sender.sandbox, server: path.receiver.sandbox, bound: place, reached: nobody)
                return try ConnectionLoad(seconds: 0.3, inFlight: 4).run(on: route)
            }
            #expect(outcome.completed == 0 && outcome.failed > 4)
            #expect(Set(outcome.failures.keys) == [ECONNREFUSED] && outcome.failedShare == 1)
            // They are not tried again at once: that would be a load of its own.
            #expect(outcome.failed < 400)
        }

        @Test func floodsOfDatagramsAreCounted() throws {
            let outcome = try onVeth("flood") { try DatagramFlood(seconds: 0.3).run(on: ServerRoute($0)) }
            #expect(outcome.sent > 10_000 && outcome.seconds >= 0.29)
            #expect(outcome.received > 0 && outcome.received <= outcome.sent)
        }

        @Test func streamsGoBackToo() throws {
            try onVeth("reverse") { path in
                func carried() throws -> (there: UInt64, back: UInt64) {
                    let link = try #require(
                        try path.sender.sandbox.routes().link(index: path.sender.interfaceIndex))
                    let statistics = try #require(link.statistics)
                    return (statistics.txBytes, statistics.rxBytes)
                }
                let before = try carried()
                let outcome = try StreamLoad(streams: 1, seconds: 0.3, isReversed: true).run(on: path)
                let after = try carried()
                #expect(outcome.bytes > 10_000_000)
                #expect(after.back - before.back > outcome.bytes)
                #expect(after.there - before.there < outcome.bytes / 2)
            }
        }

        @Test(.enabled(if: Tool.find("nft") != nil, "needs nft"))
        func aRunOfTheKernelsWayTakesEverySample() throws {
            var options = BenchOptions.quick(.nat)
            options.subjects = ["nftables", "host", "docker-proxy"].filter {
                $0 != "docker-proxy" || Tool.find("docker-proxy") == nil
            }
            // Once both ways of asking; the others differ in their ports only.
            options.tests.removeAll { ["published-tcp1-reverse", "outgoing-tcp1"].contains($0) }
            options.rounds = 1
            options.seconds = 0.3
            let programs = BenchPrograms(daemon: "/nonexistent/heddled", relay: "/nonexistent/heddle")
            let report = try BenchRun(
                options: options, programs: programs, version: "test", progress: Progress(isQuiet: true)
            ).run()
            #expect(report.failures == [])
            for metric in report.metrics where metric.isMain {
                let rounds = report.samples.filter { $0.metric == metric.id && $0.subject == "nftables" }.map(\.round)
                #expect(rounds == [0], "\(metric.id): \(report.remarks)")
            }
            #expect(report.samples.filter { $0.subject == "host" }.allSatisfy { $0.metric.hasPrefix("host.tcp1.") })
            let failed = report.samples.filter { $0.metric.hasSuffix(".connections.failed") }
            #expect(failed.count == 2 && failed.allSatisfy { $0.value == 0 }, "\(report.remarks)")
            #expect(
                report.subjects.last?.name == "host"
                    || report.subjects.last?.skipped?.hasPrefix("docker-proxy is not installed") == true)
            let throughput = try #require(report.metrics.first { $0.id == "host.tcp1.throughput" })
            #expect(report.summary(of: throughput, subject: "nftables")?.toFloor != nil)
            #expect(report.summary(of: throughput, subject: "host")?.toReference != nil)
            #expect(!Folder.names(in: "/run/netns").contains { $0.hasPrefix("hdb-\(getpid())-") })
        }

        @Test func aDaemonThatDoesNotStartIsTold() throws {
            var options = BenchOptions.quick(.nat)
            options.subjects = ["heddle", "host"]
            options.tests = ["host-tcp1"]
            options.rounds = 1
            options.seconds = 0.2
            let programs = BenchPrograms(daemon: "/bin/false", relay: "/bin/false")
            let report = try BenchRun(
                options: options, programs: programs, version: "test", progress: Progress(isQuiet: true)
            ).run()
            #expect(report.failures.count == 1)
            #expect(report.failures.first?.hasPrefix("Heddle could not be set up: heddled ended at once") == true)
            #expect(report.samples.contains { $0.metric == "host.tcp1.throughput" && $0.subject == "host" })
        }

        @Test func withoutADaemonTheWayOutIsTheKernelAlone() {
            let programs = BenchPrograms(daemon: "/nonexistent/heddled", relay: "/nonexistent/heddle")
            let run = BenchRun(
                options: .quick(.nat), programs: programs, version: "test", progress: Progress(isQuiet: true))
            #expect {
                _ = try run.run()
            } throws: { error in
                "\(error)".hasSuffix("--subjects nftables,host")
            }
        }
    }
}

@Suite struct GatewaySceneTests {
    @Test func theRulesTranslateBothWays() {
        let rules = KernelGateway.ruleset(.rules)
        for line in [
            "table ip bench {", "type nat hook prerouting priority dstnat; policy accept;",
            "iifname \"uplink0\" ip daddr 198.18.0.1 tcp dport 5000 dnat to 10.231.77.2:80",
            "iifname \"uplink0\" ip daddr 198.18.0.1 udp dport 5000 dnat to 10.231.77.2:80",
            "ip saddr 10.231.77.0/24 oifname \"uplink0\" masquerade",
        ] {
            #expect(rules.split(separator: "\n").contains { $0.drop { $0 == " " } == line }, "\(line) in \(rules)")
        }
        #expect(rules.count { $0 == "{" } == rules.count { $0 == "}" })
        // Docker's program takes the port: a rule would be quicker.
        let proxied = KernelGateway.ruleset(.dockerProxy)
        #expect(!proxied.contains("dnat") && proxied.contains("masquerade"))
        #expect(proxied.count { $0 == "{" } == proxied.count { $0 == "}" })
    }

    @Test func noServerWantsAPortThatAClientMayHave() {
        #expect(GatewayPlan.remotePort < GatewayPlan.firstClientPort)
        #expect(GatewayPlan.servicePort < GatewayPlan.firstClientPort)
    }

    @Test func thePlainHostIsComparedWithInOneTestOnly() {
        #expect(BenchScene.nat.reference(of: .heddleGateway) == .nftables && BenchScene.nat.floor == .plainHost)
        #expect(
            BenchScene.nat.subjects.map(\.rawValue).sorted() == [
                "docker-proxy", "heddle", "heddle-relay", "host", "nftables",
            ])
    }

    @Test func aGatewaysReportComparesWithNftablesAndAPlainHost() throws {
        let report = ReportFixture.makeGateway()
        let summary = try #require(report.summary(of: ReportFixture.throughput, subject: "heddle"))
        #expect(summary.toReference?.median == 0.8 && summary.toFloor?.median == 1.6)
        let text = report.text().split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(text.contains("subject median min…max × nftables min…max × host min…max"))
        #expect(text.contains("Heddle 12.8 8.00…16.0 0.80× 0.80…0.80 1.60× 1.60…1.60"))

        let json = try report.json()
        #expect(try BenchReport(json: json) == report)
        #expect(json.contains("\"to_nftables\"") && json.contains("\"to_host\""))
        #expect(!json.contains("\"to_relay\"") && !json.contains("\"to_bridge\""))

        let page = report.html()
        #expect(XMLParser(data: Data(page.utf8)).parse())
        #expect(page.contains("Against the kernel nftables"))
        #expect(page.contains("The plain host has neither rules nor daemon"))
    }

    @Test func iperf3IsToldPortAndDirection() {
        let address = IPv4Address(192, 0, 2, 1)
        let server = StreamTool.serverArguments(on: address, port: 80)
        #expect(server.suffix(2) == ["-p", "80"])
        let client = StreamTool.clientArguments(to: address, port: 5_000, streams: 1, seconds: 2, isReversed: true)
        #expect(client.suffix(3) == ["-p", "5000", "-R"])
        #expect(!StreamTool.serverArguments(on: address).contains("-p"))
        #expect(!StreamTool.clientArguments(to: address, streams: 1, seconds: 1).contains("-R"))
    }
}
