import DataPlane
import Testing

@Suite("Impairments as bytes")
struct ImpairmentCodecTests {
    private static var settings: ImpairmentSettings {
        var settings = ImpairmentSettings()
        settings.delay = 0x01
        settings.jitter = 0x02
        settings.isNormal = true
        settings.loss = 0x03
        settings.badLoss = 0x04
        settings.toBad = 0x05
        settings.toGood = 0x06
        settings.duplicate = 0x07
        settings.reorder = 0x08
        settings.corrupt = 0x09
        settings.gap = 0x0A
        settings.rate = 0x0B00
        settings.queue = 0x0C
        settings.seed = 0x0D
        return settings
    }

    private func decode(_ bytes: [UInt8]) throws(MessageError) -> EngineRequest {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try EngineRequest.decode(UnsafeRawBufferPointer(memory)).request
    }

    @Test("the bytes themselves")
    func layout() throws {
        let impairment = ImpairmentConfiguration(port: 0x0201, isOut: true, settings: Self.settings)
        let bytes = EngineRequest.impairment(impairment).encoded(sequence: 7)
        func long(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0, 0, 0, 0, 0] }
        var expected: [UInt8] = [0x48, 0x45, 0x44, 0x4C, 6, 40, 0, 0, 7, 0, 0, 0, 1, 2, 1]
        expected += long(1) + long(2) + [1]
        for value in UInt8(3)...9 { expected += long(value) }
        expected += [0x0A, 0, 0, 0] + [0, 0x0B, 0, 0, 0, 0, 0, 0] + long(0x0C) + long(0x0D)
        #expect(bytes == expected)
        #expect(try decode(bytes) == .impairment(impairment))
    }

    @Test("numbers that can't be are refused")
    func refused() {
        let changes: [(inout ImpairmentSettings) -> Void] = [
            { $0.delay = -1 }, { $0.delay = ImpairmentSettings.longestDelay + 1 }, { $0.jitter = -1 },
            { $0.loss = ImpairmentSettings.certain + 1 }, { $0.badLoss = .max }, { $0.toBad = .max },
            { $0.toGood = .max }, { $0.duplicate = .max }, { $0.reorder = .max }, { $0.corrupt = .max },
            { $0.rate = 999 }, { $0.rate = .max }, { $0.queue = -1 }, { $0.queue = .max },
        ]
        for (number, change) in changes.enumerated() {
            var settings = Self.settings
            change(&settings)
            let request = EngineRequest.impairment(ImpairmentConfiguration(port: 1, isOut: false, settings: settings))
            #expect(throws: MessageError.badField, "change \(number)") { try decode(request.encoded(sequence: 1)) }
        }
    }
}
