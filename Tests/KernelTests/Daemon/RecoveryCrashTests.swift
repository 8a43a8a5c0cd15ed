import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// The daemon ends while it starts, repairs, or follows a sandbox that goes or comes.
@Suite("Daemon: a crash while it repairs", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct RecoveryCrashTests {
    /// Where the daemon ends in these tests.
    static let points = ["engine-started", "recovery-planned", "gone-recorded", "return-recorded"]

    @Test("An engine that was started and told nothing is not left alone")
    func engineStarted() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let failing = try lab.startUnready(environment: ["HEDDLE_FAIL_AT": "engine-started"])
            #expect(failing.wait(within: .seconds(5)) == .exited(137))
            try lab.start()
            #expect(lab.processes(in: lab.host).filter { $0.name == "heddle-engine" }.count == 1)
            try lab.makeNetwork("lan", "10.57.0.0/24")
            let box = try lab.makeSandbox("box")
            try lab.attach(box, to: "lan")
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.57.0.1"], in: box))
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("Repair begins again", arguments: ["tap", "veth"], [false, true])
    func repair(via: String, isEngineKilled: Bool) throws {
        try HeddleUnderTest.run { lab in
            let boxes = try makePair(lab, via: via)
            let before = try lab.client.endpoints()
            let stream = try DatagramStream(from: boxes[0], to: boxes[1], "10.57.0.3")
            #expect(stream.waitForFresh() != nil)
            let engine = try lab.enginePID()
            try lab.killDaemon()
            if isEngineKilled { kill(engine, SIGKILL) }
            for point in isEngineKilled ? ["recovery-planned", "engine-started"] : ["recovery-planned"] {
                let failing = try lab.startUnready(environment: ["HEDDLE_FAIL_AT": point])
                #expect(failing.wait(within: .seconds(5)) == .exited(137), "\(point)")
            }
            try lab.start()
            #expect(try lab.client.endpoints() == before)
            #expect(try lab.inconsistencies() == [])
            #expect(stream.waitForFresh() != nil)
            let verdict = try #require(stream.stop())
            if !isEngineKilled { #expect(verdict.lost.isEmpty) }
        }
    }

    @Test("A sandbox goes while the daemon ends", arguments: ["tap", "veth"])
    func goneRecorded(via: String) throws {
        try HeddleUnderTest.run { lab in
            let boxes = try makePair(lab, via: via)
            try lab.replaceDaemon(environment: ["HEDDLE_FAIL_AT": "gone-recorded"])
            boxes[1].remove()
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            #expect(try lab.observer.survivors { $0 == boxes[1].name }.isEmpty)
            try lab.start()
            #expect(try lab.client.endpoints().map(\.state) == [.up, .gone])
            #expect(try lab.inconsistencies() == [])
            try lab.client.detach(network: "lan", sandbox: boxes[1].name)
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("A sandbox comes back while the daemon ends", arguments: ["tap", "veth"], [false, true])
    func returnRecorded(via: String, isEngineKilled: Bool) throws {
        try HeddleUnderTest.run { lab in
            let boxes = try makePair(lab, via: via)
            let before = try lab.client.endpoints()
            boxes[1].remove()
            #expect(try Patience.until { try lab.client.endpoints().last?.state == .gone })
            try lab.replaceDaemon(environment: ["HEDDLE_FAIL_AT": "return-recorded"])
            let engine = try lab.enginePID()
            let again = try lab.makeSandbox("b")
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            if isEngineKilled { kill(engine, SIGKILL) }
            try lab.start()
            #expect(try Patience.until { try lab.client.endpoints().last?.state == .up })
            #expect(try lab.client.endpoints() == before)
            #expect(try lab.inconsistencies() == [])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.57.0.2"], in: again))
        }
    }

    private func makePair(_ lab: HeddleUnderTest, via: String) throws -> [TestSandbox] {
        try lab.makeNetwork("lan", "10.57.0.0/24")
        let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
        for box in boxes { try lab.attach(box, to: "lan", via: via) }
        return boxes
    }
}
