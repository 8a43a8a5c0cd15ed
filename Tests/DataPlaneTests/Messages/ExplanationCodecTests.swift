import Addresses
import Testing

@testable import DataPlane

@Suite("Explanations as bytes")
struct ExplanationCodecTests {
    private func request(_ bytes: [UInt8]) throws -> EngineRequest {
        try bytes.withUnsafeBytes { try EngineRequest.decode($0).request }
    }

    private func reply(_ bytes: [UInt8]) throws -> EngineReply {
        try bytes.withUnsafeBytes { try EngineReply.decode($0) }
    }

    @Test("the bytes themselves")
    func layout() throws {
        let asked = EngineRequest.explain(port: 0x0201, domain: 0x0403, frame: [9, 8, 7])
        let bytes = asked.encoded(sequence: 7)
        #expect(
            bytes == [
                0x48, 0x45, 0x44, 0x4C, 6, 48, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4, 3, 0, 0, 0, 9, 8, 7,
            ])
        #expect(try request(bytes) == asked)
        let step = ExplanationStep(
            .dropped, port: 0x0201, reason: .isolated, first: 0x0A09_0807_0605_0403, second: 0x1211_100F_0E0D_0C0B,
            bytes: [0xAA, 0xBB])
        let told = EngineReply.explanation([step, ExplanationStep(.admitted)])
        let expected: [UInt8] = [
            0x48, 0x45, 0x44, 0x4C, 6, 71, 0, 0, 0, 0, 0, 0, 2, 0, ExplanationKind.dropped.rawValue, 1, 2,
            DropReason.isolated.rawValue, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 2, 0xAA, 0xBB,
            ExplanationKind.admitted.rawValue,
        ]
        #expect(told.encoded() == expected + [UInt8](repeating: 0, count: 20))
        #expect(try reply(told.encoded()) == told)
    }

    @Test("the longest fit in a message; longer ones, cut ones and unknown kinds are refused")
    func bounds() throws {
        let frame = [UInt8](repeating: 1, count: MessageLimits.maximumFrame)
        let longest = EngineRequest.explain(port: 1, domain: 0, frame: frame)
        #expect(try request(longest.encoded(sequence: 1)) == longest)
        #expect(throws: MessageError.badField) {
            try request(EngineRequest.explain(port: 1, domain: 0, frame: frame + [1]).encoded(sequence: 1))
        }
        let step = ExplanationStep(.sent, bytes: [UInt8](repeating: 5, count: ExplanationStep.headLength))
        let steps = EngineReply.explanation(Array(repeating: step, count: ExplanationStep.most))
        let bytes = steps.encoded()
        #expect(bytes.count <= MessageLimits.maximumBytes)
        #expect(try reply(bytes) == steps)
        for count in 12..<bytes.count where count < 60 || count % 511 == 0 {
            #expect(throws: MessageError.truncated) { try reply(Array(bytes.prefix(count))) }
        }
        for (place, value) in [(12, UInt8(201)), (14, 0), (14, 200), (17, 255), (34, 129)] {
            var bad = bytes
            bad[place] = value
            #expect(throws: (any Error).self) { try reply(bad) }
        }
    }

    @Test("the log writes what a message carries, counts what doesn't fit, and settings and ends can be read from it")
    func log() throws {
        let memory = try #require(ExplanationMemory(frame: [1, 2, 3]))
        var settings = ImpairmentSettings()
        settings.delay = 3_000_000
        settings.isNormal = true
        settings.loss = ImpairmentSettings.share(0.25)
        settings.rate = 1_000_000
        settings.gap = 9
        settings.seed = 77
        memory.log.add(.impairedIn, port: 4)
        memory.log.append(settings)
        let inside = TransportAddress(ipv4: 0xC000_0201, port: 80)
        memory.log.add(.published, port: 2, first: 10, second: 1)
        memory.log.append(inside)
        memory.log.append(TransportAddress(high: 1 << 61, low: 9, port: 53))
        memory.log.add(.sent, port: 7)
        let long = [UInt8](0..<200)
        long.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            memory.log.append(base, 100)
            memory.log.append(base, 200)
        }
        for port in UInt16(1)...300 { memory.log.add(.dropped, port: port, reason: .isolated) }
        memory.log.finish()
        let steps = memory.steps
        #expect(steps.count == ExplanationStep.most)
        #expect(steps[0].impairment == settings && steps[1].impairment == nil)
        #expect(steps[1].end(0)?.address == .v4(IPv4Address(value: 0xC000_0201)) && steps[1].end(0)?.port == 80)
        #expect(steps[1].end(1)?.address == .v6(IPv6Address(high: 1 << 61, low: 9)) && steps[1].end(1)?.port == 53)
        #expect(steps[1].end(2) == nil && steps[1].end(-1) == nil)
        #expect(steps[2].bytes == Array(long.prefix(100)) + Array(long.prefix(28)))
        #expect(steps[3] == ExplanationStep(.dropped, port: 1, reason: .isolated))
        #expect(steps.last == ExplanationStep(.omitted, first: UInt64(3 + 300 - 199)))
        #expect(try reply(EngineReply.explanation(steps).encoded()) == .explanation(steps))
    }
}
