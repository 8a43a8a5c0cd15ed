import DataPlane
import Testing

@Suite("Filters of captures")
struct FilterProgramTests {
    private typealias Step = SocketFilter.Instruction
    private typealias Random = SocketFilterTests.Random

    /// Every code that the kernel takes.
    private static let codes: [UInt16] = [
        0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xA4, 0x84, 0x0C, 0x1C, 0x2C, 0x3C, 0x4C, 0x5C, 0x6C,
        0x7C,
        0x9C, 0xAC, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x81, 0x00, 0x01, 0xB1, 0x60, 0x61, 0x02, 0x03, 0x07,
        0x87,
        0x06, 0x16, 0x05, 0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D, 0x4D,
    ]

    @Test("what the kernel refuses is refused")
    func refused() {
        let end = Step(0x06, 1)
        let bad: [[Step]] = [
            [], [Step(0x20, 0)], Array(repeating: end, count: SocketFilter.longest + 1),
            [Step(0x05, 1), end], [Step(0x05, .max), end], [Step(0x15, 0, whenTrue: 1), end],
            [Step(0x15, 0, whenFalse: 1), end], [Step(0x34, 0), end], [Step(0x94, 0), end], [Step(0x64, 32), end],
            [Step(0x74, .max), end], [Step(0x60, 16), end], [Step(0x61, 16), end], [Step(0x02, 16), end],
            [Step(0x03, 16), end], [Step(0xFF, 0), end], [Step(0x0E, 0)], [end, Step(0x05, 0)],
        ]
        for program in bad { #expect(FilterProgram.refusal(of: program) != nil, "\(program.prefix(3))") }
        for code in UInt16(0)...0x200 where !Self.codes.contains(code) {
            #expect(FilterProgram.refusal(of: [Step(code, 1), end]) != nil, "\(code)")
        }
        for code in Self.codes where code != 0x05 {
            #expect(FilterProgram.refusal(of: [Step(code, 1), end, end]) == nil, "\(code)")
        }
        #expect(FilterProgram.refusal(of: Array(repeating: end, count: SocketFilter.longest)) == nil)
    }

    @Test("calculations and loads are the kernel's")
    func calculations() throws {
        let frame: [UInt8] = (0..<64).map { UInt8($0) }
        func result(_ steps: [Step]) throws -> UInt32 {
            try #require(FilterInterpreter.run(steps + [Step(0x16, 0)], on: frame))
        }
        let cases: [(steps: [Step], expected: UInt32)] = [
            ([Step(0x20, 4)], 0x0405_0607), ([Step(0x28, 62)], 0x3E3F), ([Step(0x30, 63)], 63), ([Step(0x28, 63)], 0),
            ([Step(0x20, 61)], 0), ([Step(0x20, .max)], 0), ([Step(0x80, 0)], 64),
            ([Step(0x81, 0), Step(0x87, 0)], 64),
            ([Step(0x01, 8), Step(0x48, 2)], 0x0A0B), ([Step(0x01, .max), Step(0x50, 5)], 0),
            ([Step(0xB1, 0x25), Step(0x87, 0)], 20), ([Step(0xB1, 64), Step(0x87, 0)], 0),
            ([Step(0x00, 7), Step(0x04, .max)], 6), ([Step(0x00, 7), Step(0x14, 8)], .max),
            ([Step(0x00, 7), Step(0x24, 6)], 42), ([Step(0x00, 43), Step(0x34, 6)], 7),
            ([Step(0x00, 43), Step(0x94, 6)], 1), ([Step(0x00, 3), Step(0x84, 0)], 0xFFFF_FFFD),
            ([Step(0x00, 1), Step(0x64, 31)], 0x8000_0000), ([Step(0x00, 12), Step(0xA4, 10)], 6),
            // By X: nothing, and far.
            ([Step(0x00, 9), Step(0x01, 0), Step(0x3C, 0)], 0), ([Step(0x00, 9), Step(0x01, 0), Step(0x9C, 0)], 0),
            ([Step(0x00, 9), Step(0x01, 32), Step(0x6C, 0)], 0), ([Step(0x00, 9), Step(0x01, 40), Step(0x7C, 0)], 0),
            // Scratch memory begins as zeros.
            ([Step(0x60, 15)], 0), ([Step(0x00, 9), Step(0x02, 3), Step(0x00, 0), Step(0x60, 3)], 9),
            ([Step(0x01, 9), Step(0x03, 3), Step(0x60, 3)], 9), ([Step(0x00, 9), Step(0x07, 0), Step(0x87, 0)], 9),
        ]
        for (number, one) in cases.enumerated() { #expect(try result(one.steps) == one.expected, "case \(number)") }
    }

    /// What isn't refused ends, on any bytes, and never traps.
    @Test("any program on any bytes ends")
    func total() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the programs: \(seed)")
        var random = Random(seed)
        var accepted = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...24, using: &random)
            var steps = (0..<count).map { _ in
                Step(
                    Self.codes.randomElement(using: &random) ?? 0x06,
                    Bool.random(using: &random)
                        ? UInt32.random(in: 0...70, using: &random) : UInt32(truncatingIfNeeded: random.next()),
                    whenTrue: UInt8.random(in: 0...6, using: &random),
                    whenFalse: UInt8.random(in: 0...6, using: &random))
            }
            steps.append(Step(Bool.random(using: &random) ? 0x06 : 0x16, 1))
            guard let program = FilterProgram(steps) else { continue }
            accepted += 1
            let frame = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next())
            }
            _ = FilterInterpreter.run(program, on: frame)
        }
        #expect(accepted > 500)
    }
}
