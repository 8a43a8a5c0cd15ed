import Capture
import Testing

/// A frame out of whatever a file is.
@Suite struct FrameFileTests {
    private static let first: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0, 1, 0x88, 0xB5, 1]
    private static let second: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0, 2, 0x88, 0xB5]

    private static func pcapng(cut: UInt32 = 0) -> [UInt8] {
        var writer = PcapngWriter()
        writer.writeSection(application: "heddle")
        writer.write(PcapngWriter.Interface(name: "eth0"))
        for frame in [first, second] {
            writer.write(PcapngWriter.Packet(interface: 0, time: 7, length: UInt32(frame.count) + cut, bytes: frame))
        }
        return writer.take()
    }

    private static func pcap(isBigEndian: Bool, linkType: UInt8 = 1) -> [UInt8] {
        func word(_ value: UInt32) -> [UInt8] {
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
            return isBigEndian ? bytes.reversed() : bytes
        }
        var bytes = word(0xA1B2_C3D4) + word(isBigEndian ? 0x0002_0004 : 0x0004_0002) + word(0) + word(0)
        bytes += word(65_535) + word(UInt32(linkType))
        for frame in [first, second] {
            bytes += word(1) + word(2) + word(UInt32(frame.count)) + word(UInt32(frame.count)) + frame
        }
        return bytes
    }

    @Test func framesOfCaptures() throws {
        for bytes in [Self.pcapng(), Self.pcap(isBigEndian: true), Self.pcap(isBigEndian: false)] {
            #expect(try FrameFile(bytes, number: 1) == .frame(Self.first))
            #expect(try FrameFile(bytes, number: 2) == .frame(Self.second))
            let error = #expect(throws: FrameFile.Failure.self) { try FrameFile(bytes, number: 3) }
            #expect(error?.description == "there is no packet 3: the capture has 2")
            // Any beginning of it is safe.
            for length in 0..<bytes.count { _ = try? FrameFile(Array(bytes[..<length]), number: 2) }
        }
    }

    @Test func bytesAndTexts() throws {
        #expect(try FrameFile(Self.first, number: 1) == .frame(Self.first))
        #expect(try FrameFile(Array("0x0000:  ffff\n".utf8), number: 1) == .text("0x0000:  ffff\n"))
        #expect(throws: FrameFile.Failure.self) { try FrameFile([], number: 1) }
    }

    @Test func whatCannotBeTakenForTheFrame() {
        let cut = #expect(throws: FrameFile.Failure.self) { try FrameFile(Self.pcapng(cut: 9), number: 1) }
        #expect(cut?.description == "the packet was cut when it was captured: 15 of 24 bytes are there")
        let other = #expect(throws: FrameFile.Failure.self) {
            try FrameFile(Self.pcap(isBigEndian: false, linkType: 113), number: 1)
        }
        #expect(other?.description == "the capture has no Ethernet frames, but such of link type 113")
    }
}
