import DataPlane
import HeddleAPI
import Testing

@testable import ControlPlane

/// What a device's state makes of what would be sent by it.
struct PortDevicesTests {
    private static let sent = ExplanationStep(.sent, port: 2, first: 42)
    private static let failing = ExplanationStep(.portState, port: 2, first: ExplainedPort.failing.rawValue)

    private static func words(_ state: ExplainedPort?) -> [String] {
        let steps = [failing, sent].flatMap { Switchboard.tell(state, of: $0) }
        return steps.map { $0.kind.word }
    }

    @Test("a device that is down drops, one without a carrier swallows, another changes nothing")
    func states() {
        #expect(Self.words(nil) == ["port-state", "sent"])
        #expect(Self.words(.down) == ["port-state", "dropped"])
        #expect(Self.words(.noCarrier) == ["port-state", "sent"])
        let writer = TraceWriter(names: TraceNames(ports: [2: "eth0@db"]), frame: [])
        let down = Switchboard.tell(.down, of: Self.sent)
        #expect(writer.outcomes(down) == [.init(verdict: "dropped", port: "eth0@db", reason: "egress-down")])
        #expect(writer.steps(down).map(\.result) == ["down", "egress-down"])
        #expect(writer.remarks(down).isEmpty)
        let swallowed = Switchboard.tell(.noCarrier, of: Self.sent)
        #expect(writer.outcomes(swallowed).map(\.verdict) == ["sent"])
        #expect(writer.steps(swallowed).first?.result == "no-carrier")
        #expect(writer.remarks(swallowed) == ["without a carrier, and thrown away by the kernel: eth0@db"])
    }

    @Test("what the engine knows of a port that is gone stays")
    func gone() {
        let dead = ExplanationStep(.portState, port: 2, first: ExplainedPort.dead.rawValue)
        #expect(Switchboard.tell(.down, of: dead) == [dead])
    }
}
