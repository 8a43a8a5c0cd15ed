import ArgumentParser
import HeddleAPI
import Testing

@testable import heddle

/// Impairments: what may be typed, and what is shown.
struct ImpairFormTests {
    private func parse(_ line: String) throws -> ImpairCommand {
        try #require(try Heddle.parseAsRoot(line.split(separator: " ").map(String.init)) as? ImpairCommand)
    }

    @Test func commandsParse() throws {
        let all = try parse(
            "impair web --delay 50ms --jitter 5ms --distribution normal --loss 1% --duplicate 0.1% --reorder 5% --gap 3"
                + " --corrupt 0.01% --rate 10mbit --queue 64kb --seed 7 --in --network lan")
        #expect(all.sandbox?.text == "web" && all.direction == .in && all.network?.text == "lan")
        let said = all.settings.impairment
        #expect(said.delay == "50ms" && said.jitter == "5ms" && said.distribution == "normal" && said.loss == "1%")
        #expect(said.duplicate == "0.1%" && said.reorder == "5%" && said.gap == 3 && said.corrupt == "0.01%")
        #expect(said.rate == "10mbit" && said.queue == "64kb" && said.seed == 7 && said.lossModel == nil)
        #expect(try parse("impair web --delay 1ms").direction == .both)
        #expect(try parse("impair web --clear --out").clear)
        #expect(try parse("impair").sandbox == nil && parse("impair ls").sandbox?.text == "ls")
        #expect(try parse("impair web --port eth1 --loss-model gilbert-elliott:1%,5%").port?.text == "eth1")
    }

    @Test(arguments: [
        "impair --delay 5ms", "impair web --delay", "impair web --in", "impair web --seed 7", "impair web --gap x",
        "impair web --clear --loss 1%", "impair web --network a --port b --loss 1%", "impair web x",
        "impair web --in --out --loss 1%", "impair --clear",
    ])
    func refuses(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try Heddle.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        if let error { #expect(Heddle.exitCode(for: error).rawValue == 64, "\(line)") }
    }

    @Test func whatIsImpairedIsShown() {
        var inward = Impairment()
        inward.delay = "50ms"
        inward.loss = "1%"
        inward.seed = 7
        var outward = Impairment()
        outward.rate = "10mbit"
        outward.seed = 8
        let endpoint = EndpointImpairment(
            network: "lan", sandbox: "web", endpoint: "3fa9", ifname: "eth0", inward: inward, outward: outward)
        #expect(
            ImpairCommand.table([endpoint]).lines(styled: false) == [
                "NETWORK  SANDBOX  PORT  DIRECTION  IMPAIRMENT           SEED",
                "lan      web      eth0  in         delay 50ms, loss 1%     7",
                "lan      web      eth0  out        rate 10mbit             8",
            ])
    }

    @Test func whatWasClearedIsSaid() {
        var delay = Impairment()
        delay.delay = "50ms"
        let before = EndpointImpairment(
            network: "lan", sandbox: "web", endpoint: "3fa9", ifname: "eth0", inward: delay, outward: delay)
        var after = before
        after.inward = nil
        #expect(ImpairCommand.cleared(before, by: after, .in) == "cleared of web in lan: in delay 50ms")
        #expect(
            ImpairCommand.cleared(after, by: after, .in)
                == "there was nothing to clear: no impairment (in) of web in lan")
        after.outward = nil
        #expect(
            ImpairCommand.cleared(before, by: after, .both) == "cleared of web in lan: in delay 50ms; out delay 50ms")
        #expect(
            ImpairCommand.cleared(nil, by: after, .both) == "there was nothing to clear: no impairment of web in lan")
    }

    @Test func whatIsNotImpairedIsNamed() {
        #expect(ImpairCommand.nothing(of: nil, network: nil, port: nil).hasPrefix("Nothing is impaired. "))
        #expect(ImpairCommand.nothing(of: "web", network: nil, port: nil).hasPrefix("Nothing of web is impaired. "))
        #expect(
            ImpairCommand.nothing(of: "web", network: "lan", port: "eth1")
                .hasPrefix("Nothing of web in lan at eth1 is impaired. "))
    }
}
