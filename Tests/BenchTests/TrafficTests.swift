import Bench
import Glibc
import Netlink
import Testing

/// Own TCP, UDP and ICMP through real interfaces, and whole runs. One after the other: they measure.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root")) struct TrafficTests {
    private func onVeth<Result>(_ name: String, _ body: (TestPath) throws -> Result) throws -> Result {
        let workspace = Workspace(prefix: "hdt-\(getpid())-\(name)-")
        defer { workspace.remove() }
        let path = try PlainVeth().setUp(in: workspace)
        try path.waitUntilItWorks()
        return try body(path)
    }

    @Test func streamsMoveBytes() throws {
        let outcome = try onVeth("tcp") { try StreamLoad(streams: 3, seconds: 0.3).run(on: $0) }
        #expect(outcome.bytes > 10_000_000)
        #expect(outcome.seconds > 0.25)
        #expect(outcome.seconds < 3)
    }

    @Test func aRateIsKept() throws {
        let outcome = try onVeth("rate") { try StreamLoad(streams: 1, seconds: 0.5, rate: 20e6).run(on: $0) }
        #expect(outcome.bytes > 8_000_000)
        #expect(outcome.bytes < 11_000_000)
    }

    @Test func datagramsGoRound() throws {
        let outcome = try onVeth("udp") { path in
            let answer = try path.receiver.sandbox.run { try InternetSocket.datagram(on: path.receiver.address) }
            let question = try path.sender.sandbox.run {
                try InternetSocket.datagram(to: path.receiver.address, port: answer.port)
            }
            return try RoundTripProbe.datagrams(question: question, answer: answer.descriptor, seconds: 0.2)
        }
        #expect(outcome.latency.count > 100)
        #expect(outcome.unanswered == 0)
        #expect(outcome.latency.minimum > 500)
    }

    @Test func echoesComeBack() throws {
        let outcome = try onVeth("icmp") { path in
            let socket = try path.sender.sandbox.run { try InternetSocket.echo(to: path.receiver.address) }
            return RoundTripProbe.echoes(on: socket, count: 500, seconds: 5)
        }
        #expect(outcome.latency.count == 500)
        #expect(outcome.unanswered == 0)
        #expect(outcome.latency.minimum > 0)
        #expect(outcome.latency.percentile(0.5) < 1_000_000)
    }

    @Test func whoDoesNotAnswerIsCounted() throws {
        let outcome = try onVeth("mute") { path in
            let routes = try path.receiver.sandbox.routes()
            try routes.setUp(link: path.receiver.interfaceIndex, false)
            let socket = try path.sender.sandbox.run { try InternetSocket.echo(to: path.receiver.address) }
            return RoundTripProbe.echoes(on: socket, count: 2, seconds: 5)
        }
        #expect(outcome.latency.count == 0)
        #expect(outcome.unanswered == 2)
    }

    @Test func aWholeRunTakesEverySampleOnce() throws {
        let options = BenchOptions(
            subjects: ["veth", "bridge"], tests: ["rtt", "frames", "attach"], rounds: 3, seconds: 0.3, frameSizes: [60],
            sandboxes: 3, resolution: 0.3)
        let run = BenchRun(
            options: options, programs: .besideThis, version: "test", progress: Progress(isQuiet: true))
        let report = try run.run()
        for metric in ["rtt.p50", "rtt.flood", "frames60.delivered", "frames60.lossless"] {
            for subject in options.subjects {
                let rounds = report.samples.filter { $0.metric == metric && $0.subject == subject }.map(\.round)
                #expect(rounds == [0, 1, 2], "\(metric) of \(subject): \(report.notes)")
            }
        }
        // Another is first each round.
        let first = (0..<3).map { round in
            report.samples.first { $0.metric == "rtt.p50" && $0.round == round }?.subject
        }
        #expect(first == ["veth", "bridge", "veth"])
        #expect(report.samples.contains { $0.metric == "attach.median" && $0.subject == "bridge" && $0.value > 0 })
        #expect(report.latencies.contains { $0.kind == "udp" && $0.subject == "bridge" })
        #expect(!Folder.names(in: "/run/netns").contains { $0.hasPrefix("hdb-\(getpid())-") })
    }

    @Test func aSubjectThatFailsIsToldAndTheOthersGoOn() throws {
        let options = BenchOptions(
            subjects: ["veth", "relay"], tests: ["rtt"], rounds: 1, seconds: 0.2, frameSizes: [60], sandboxes: 1,
            resolution: 0.3)
        let programs = BenchPrograms(daemon: "/nonexistent/heddled", relay: "/bin/false")
        let report = try BenchRun(
            options: options, programs: programs, version: "test", progress: Progress(isQuiet: true)
        ).run()
        #expect(report.failures.count == 1)
        #expect(report.failures.first?.contains("bare relay") == true)
        #expect(report.samples.contains { $0.subject == "veth" && $0.metric == "rtt.flood" })
        #expect(!report.samples.contains { $0.subject == "relay" })
    }

    @Test func heddleWithoutItsDaemonIsRefusedWithTheWayOut() {
        var options = BenchOptions.quick()
        options.subjects = ["heddle-tap"]
        let programs = BenchPrograms(daemon: "/nonexistent/heddled", relay: "/nonexistent/heddle")
        let run = BenchRun(options: options, programs: programs, version: "test", progress: Progress(isQuiet: true))
        #expect {
            _ = try run.run()
        } throws: { error in
            "\(error)".contains("/nonexistent/heddled") && "\(error)".contains("--subjects")
        }
    }

    @Test func whatAKilledRunLeftIsRemoved() throws {
        // A number that no process has: beyond the kernel's largest (2^22).
        let leftover = Workspace(prefix: "hdb-4194999-")
        let sandbox = try leftover.makeSandbox("left")
        let folder = try leftover.folder()
        let sleeper = try sandbox.start("/bin/sleep", ["100"])
        Workspace.removeLeftovers()
        #expect(access(sandbox.path, F_OK) != 0)
        #expect(access(folder, F_OK) != 0)
        #expect(sleeper.wait(seconds: 2) == .killed(SIGKILL))
        leftover.remove()
    }
}
