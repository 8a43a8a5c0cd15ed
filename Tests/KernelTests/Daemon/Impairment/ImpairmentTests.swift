import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Impairments on real TAPs and sockets, held against what was asked for. Alone on the machine, since times are measured.
@Suite("Daemon: impairments", .enabled(if: geteuid() == 0, "needs root"), .serialized, .labAlone)
struct ImpairmentTests {
    /// A network with two sandboxes and a probe from the first to the second.
    private static func run(
        io: InputOutput = .uring, at location: SourceLocation = #_sourceLocation,
        _ body: (HeddleUnderTest, PathProbe, _ source: TestSandbox, _ target: TestSandbox) throws -> Void
    ) throws {
        try HeddleUnderTest.run(io: io, at: location) { lab in
            try lab.makeNetwork("lan", "10.61.0.0/24")
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            try lab.attach(a, to: "lan", ip: "10.61.0.2")
            try lab.attach(b, to: "lan", ip: "10.61.0.3")
            let probe = try PathProbe(lab, from: a, to: b, "10.61.0.3")
            #expect(Patience.until { probe.run(20, every: .milliseconds(1)).count == 20 }, "no way at all")
            try body(lab, probe, a, b)
        }
    }

    /// Runs `heddle impair`, which must succeed.
    private static func impair(_ lab: HeddleUnderTest, _ sandbox: TestSandbox, _ words: String) throws {
        let outcome = try lab.heddle(["impair", sandbox.name] + words.split(separator: " ").map(String.init))
        #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    }

    private static func drops(_ lab: HeddleUnderTest, _ sandbox: TestSandbox, _ reason: String) throws -> Int {
        let port = try lab.client.statistics().ports.first { $0.port == "eth0@\(sandbox.name)" }
        return Int(port?.drops[reason] ?? 0)
    }

    /// Tries at most three times: a machine that is busy with something else keeps a process from running at any time.
    private static func repeated(_ body: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<3 where try body() { return true }
        return false
    }

    @Test("a delay is within 0.2 ms of what was asked at p50", arguments: InputOutput.allCases, ["in", "out"])
    func delay(io: InputOutput, direction: String) throws {
        try Self.run(io: io) { lab, probe, a, b in
            for asked in [2, 20] {
                let isExact = try Self.repeated {
                    let plain = PathProbe.median(probe.run(300, every: .milliseconds(1)))
                    try Self.impair(lab, direction == "in" ? a : b, "--\(direction) --delay \(asked)ms")
                    let delayed = PathProbe.median(probe.run(300, every: .milliseconds(1)))
                    try Self.impair(lab, direction == "in" ? a : b, "--clear")
                    print("\(io), \(direction): asked \(asked) ms, got \(delayed - plain) above \(plain)")
                    return abs(delayed - plain - Double(asked)) <= 0.2
                }
                #expect(isExact, "\(asked) ms")
            }
        }
    }

    @Test("a rate is within 2 %, and its queue holds what was asked", arguments: InputOutput.allCases)
    func rate(io: InputOutput) throws {
        try Self.run(io: io) { lab, probe, _, b in
            for (asked, interval) in [(10.0, Duration.microseconds(400)), (100.0, .microseconds(40))] {
                try Self.impair(lab, b, "--out --rate \(Int(asked))mbit --queue 20ms")
                let bytes = 1_000
                let isExact = Self.repeatedly {
                    // Twice as much as passes.
                    let arrivals = probe.run(2_000, every: interval, bytes: bytes)
                    guard let first = arrivals.first, let last = arrivals.last, arrivals.count > 500 else {
                        return false
                    }
                    let bits = Double((arrivals.count - 1) * (bytes + PathProbe.headers) * 8)
                    let rate = bits / Double(last.time - first.time) * 1e3
                    let longest = Double(arrivals.map(\.delay).max() ?? 0) / 1e6
                    print("\(io): asked \(asked) Mbit/s, got \(rate); waited \(longest) ms at most")
                    return abs(rate / asked - 1) <= 0.02 && longest < 30
                }
                #expect(isExact, "\(asked)")
                #expect(try Self.drops(lab, b, "impairment-queue-out") > 100)
            }
        }
    }

    private static func repeatedly(_ body: () -> Bool) -> Bool { repeated(body) }

    @Test("loss is what was asked, counted to the last packet, and comes in bursts if that was asked")
    func loss() throws {
        try Self.run { lab, probe, a, b in
            let count = 8_000
            try Self.impair(lab, b, "--out --loss 10% --seed 11")
            var arrived = probe.run(count, every: .microseconds(50)).count
            // Five standard deviations of a binomial.
            #expect(abs(Double(count - arrived) - 800) < 5 * 27, "\(count - arrived)")
            #expect(try Self.drops(lab, b, "impairment-loss-out") == count - arrived)
            try Self.impair(lab, b, "--clear")
            try Self.impair(lab, a, "--in --loss-model gilbert-elliott:2%,20% --seed 12")
            let numbers = Set(probe.run(count, every: .microseconds(50)).map(\.number))
            arrived = numbers.count
            let bursts = (0..<count).count { !numbers.contains($0) && ($0 == 0 || numbers.contains($0 - 1)) }
            let mean = Double(count - arrived) / Double(max(bursts, 1))
            // 1/11 of all, in bursts of five: about 145 of them with a standard deviation of 4.5.
            #expect(abs(Double(count - arrived) / Double(count) - 1.0 / 11) < 0.04, "\(count - arrived)")
            #expect(abs(mean - 5) < 5 * 4.5 / 12, "\(mean)")
            #expect(try Self.drops(lab, a, "impairment-loss") == count - arrived)
        }
    }

    @Test("the same seed and the same packets: the same fate, twice")
    func repeatable() throws {
        try Self.run { lab, probe, _, b in
            var runs: [[Int]] = []
            for seed in [7, 7, 8] {
                try Self.impair(lab, b, "--clear")
                try Self.impair(lab, b, "--out --loss 20% --duplicate 10% --seed \(seed)")
                runs.append(probe.run(3_000, every: .microseconds(100)).map(\.number))
            }
            #expect(runs[0] == runs[1] && runs[0] != runs[2])
            #expect(Set(runs[0]).count < 2_700 && runs[0].count > Set(runs[0]).count)
        }
    }

    @Test("copies, packets that overtake, and bits that are changed, are seen")
    func others() throws {
        try Self.run { lab, probe, _, b in
            try Self.impair(lab, b, "--out --duplicate 100%")
            #expect(probe.run(500, every: .microseconds(100)).map(\.number) == (0..<1_000).map { $0 / 2 })
            try Self.impair(lab, b, "--out --delay 10ms --reorder 25% --seed 3")
            let arrivals = probe.run(2_000, every: .microseconds(500))
            let early = arrivals.count { $0.delay < 5_000_000 }
            #expect(arrivals.count == 2_000 && abs(early - 500) < 100, "\(early)")
            let overtaken = zip(arrivals, arrivals.dropFirst()).count { $0.number > $1.number }
            #expect(overtaken > 200, "\(overtaken)")
            try Self.impair(lab, b, "--out --corrupt 100% --seed 4")
            let pattern = PathProbe.pattern(1_000)
            var changed = 0
            let struck = probe.run(500, every: .microseconds(200), bytes: 1_000)
            for arrival in struck where arrival.bytes.count == pattern.count {
                let bits = zip(arrival.bytes, pattern).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
                #expect(bits <= 1)
                changed += bits
            }
            // What hits the headers is thrown away by the kernel, or hits the number or the time.
            #expect(struck.count > 400 && changed > 400, "\(struck.count), \(changed)")
        }
    }

    @Test("TCP with super-frames gets through loss, copies, jitter and changed bits whole")
    func stream() throws {
        try Self.run { lab, _, a, b in
            try Self.impair(lab, b, "--delay 1ms --jitter 0.2ms --loss 0.5% --duplicate 1% --corrupt 0.5% --seed 5")
            let stream = try ByteStream(from: a, to: b, "10.61.0.3")
            #expect(stream.waitForMore(4 << 20, within: .seconds(30)))
            #expect(stream.stop().failure == nil)
            #expect(try Self.drops(lab, b, "impairment-loss-out") > 0)
        }
    }

    @Test(
        "it outlives the engine and the daemon, changes under traffic, and goes with its endpoint",
        arguments: InputOutput.allCases)
    func life(io: InputOutput) throws {
        try Self.run(io: io) { lab, probe, a, b in
            func median() -> Double { PathProbe.median(probe.run(50, every: .milliseconds(1))) }
            try Self.impair(lab, b, "--out --delay 30ms --seed 9")
            #expect((29.9..<45).contains(median()))
            let old = try lab.killEngine()
            #expect(Patience.until { (try? lab.enginePID()).map { $0 != old } ?? false })
            #expect((29.9..<45).contains(median()), "after the engine's death")
            let before: [EndpointImpairment] = try lab.json("impair")
            try lab.replaceDaemon()
            #expect((29.9..<45).contains(median()), "after the daemon's death")
            let after: [EndpointImpairment] = try lab.json("impair")
            #expect(after == before && after.map(\.outward?.seed) == [9] && after[0].inward == nil)
            let engine = try lab.enginePID()
            lab.daemon?.signal(SIGKILL)
            kill(engine, SIGKILL)
            try lab.start()
            #expect((29.9..<45).contains(median()), "after the death of both")
            // Nothing that is held is lost.
            let arrivals = probe.run(100, every: .milliseconds(1), waiting: .zero)
            try Self.impair(lab, b, "--out --delay 5ms")
            Patience.pass(.milliseconds(60))
            #expect(arrivals.count + probe.run(0, every: .zero, waiting: .zero).count == 100)
            #expect((4.9..<20).contains(median()))
            try Self.impair(lab, b, "--clear")
            #expect(median() < 4)
            #expect(try lab.client.impairments().isEmpty)
            try Self.impair(lab, a, "--delay 1ms")
            try lab.client.detach(network: "lan", sandbox: a.name)
            #expect(try lab.client.impairments().isEmpty)
            // The next endpoint of that number has none.
            try lab.attach(a, to: "lan", ip: "10.61.0.2")
            #expect(try lab.client.impairments().isEmpty)
        }
    }

    @Test("what can't be is refused, with all reasons, and changes nothing")
    func refusals() throws {
        try Self.run { lab, _, a, b in
            try Self.impair(lab, a, "--in --delay 1ms")
            let bad = try lab.heddle("impair", a.name, "--delay", "5", "--loss", "101%", "--rate", "0mbit")
            #expect(bad.status == 1)
            for word in ["delay", "loss", "rate"] { #expect(bad.errors.contains("\(word): "), "\(bad.errors)") }
            var seed = Impairment()
            seed.seed = 7
            let alone = #expect(throws: APIError.self) {
                try lab.client.impair(ImpairmentRequest(sandbox: a.name, inward: seed, outward: nil))
            }
            #expect(alone?.message.contains("seed alone") == true)
            #expect(try lab.client.impairments().map(\.inward?.delay) == ["1ms"])
            let stranger = try lab.heddle("impair", "hdt-nobody", "--loss", "1%")
            #expect(stranger.status == 1 && stranger.errors.contains("not attached"), "\(stranger.errors)")
            try lab.makeNetwork("second", "10.62.0.0/24")
            try lab.attach(b, to: "second")
            let torn = try lab.heddle("impair", b.name, "--loss", "1%")
            #expect(torn.status == 1 && torn.errors.contains("--network"), "\(torn.errors)")
            for words in [["--network", "second"], ["--port", "eth1"]] {
                let outcome = try lab.heddle(["impair", b.name, "--loss", "1%"] + words)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let impaired = try lab.client.impairments(network: "second")
            #expect(impaired.map(\.ifname) == ["eth1"] && impaired[0].inward?.loss == "1%")
            try lab.client.removeImpairment(endpoint: impaired[0].endpoint)
            #expect(try lab.client.impairments(network: "second").isEmpty)
        }
    }
}
