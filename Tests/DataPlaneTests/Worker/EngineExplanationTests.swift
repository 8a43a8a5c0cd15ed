import Glibc
import Testing

@testable import DataPlane

@Suite("Explanations of an engine")
struct EngineExplanationTests {
    @Test("are answered before the acknowledgement, and nothing is sent", arguments: IOChoice.available)
    func explain(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try client.configure(taps)
        let frame = TestFrames.plain(to: TestFrames.bob, from: TestFrames.alice)
        #expect(try client.request(.explain(port: 1, domain: 0, frame: frame)) == 0)
        guard case .explanation(let steps)? = client.others.last?.reply else {
            Issue.record("no explanation")
            return
        }
        #expect(steps.map(\.kind) == [.arrived, .admitted, .learned, .lookedUp, .flooded, .leaves, .sent])
        #expect(steps.last?.port == 2 && steps.last?.bytes == frame)
        #expect(try client.request(.explain(port: 9, domain: 0, frame: frame)) == ENOENT)
        #expect(try client.request(.explain(port: 16_384, domain: 9, frame: frame)) == ENOENT)
        // The real one is the first that comes.
        try taps[0].send(frame: TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.alice))
        #expect(taps[1].receiveFrame() == TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.alice))
    }
}
