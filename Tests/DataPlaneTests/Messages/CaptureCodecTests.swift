import DataPlane
import Testing

@Suite("Captures as bytes")
struct CaptureCodecTests {
    private func decode(_ bytes: [UInt8]) throws -> EngineRequest {
        try bytes.withUnsafeBytes { try EngineRequest.decode($0).request }
    }

    @Test("the bytes themselves")
    func layout() throws {
        let capture = CaptureConfiguration(
            number: 0x0403_0201, port: 0x0605, isIn: true, isOut: false, snapLength: 0x60,
            filter: [.init(0x15, 0x0D0C_0B0A, whenTrue: 8, whenFalse: 9)])
        let bytes = EngineRequest.startCapture(capture).encoded(sequence: 7)
        let expected: [UInt8] = [
            0x48, 0x45, 0x44, 0x4C, 6, 44, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 1, 0, 0x60, 0, 0, 0, 1, 0, 0x15, 0,
            8,
            9, 0x0A, 0x0B, 0x0C, 0x0D,
        ]
        #expect(bytes == expected)
        #expect(try decode(bytes) == .startCapture(capture))
        let end = EngineRequest.stopCapture(0x0403_0201)
        #expect(end.encoded(sequence: 7) == [0x48, 0x45, 0x44, 0x4C, 6, 45, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4])
        #expect(try decode(end.encoded(sequence: 7)) == end)
    }

    @Test("one that follows frames has a number of its own, and says how many in front")
    func following() throws {
        let capture = CaptureConfiguration(number: 1, domain: 3, filter: [.init(0x06, 1)], followed: 0x0403_0201)
        let bytes = EngineRequest.startCapture(capture).encoded(sequence: 7)
        #expect(bytes.prefix(16) == [0x48, 0x45, 0x44, 0x4C, 6, 49, 0, 0, 7, 0, 0, 0, 1, 2, 3, 4])
        var plain = capture
        plain.followed = 0
        #expect(
            Array(bytes.dropFirst(16)) == Array(EngineRequest.startCapture(plain).encoded(sequence: 7).dropFirst(12)))
        #expect(try decode(bytes) == .startCapture(capture))
        #expect(throws: MessageError.badField) {
            try decode(Array(bytes.prefix(12)) + [0, 0, 0, 0] + Array(bytes.dropFirst(16)))
        }
    }

    @Test("the longest filter fits, a longer one and a capture of nothing are refused")
    func bounds() throws {
        let step = SocketFilter.Instruction(0x06, 1)
        let longest = CaptureConfiguration(
            number: 1, domain: 3, filter: Array(repeating: step, count: SocketFilter.longest))
        let bytes = EngineRequest.startCapture(longest).encoded(sequence: 1)
        #expect(bytes.count <= MessageLimits.maximumBytes)
        #expect(try decode(bytes) == .startCapture(longest))
        let longer = CaptureConfiguration(
            number: 1, domain: 3, filter: Array(repeating: step, count: SocketFilter.longest + 1))
        for bad in [longer, CaptureConfiguration(number: 1), CaptureConfiguration(number: 1, port: 1, domain: 1)] {
            #expect(throws: MessageError.badField) { try decode(EngineRequest.startCapture(bad).encoded(sequence: 1)) }
        }
        for count in 12..<bytes.count where count < 60 || count % 511 == 0 {
            #expect(throws: MessageError.truncated) { try decode(Array(bytes.prefix(count))) }
        }
    }
}
