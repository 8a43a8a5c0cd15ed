import DataPlane
import Testing

@Suite("Replies of the engine as bytes")
struct ReplyCodecTests {
    private static func random(_ number: Int, _ random: inout SeededGenerator) -> EngineReply {
        let port = UInt16(truncatingIfNeeded: random.next())
        let error = Int32(truncatingIfNeeded: random.next())
        switch number % 4 {
        case 0: return .acknowledgement(sequence: UInt32(truncatingIfNeeded: random.next()), error: error)
        case 1:
            let version = String(repeating: "v", count: random.below(32))
            return .information(
                EngineInformation(
                    pid: error, version: version, workers: port, usesRing: random.below(2) == 0,
                    uptimeSeconds: UInt32(truncatingIfNeeded: random.next())))
        case 2: return .descriptor(port: port, kind: PortKind.allCases[random.below(4)], token: random.next())
        default: return .portGone(port: port, token: random.next(), error: error)
        }
    }

    private func decode(_ bytes: [UInt8]) throws(MessageError) -> EngineReply {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try EngineReply.decode(UnsafeRawBufferPointer(memory))
    }

    @Test("what is written is read back; cut or with more behind it, it is none")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 3)
        for number in 0..<2_000 {
            let reply = Self.random(number, &random)
            let bytes = reply.encoded()
            #expect(try decode(bytes) == reply)
            #expect(throws: MessageError.truncated) { try decode(Array(bytes[..<random.below(bytes.count)])) }
            #expect(throws: MessageError.trailingBytes) { try decode(bytes + [0]) }
        }
    }

    @Test("a version that is too long is cut; one without an end is refused")
    func versions() throws {
        func information(_ version: String) -> EngineReply {
            .information(EngineInformation(pid: 1, version: version, workers: 1, usesRing: true, uptimeSeconds: 0))
        }
        let long = information(String(repeating: "9", count: 40)).encoded()
        #expect(try decode(long) == information(String(repeating: "9", count: 31)))
        var endless = long
        endless[endless.count - 1] = 0x39
        #expect(throws: MessageError.badField) { try decode(endless) }
    }

    @Test("any bytes are read without harm")
    func anyBytes() throws {
        var random = SeededGenerator(seed: 9)
        var understood = 0
        for number in 0..<20_000 {
            var bytes = Self.random(number, &random).encoded()
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            if (try? decode(bytes)) != nil { understood += 1 }
        }
        #expect(understood > 1_000 && understood < 19_000)
    }

    @Test("the bytes themselves")
    func layout() {
        let header: [UInt8] = [0x48, 0x45, 0x44, 0x4C, 6]
        #expect(
            EngineReply.acknowledgement(sequence: 7, error: 2).encoded()
                == header + [65, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0])
        let information = EngineInformation(pid: 1, version: "0.1", workers: 2, usesRing: true, uptimeSeconds: 3)
        #expect(
            EngineReply.information(information).encoded()
                == header + [66, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 3, 0, 0, 0] + Array("0.1".utf8)
                + [UInt8](repeating: 0, count: 29))
        #expect(
            EngineReply.descriptor(port: 1, kind: .packetSocket, token: 5).encoded()
                == header + [67, 0, 0, 0, 0, 0, 0, 1, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0])
        #expect(EngineReply.descriptor(port: 1, kind: .tunnel, token: 5).encoded()[14] == 3)
        #expect(EngineReply.descriptor(port: 1, kind: .datagram, token: 5).encoded()[14] == 4)
        #expect(
            EngineReply.portGone(port: 1, token: 5, error: 77).encoded()
                == header + [68, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0])
    }
}
