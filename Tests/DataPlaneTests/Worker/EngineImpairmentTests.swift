import DataPlane
import Glibc
import Testing

@Suite("Impairments of an engine")
struct EngineImpairmentTests {
    private static func impairment(_ port: UInt16, loss: Double) -> EngineRequest {
        var settings = ImpairmentSettings()
        settings.loss = ImpairmentSettings.share(loss)
        return .impairment(ImpairmentConfiguration(port: port, isOut: false, settings: settings))
    }

    private static let frame = TestFrames.plain(to: TestFrames.broadcast, from: TestFrames.alice)

    @Test("they are part of a whole configuration, and go with their port", arguments: IOChoice.available)
    func whole(io: IOChoice) throws {
        let rig = try EngineRig(io: io)
        let client = try rig.connect()
        let taps = try (UInt16(1)...2).map { try FakeTap($0) }
        try client.configure(taps)
        #expect(try client.request(Self.impairment(3, loss: 1)) == ENOENT)
        #expect(try client.request(Self.impairment(1, loss: 1)) == 0)
        try taps[0].send(frame: Self.frame)
        #expect(taps[1].receive(within: 20) == nil)
        #expect(EngineRig.eventually { rig.counters(1).drops[.impairmentLoss] == 1 })

        func configure(_ more: EngineRequest?) throws {
            let requests: [EngineRequest] =
                [.begin, .domain(DomainConfiguration(id: 1))] + taps.map { .port($0.configuration()) }
                + (more.map { [$0] } ?? []) + [.commit]
            for request in requests { #expect(try client.request(request) == 0) }
        }
        // Named again it stays, left out it ends.
        try configure(Self.impairment(1, loss: 1))
        try taps[0].send(frame: Self.frame)
        #expect(EngineRig.eventually { rig.counters(1).drops[.impairmentLoss] == 2 })
        try configure(nil)
        try taps[0].send(frame: Self.frame)
        #expect(taps[1].receiveFrame() == Self.frame)

        #expect(try client.request(Self.impairment(1, loss: 1)) == 0)
        #expect(try client.request(.removePort(1)) == 0)
        let next = try FakeTap(1)
        try client.add(next)
        try next.send(frame: Self.frame)
        #expect(taps[1].receiveFrame() == Self.frame)
        // And can be set again, as if it had never been.
        #expect(try client.request(Self.impairment(1, loss: 1)) == 0)
        try next.send(frame: Self.frame)
        #expect(taps[1].receive(within: 20) == nil)
    }
}
