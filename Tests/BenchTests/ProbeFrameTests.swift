import Addresses
import Bench
import Testing

@Suite struct ProbeFrameTests {
    private let source = MACAddress(value: 0x0200_0000_0001)
    private let destination = MACAddress(value: 0x0200_0000_00FF)

    private func bytes(of frame: ProbeFrame) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: Int(frame.length))
        bytes.withUnsafeMutableBytes { frame.encode(from: source, to: destination, into: $0) }
        return bytes
    }

    private func decode(_ bytes: [UInt8]) -> ProbeFrame? {
        bytes.withUnsafeBytes { ProbeFrame(decoding: $0) }
    }

    @Test func theBytesAreThese() {
        let frame = ProbeFrame(
            run: 0x0102_0304, stream: 0x0506, length: 60, sequence: 0x1112_1314_1516_1718,
            sentAt: 0x2122_2324_2526_2728)
        #expect(
            bytes(of: frame) == [
                0x02, 0, 0, 0, 0, 0xFF, 0x02, 0, 0, 0, 0, 0x01, 0x88, 0xB5,
                0x48, 0x44, 0x4C, 0x42, 1, 2, 3, 4, 5, 6, 0, 60,
                0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
                42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59,
            ])
    }

    @Test(arguments: [60, 512, 1_514]) func whatIsWrittenIsRead(length: Int) {
        var random = SeededGenerator(seed: UInt64(length))
        for _ in 0..<100 {
            let frame = ProbeFrame(
                run: .random(in: 0 ... .max, using: &random), stream: .random(in: 0 ... .max, using: &random),
                length: UInt16(length), sequence: .random(in: 0 ... .max, using: &random),
                sentAt: .random(in: 0 ... .max, using: &random))
            #expect(decode(bytes(of: frame)) == frame)
        }
    }

    @Test func stampingRenewsSequenceAndTimeOnly() {
        let first = ProbeFrame(run: 9, stream: 3, length: 60, sequence: 0, sentAt: 0)
        var stamped = bytes(of: first)
        stamped.withUnsafeMutableBytes { ProbeFrame.stamp(sequence: 77, sentAt: 88, at: $0) }
        #expect(decode(stamped) == ProbeFrame(run: 9, stream: 3, length: 60, sequence: 77, sentAt: 88))
    }

    @Test func foreignFramesAreNotTaken() {
        let good = bytes(of: ProbeFrame(run: 9, stream: 3, length: 60, sequence: 1, sentAt: 2))
        for length in 0..<ProbeFrame.fieldsEnd { #expect(decode(Array(good.prefix(length))) == nil) }
        #expect(decode(Array(good.prefix(ProbeFrame.fieldsEnd))) != nil)
        for offset in 12..<18 {
            var changed = good
            changed[offset] ^= 0x40
            #expect(decode(changed) == nil)
        }
    }
}
