import DataPlane
import HeddleAPI
import Testing

@testable import ControlPlane

/// Impairments, as people write them.
@Suite struct ImpairmentSpecificationTests {
    private func read(_ change: (inout Impairment) -> Void) throws -> ImpairmentSpecification {
        var impairment = Impairment()
        change(&impairment)
        return try ImpairmentSpecification(impairment)
    }

    private func problems(_ change: (inout Impairment) -> Void) -> [String] {
        var impairment = Impairment()
        change(&impairment)
        do throws(ImpairmentProblems) {
            _ = try ImpairmentSpecification(impairment)
            return []
        } catch {
            return error.problems.map(\.setting)
        }
    }

    @Test(arguments: [
        ("50ms", 50_000_000), ("1.5s", 1_500_000_000), ("200us", 200_000), ("0.25ms", 250_000), ("0ms", 0),
        ("60s", 60_000_000_000), ("3MSEC", 3_000_000), ("0.001us", 1),
    ])
    func timesAreRead(text: String, nanoseconds: Int64) throws {
        #expect(try read { $0.delay = text }.delay == nanoseconds)
    }

    @Test(arguments: [
        "", "50", "ms", "-1ms", "1e3ms", "0x10ms", "nanms", "infs", ".5ms", "5.ms", "5 ms", "1..5ms", "61s", "5min",
        "99999999999999999999s", "999999999999999999999999s", "５ms", "+5ms",
    ])
    func otherTimesAreNot(text: String) {
        #expect(problems { $0.delay = text } == ["delay"])
    }

    @Test func sharesRatesAndSizesAreRead() throws {
        #expect(try read { $0.loss = "1%" }.loss == .independent(0.01))
        #expect(try read { $0.loss = "0%" }.loss == .none)
        #expect(try read { $0.corrupt = "100%" }.corrupt == 1)
        #expect(try read { $0.rate = "10mbit" }.rate == 10_000_000)
        #expect(try read { $0.rate = "1.5Gbit" }.rate == 1_500_000_000)
        #expect(try read { $0.rate = "1000bit" }.rate == 1_000)
        let sized = try read {
            $0.rate = "1mbit"
            $0.queue = "64kb"
        }
        #expect(sized.queue == .bytes(65_536))
        let timed = try read {
            $0.rate = "1mbit"
            $0.queue = "50ms"
        }
        #expect(timed.queue == .nanoseconds(50_000_000))
        for text in ["1", "101%", "-1%", "1 %", "%", "1.%", "nan%"] {
            #expect(problems { $0.duplicate = text } == ["duplicate"], "\(text)")
        }
        for text in ["0mbit", "999bit", "2tbit", "10mbps", "10", "10mb"] {
            #expect(problems { $0.rate = text } == ["rate"], "\(text)")
        }
        for text in ["0kb", "64", "200mb", "0ms", "61s", "5%"] {
            let found = problems {
                $0.rate = "1mbit"
                $0.queue = text
            }
            #expect(found == ["queue"], "\(text)")
        }
    }

    @Test func lossModelsAreRead() throws {
        #expect(
            try read { $0.lossModel = "gilbert-elliott:1%,25%" }.loss
                == .gilbertElliott(p: 0.01, r: 0.25, bad: 1, good: 0))
        #expect(
            try read { $0.lossModel = "gilbert-elliott:1%,25%,50%,1%" }.loss
                == .gilbertElliott(p: 0.01, r: 0.25, bad: 0.5, good: 0.01))
        for text in [
            "gemodel:1%,2%", "gilbert-elliott", "gilbert-elliott:", "gilbert-elliott:1%", "gilbert-elliott:1,2%",
            "gilbert-elliott:1%,2%,3%,4%,5%", "gilbert-elliott:0%,0%", "gilbert-elliott:101%,1%",
        ] {
            #expect(problems { $0.lossModel = text } == ["loss_model"], "\(text)")
        }
    }

    @Test func allThatIsWrongIsNamed() {
        let found = problems {
            $0.delay = "5"
            $0.distribution = "pareto"
            $0.loss = "200%"
            $0.lossModel = "x"
            $0.gap = 0
            $0.corrupt = "1"
            $0.queue = "5"
        }
        #expect(
            found == [
                "delay", "distribution", "distribution", "loss", "loss_model", "loss_model", "gap", "gap", "corrupt",
                "queue", "queue",
            ])
        #expect(problems { $0.reorder = "5%" } == ["reorder"])
    }

    @Test func theDataPlaneGetsNumbers() throws {
        let wish = try read {
            $0.delay = "10ms"
            $0.lossModel = "gilbert-elliott:25%,50%,100%,0%"
            $0.rate = "8mbit"
            $0.queue = "1kb"
            $0.seed = 7
        }
        let settings = ImpairmentSettings(wish)
        #expect(settings.delay == 10_000_000 && settings.seed == 7 && settings.rate == 8_000_000)
        #expect(settings.toBad == 1 << 30 && settings.toGood == 1 << 31 && settings.badLoss == 1 << 32)
        // 1,024 bytes at a million bytes a second.
        #expect(settings.loss == 0 && settings.queue == 1_024_000 && settings.isSound)
        #expect(ImpairmentSettings(ImpairmentSpecification()).isEmpty)
        // 100 ms, or a whole super-frame.
        #expect(try ImpairmentSettings(read { $0.rate = "100mbit" }).queue == 100_000_000)
        #expect(try ImpairmentSettings(read { $0.rate = "1mbit" }).queue == 524_288_000)
        let slowest = try ImpairmentSettings(
            read {
                $0.rate = "1kbit"
                $0.queue = "128mb"
            })
        #expect(slowest.isSound)
    }
}

/// Impairments in the store.
@Suite struct ImpairmentStoreTests {
    @Test func theyComeBackAndGoWithTheirEndpoint() throws {
        let (endpoint, other) = (Samples.endpoint(1), Samples.endpoint(2))
        let store = try Store(inMemory: ())
        try store.save(Samples.network())
        for one in [endpoint, other] { try store.save(one) }
        var impairment = Impairment()
        impairment.delay = "50ms"
        impairment.lossModel = "gilbert-elliott:1%,25%"
        impairment.seed = .max
        let records = [
            ImpairmentRecord(endpoint: endpoint.id, direction: .in, impairment: impairment),
            ImpairmentRecord(endpoint: endpoint.id, direction: .out, impairment: impairment),
            ImpairmentRecord(endpoint: other.id, direction: .out, impairment: impairment),
        ]
        try store.change(saving: records, deleting: [])
        #expect(Set(try store.loadImpairments()) == Set(records))
        var changed = records[0]
        changed.impairment.delay = "60ms"
        try store.change(saving: [changed], deleting: [records[1]])
        #expect(Set(try store.loadImpairments()) == [changed, records[2]])
        try store.save(Samples.endpoint(1, isGone: true))
        #expect(try store.loadImpairments().count == 2)
        try store.delete(endpoint)
        #expect(try store.loadImpairments() == [records[2]])
    }
}
