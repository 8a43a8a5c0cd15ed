import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// The daemon ends, as by kill -9, where it has done half of a publish.
@Suite("Daemon: a crash at every step of a publish", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct PublishCrashTests {
    /// What is done when the daemon ends.
    enum Operation: String, Sendable {
        case add
        case remove
        case attach
    }

    static let operations: [(point: String, operation: Operation)] = [
        ("publish-recorded", .add), ("publish-opened", .add), ("publish-forgotten", .remove),
        ("publish-opened", .attach), ("attach-recorded", .attach), ("attach-done", .attach),
    ]
    /// Where the daemon ends in these tests.
    static let points = operations.map(\.point)

    @Test("What is recorded is there, and nothing else", arguments: operations, [false, true])
    func operation(_ scenario: (point: String, operation: Operation), isEngineKilled: Bool) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.63.0.0/24")
            let box = try lab.makeSandbox("box")
            if scenario.operation != .attach { try lab.attach(box, to: "lan") }
            if scenario.operation == .remove { try perform(.add, lab, box) }
            try lab.replaceDaemon(environment: ["HEDDLE_FAIL_AT": scenario.point])
            let engine = try lab.enginePID()
            #expect(throws: APIError.self) { try perform(scenario.operation, lab, box) }
            #expect(lab.daemon?.wait(within: .seconds(5)) == .exited(137))
            if isEngineKilled { kill(engine, SIGKILL) }
            try lab.start()
            #expect(try lab.inconsistencies() == [])

            let ports = try lab.client.publishedPorts()
            let isThere = scenario.operation == .add || scenario.point == "attach-done"
            #expect(ports.map(\.spec) == (isThere ? ["8080:80"] : []))
            #expect(ports.allSatisfy { $0.state == .active })
            #expect(try lab.client.endpoints().isEmpty == (scenario.operation == .attach && !isThere))
            if isThere {
                try perform(.remove, lab, box)
            } else {
                try perform(scenario.operation == .remove ? .add : scenario.operation, lab, box)
            }
            #expect(try lab.client.publishedPorts().isEmpty == isThere)
            #expect(try lab.inconsistencies() == [])
        }
    }

    private func perform(_ operation: Operation, _ lab: HeddleUnderTest, _ box: TestSandbox) throws {
        switch operation {
        case .add: _ = try lab.client.publish(network: "lan", sandbox: box.name, specs: ["8080:80"])
        case .remove: try lab.client.unpublish(network: "lan", sandbox: box.name, spec: "8080:80")
        case .attach:
            _ = try lab.client.attach(AttachRequest(network: "lan", sandbox: box.name, publish: ["8080:80"]))
        }
    }
}
