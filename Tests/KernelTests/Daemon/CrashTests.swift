import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The daemon ends, as by kill -9, at every point where it has done half of something. The next one must find a world
/// that it can put right, and the operation can be done again.
@Suite("Daemon: a crash at every step", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct CrashTests {
    /// What is done when the daemon ends, and the points of it. What leads there is in `prepare`.
    struct Scenario: Sendable, CustomTestStringConvertible {
        var point: String
        var operation: Operation
        var via = "tap"
        /// Whether the engine dies too.
        var isEngineKilled = false

        var testDescription: String {
            "\(point), \(operation) (\(via))\(isEngineKilled ? ", the engine too" : "")"
        }
    }

    enum Operation: String, Sendable {
        case create
        case remove
        case attach
        case detach
        case adopt
        case release
    }

    static let scenarios: [Scenario] = {
        var all: [Scenario] = []
        func add(_ operation: Operation, _ points: String, via: String = "tap") {
            for point in points.split(separator: " ") {
                all.append(Scenario(point: String(point), operation: operation, via: via))
            }
        }
        add(.create, "network-recorded network-host-made network-host-wired network-configured network-done")
        add(.remove, "network-removing network-removed")
        add(
            .attach,
            "attach-recorded attach-made attach-prepared attach-moved attach-wired attach-configured attach-done")
        add(
            .attach, "attach-recorded attach-made attach-moved attach-wired attach-configured attach-done", via: "veth")
        for via in ["tap", "veth"] { add(.detach, "detach-recorded detach-unplugged detach-removed", via: via) }
        add(.adopt, "adopt-recorded adopt-configured")
        add(.release, "release-recorded")
        return all + all.map { Scenario(point: $0.point, operation: $0.operation, via: $0.via, isEngineKilled: true) }
    }()

    @Test("There is a test for every point")
    func completeness() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let outcome = try lab.heddled([], environment: ["HEDDLE_FAIL_AT": "?"])
            let line = try #require(outcome.errors.split(separator: "\n").first { $0.contains("There are: ") })
            let points = Set(try #require(line.split(separator: ":").last).split(separator: " ").map(String.init))
            #expect(
                points
                    == Set(
                        Self.scenarios.map(\.point) + RecoveryCrashTests.points + OverlayCrashTests.points
                            + PublishCrashTests.points + DockerCrashTests.points))
        }
    }

    @Test("An operation is cut short, and done again", arguments: scenarios)
    func operation(_ scenario: Scenario) throws {
        try HeddleUnderTest.run { lab in
            let bystanders = try Bystanders(lab)
            let box = try lab.makeSandbox("box", ipv6: true)
            try prepare(scenario, lab, box)
            try lab.killDaemon()
            try lab.start(environment: ["HEDDLE_FAIL_AT": scenario.point])
            let engine = try lab.enginePID()

            #expect(throws: APIError.self) { try perform(scenario, lab, box) }
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            if scenario.isEngineKilled { kill(engine, SIGKILL) }
            try lab.start()
            #expect(try lab.inconsistencies() == [])
            #expect(try (lab.enginePID() == engine) == !scenario.isEngineKilled)

            // What was done but not answered is there; everything else begins anew.
            if scenario.point.hasSuffix("-done") {
                let error = #expect(throws: APIError.self) { try perform(scenario, lab, box) }
                #expect(error?.code == .conflict)
            } else if scenario.isUndone {
                let error = #expect(throws: APIError.self) { try perform(scenario, lab, box) }
                #expect(error?.code == .notFound)
            } else {
                try perform(scenario, lab, box)
            }
            #expect(try lab.inconsistencies() == [])
            try check(scenario, lab, box)
            let verdict = try #require(bystanders.stream.stop())
            if !scenario.isEngineKilled {
                #expect(verdict.lost.isEmpty, "a bystander lost \(verdict.lost.count) of \(verdict.sent)")
            }
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.59.0.3"], in: bystanders.boxes[0]))
        }
    }

    /// Two that were there before and notice nothing.
    private struct Bystanders {
        let boxes: [TestSandbox]
        let stream: DatagramStream

        init(_ lab: HeddleUnderTest) throws {
            try lab.makeNetwork("other", "10.59.0.0/24")
            boxes = try ["p", "q"].map { try lab.makeSandbox($0) }
            try lab.attach(boxes[0], to: "other", via: "tap")
            try lab.attach(boxes[1], to: "other", via: "veth")
            stream = try DatagramStream(from: boxes[0], to: boxes[1], "10.59.0.3")
            guard stream.waitForFresh() != nil else { throw LabError("the bystanders' stream does not flow") }
        }
    }

    private func prepare(_ scenario: Scenario, _ lab: HeddleUnderTest, _ box: TestSandbox) throws {
        if scenario.operation != .create { try lab.makeNetwork("lan", "10.58.0.0/24", "fd58::/64") }
        switch scenario.operation {
        case .create, .remove, .attach: break
        case .detach: try lab.attach(box, to: "lan", via: scenario.via)
        case .adopt, .release:
            let guest = try lab.makeSandbox("guest")
            let near = try join(lab, guest, host: nil, other: "10.58.0.50/24")
            #expect(near == "ad1")
            if scenario.operation == .release { _ = try lab.client.adopt(network: "lan", interface: near) }
        }
    }

    private func perform(_ scenario: Scenario, _ lab: HeddleUnderTest, _ box: TestSandbox) throws {
        switch scenario.operation {
        case .create: try lab.makeNetwork("lan", "10.58.0.0/24", "fd58::/64")
        case .remove: try lab.client.removeNetwork(named: "lan")
        case .attach: try lab.attach(box, to: "lan", via: scenario.via, ip: "10.58.0.9")
        case .detach: try lab.client.detach(network: "lan", sandbox: box.name)
        case .adopt: _ = try lab.client.adopt(network: "lan", interface: "ad1")
        case .release: try lab.client.release(interface: "ad1")
        }
    }

    /// What the operation was for.
    private func check(_ scenario: Scenario, _ lab: HeddleUnderTest, _ box: TestSandbox) throws {
        let names = try lab.client.networks().map(\.name)
        #expect(names == (scenario.operation == .remove ? ["other"] : ["lan", "other"]))
        let endpoints = try lab.client.endpoints(network: scenario.operation == .remove ? "other" : "lan")
        switch scenario.operation {
        case .create, .remove: break
        case .attach:
            #expect(endpoints.map(\.addresses) == [["10.58.0.9/24", "fd58::2/64"]])
            #expect(endpoints.allSatisfy { $0.state == .up })
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.58.0.1"], in: box))
        case .detach, .release: #expect(endpoints.isEmpty)
        case .adopt: #expect(endpoints.map(\.ifname) == ["ad1"])
        }
        if scenario.operation == .adopt || scenario.operation == .release {
            #expect(try lab.host.link("ad1")?.isUp == true)
        }
    }
}

extension CrashTests.Scenario {
    /// Removals go on to their end at the next start, so that there is nothing to remove any more.
    var isUndone: Bool { operation == .remove || operation == .detach || operation == .release }
}
