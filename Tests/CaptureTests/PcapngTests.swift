import Capture
import Testing

/// The bytes of the draft, and that what is written can be read.
@Suite struct PcapngTests {
    static let broadcast: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 10, 0, 0, 2, 0x88, 0xB5, 1]

    @Test func aSectionHasTheBytesOfTheDraft() {
        var writer = PcapngWriter()
        writer.writeSection(application: "heddle")
        #expect(
            writer.take() == [
                0x0A, 0x0D, 0x0D, 0x0A, 44, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                0xFF, 0xFF, 0xFF, 4, 0, 6, 0, 0x68, 0x65, 0x64, 0x64, 0x6C, 0x65, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0,
            ])
        #expect(writer.bytes.isEmpty)
    }

    @Test func anInterfaceHasTheBytesOfTheDraft() {
        var writer = PcapngWriter()
        writer.write(.init(name: "eth0", description: "lan", filter: "arp", snapLength: 96))
        #expect(
            writer.bytes == [
                1, 0, 0, 0, 56, 0, 0, 0, 1, 0, 0, 0, 96, 0, 0, 0, 2, 0, 4, 0, 0x65, 0x74, 0x68, 0x30, 3, 0, 3, 0, 0x6C,
                0x61, 0x6E, 0, 9, 0, 1, 0, 9, 0, 0, 0, 11, 0, 4, 0, 0, 0x61, 0x72, 0x70, 0, 0, 0, 0, 56, 0, 0, 0,
            ])
    }

    @Test func aFrameHasTheBytesOfTheDraft() {
        var writer = PcapngWriter()
        writer.write(
            .init(
                interface: 1, time: 0x0102_0304_0506_0708, length: 300, bytes: Self.broadcast, direction: .out,
                comment: "sent", number: 7, lostBefore: 9))
        var expected: [UInt8] = [
            6, 0, 0, 0, 92, 0, 0, 0, 1, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5, 15, 0, 0, 0, 0x2C, 1, 0, 0,
        ]
        expected += Self.broadcast
        expected += [0, 1, 0, 4, 0, 0x73, 0x65, 0x6E, 0x74]
        // Outbound, to all.
        expected += [2, 0, 4, 0, 0b1110, 0, 0, 0]
        expected += [4, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0]
        expected += [5, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0]
        expected += [0, 0, 0, 0, 92, 0, 0, 0]
        #expect(writer.bytes == expected)
    }

    @Test func countsHaveTheBytesOfTheDraft() {
        var writer = PcapngWriter()
        writer.write(.init(interface: 0, time: 1, received: 2, lost: 3))
        #expect(
            writer.bytes == [
                5, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0,
                8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
            ])
    }

    private static func stream() -> (bytes: [UInt8], contents: [PcapngReader.Content]) {
        var writer = PcapngWriter()
        let interface = PcapngWriter.Interface(
            name: "eth0@web", description: "network lan", filter: "tcp", snapLength: 0)
        let packets = (0..<20).map { number in
            PcapngWriter.Packet(
                interface: 0, time: UInt64(number) << 33, length: 1_000, bytes: Array(repeating: 7, count: number * 13),
                direction: number % 2 == 0 ? .in : .out, comment: number % 3 == 0 ? "dropped: no-route" : "",
                number: UInt64(number), lostBefore: UInt64(number % 5))
        }
        let counts = PcapngWriter.Counts(interface: 0, time: 5, received: 20, lost: 3, comment: "detached")
        writer.writeSection(application: "heddle")
        writer.write(interface)
        for packet in packets { writer.write(packet) }
        writer.write(counts)
        var contents: [PcapngReader.Content] = [.section, .interface(interface)]
        for packet in packets { contents.append(.packet(packet)) }
        contents.append(.counts(counts))
        return (writer.bytes, contents)
    }

    @Test(arguments: [1, 3, 7, 64, 100_000]) func whatIsWrittenIsReadInWhateverPieces(size: Int) throws {
        let (bytes, contents) = Self.stream()
        var reader = PcapngReader()
        var found: [PcapngReader.Block] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.add(Array(bytes[start..<min(start + size, bytes.count)]))
            while let block = try reader.next() { found.append(block) }
        }
        #expect(found.map(\.content) == contents)
        #expect(found.flatMap(\.bytes) == bytes && reader.rest == 0)
    }

    /// Any bytes are read or refused.
    @Test func changedBytesAreReadOrRefused() {
        let (bytes, _) = Self.stream()
        for place in 0..<bytes.count {
            for value in [UInt8(0), 1, 0x7F, 0xFF] {
                var changed = bytes
                changed[place] = value
                var reader = PcapngReader()
                reader.add(changed)
                do {
                    while try reader.next() != nil {}
                } catch {
                    continue
                }
            }
        }
        var reader = PcapngReader()
        reader.add(Array("GET / HTTP/1.1\r\n".utf8))
        #expect(throws: PcapngReader.FormatError.self) { try reader.next() }
    }

    @Test func aLongCommentIsCutBetweenCharacters() throws {
        var writer = PcapngWriter()
        writer.writeSection(application: "heddle")
        writer.write(.init(interface: 0, time: 1, length: 0, bytes: [], comment: String(repeating: "é", count: 40_000)))
        var reader = PcapngReader()
        reader.add(writer.take())
        _ = try reader.next()
        guard case .packet(let packet)? = try reader.next()?.content else {
            Issue.record("no packet")
            return
        }
        #expect(packet.comment.utf8.count <= 0xFFF0 && packet.comment.allSatisfy { $0 == "é" })
    }
}
