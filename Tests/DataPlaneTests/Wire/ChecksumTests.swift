import DataPlane
import Testing

/// The checksum of RFC 1071 as its text says it: one 16-bit word at a time, the most significant byte first.
private func naiveSum(_ bytes: [UInt8]) -> UInt16 {
    var total: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
        let low = index + 1 < bytes.count ? bytes[index + 1] : 0
        total += UInt32(bytes[index]) << 8 | UInt32(low)
        total = (total & 0xFFFF) + (total >> 16)
    }
    return UInt16(total)
}

private func sum(_ bytes: [UInt8], skew: Int = 0) -> UInt16 {
    let memory = ExactBytes([UInt8](repeating: 0xEE, count: skew) + bytes, alignment: 64)
    return Checksum.sum(UnsafeRawPointer(memory.start) + skew, count: bytes.count).bigEndian
}

@Suite("Checksum")
struct ChecksumTests {
    @Test("The example of RFC 1071, section 3")
    func example() {
        #expect(sum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == 0xDDF2)
    }

    @Test("The same as word by word, for every length to 300 and every alignment")
    func everyLength() {
        var generator = SeededGenerator(seed: 1071)
        for length in 0...300 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            #expect(sum(bytes, skew: length % 9) == naiveSum(bytes), "length \(length)")
        }
    }

    @Test("Long ranges of ones bring every carry round", arguments: [1, 2, 63, 64, 65, 1514, 65535, 65557, 200_001])
    func ones(length: Int) {
        let bytes = [UInt8](repeating: 0xFF, count: length)
        #expect(sum(bytes) == naiveSum(bytes))
    }

    @Test("Goes on from an initial sum")
    func initial() {
        let bytes: [UInt8] = [0x12, 0x34, 0xFF, 0xFF, 0xAB, 0xCD]
        let memory = ExactBytes(bytes)
        let first = Checksum.sum(memory.start, count: 2)
        #expect(Checksum.sum(memory.start + 2, count: 4, initial: first).bigEndian == naiveSum(bytes))
    }

    @Test("RFC 1624: every value of one word against a full sum")
    func everyWord() {
        // Section 4's example is among them: 0x5555 becomes 0x3285.
        let rest: [UInt8] = [0x45, 0x00, 0xDD, 0x2F]
        let old: UInt16 = 0x5555
        let checksum = ~naiveSum(rest + TestFrames.big(UInt64(old), 2))
        var differences = 0
        for new in UInt16.min ... .max {
            let updated = Checksum.updated(checksum, old: old, new: new)
            if updated != ~naiveSum(rest + TestFrames.big(UInt64(new), 2)) { differences += 1 }
        }
        #expect(differences == 0)
        #expect(Checksum.updated(0xDD2F as UInt16, old: 0x5555 as UInt16, new: 0x3285) == 0x0000)
    }

    @Test("Changing an address, finished and partial")
    func address() {
        var generator = SeededGenerator(seed: 1624)
        for _ in 0..<2000 {
            let old = UInt32(truncatingIfNeeded: generator.next())
            let new = UInt32(truncatingIfNeeded: generator.next())
            let rest = TestFrames.big(generator.next() | 1, 8)
            let before = naiveSum(rest + TestFrames.big(UInt64(old), 4))
            let after = naiveSum(rest + TestFrames.big(UInt64(new), 4))
            #expect(Checksum.updated(~before, old: old, new: new) == ~after)
            #expect(Checksum.updated(partial: before, old: old, new: new) == after)
        }
    }

    @Test("Pseudo-headers")
    func pseudoHeaders() {
        let source: UInt32 = 0xC0A8_0001
        let destination: UInt32 = 0xFFFF_FFFE
        let bytes = TestFrames.big(UInt64(source), 4) + TestFrames.big(UInt64(destination), 4) + [0, 17, 0xFF, 0xFF]
        let ipv4 = Checksum.pseudoHeader(source: source, destination: destination, protocol: 17, length: 0xFFFF)
        #expect(ipv4.bigEndian == naiveSum(bytes))

        let addresses = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
        let memory = ExactBytes(addresses)
        let ipv6 = Checksum.pseudoHeader(addresses: memory.start, protocol: 58, length: 0x0001_8000)
        #expect(ipv6.bigEndian == naiveSum(addresses + [0x00, 0x01, 0x80, 0x00, 0, 0, 0, 58]))
    }

    @Test("A partial checksum is finished so that the receiver finds it right", arguments: [0, 1, 7, 1000, 65000])
    func complete(payload: Int) {
        let segment = TestFrames.tcp(payload: payload)
        var frame = TestFrames.ethernet(type: 0x0800, TestFrames.ipv4(protocol: 6, segment))
        let length = UInt32(segment.count)
        let partial = Checksum.pseudoHeader(source: 0x0A00_0002, destination: 0x0A00_0003, protocol: 6, length: length)
        frame[50] = UInt8(partial.bigEndian >> 8)
        frame[51] = UInt8(partial.bigEndian & 0xFF)
        let memory = ExactBytes(frame)
        #expect(Checksum.complete(memory.start, length: frame.count, start: 34, offset: 16))
        let pseudo: [UInt8] = [10, 0, 0, 2, 10, 0, 0, 3, 0, 6] + TestFrames.big(UInt64(length), 2)
        #expect(naiveSum(pseudo + Array(memory.bytes[34...])) == 0xFFFF)
        // Nothing but the field has changed.
        var expected = frame
        expected[50] = memory.bytes[50]
        expected[51] = memory.bytes[51]
        #expect(memory.bytes == expected)
    }

    @Test(
        "A result of 0 is written as 0xFFFF at UDP's offset, and as 0 at others",
        arguments: [(6, 0xFF), (16, 0), (2, 0)])
    func zeroIsOnes(offset: Int, byte: UInt8) {
        var bytes = [UInt8](repeating: 0, count: 20)
        (bytes[0], bytes[1]) = (0xFF, 0xFF)
        let memory = ExactBytes(bytes)
        #expect(Checksum.complete(memory.start, length: 20, start: 0, offset: UInt16(offset)))
        #expect(Array(memory.bytes[offset...offset + 1]) == [byte, byte])
    }

    @Test(
        "A field past the end is refused and nothing is written",
        arguments: [(60, 59, 0), (60, 0, 59), (60, 60, 0), (60, 65535, 65535), (0, 0, 0), (1, 0, 0)])
    func outside(length: Int, start: Int, offset: Int) {
        let memory = ExactBytes([UInt8](repeating: 7, count: length))
        let done = Checksum.complete(memory.start, length: length, start: UInt16(start), offset: UInt16(offset))
        #expect(!done)
        #expect(memory.bytes == [UInt8](repeating: 7, count: length))
    }
}
