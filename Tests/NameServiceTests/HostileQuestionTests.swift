import NameService
import Testing

@Suite("Questions that lie")
struct HostileQuestionTests {
    private let zone: NameZone

    init() throws {
        zone = try TestZone.make()
    }

    private func ask(_ bytes: [UInt8]) -> NameService.Decision {
        NameService.decide(bytes, zone: zone, transport: .datagram(limit: 1_452), turn: 0)
    }

    @Test("what has no header, and what is an answer, is left without a word")
    func nothing() {
        for count in 0..<12 { #expect(ask([UInt8](repeating: 0, count: count)) == .ignore) }
        #expect(ask(QuestionBytes(flags: 0x8180).bytes) == .ignore)
    }

    @Test("what can't be read is told so by a header alone")
    func unreadable() {
        let whole = QuestionBytes(payload: 1_232).bytes
        for count in 12..<whole.count {
            #expect(
                ask(Array(whole[..<count])).refused == [0x12, 0x34, 0x81, 0x01, 0, 0, 0, 0, 0, 0, 0, 0], "\(count)")
        }
        // Two questions, none, an answer in the question, too many records.
        for (place, value) in [(5, 2), (5, 0), (7, 1), (9, 1), (11, 9), (4, 1)] as [(Int, UInt8)] {
            var bytes = whole
            bytes[place] = value
            #expect(ask(bytes).refused?.code == 1, "\(place)")
        }
    }

    @Test("other operations are not known here")
    func operations() {
        for operation in 1...15 as ClosedRange<UInt16> {
            let flags = operation << 11
            let answer = ask(QuestionBytes(flags: flags).bytes).refused
            #expect(answer?.code == 4 && answer?[2] == 0x80 | UInt8(flags >> 8), "\(operation)")
        }
    }

    @Test("pointers in a question lead nowhere")
    func pointers() {
        let header = Array(QuestionBytes().bytes[..<12])
        for name in [
            [0xC0, 12], [0xC0, 0], [0xC0, 14, 0xC0, 12], [3, 0x77, 0x65, 0x62, 0xC0, 12], [0x40, 0], [0x80, 0], [0xFF],
        ] as [[UInt8]] {
            #expect(ask(header + name + [0, 1, 0, 1]).refused?.code == 1, "\(name)")
        }
        // As the owner of a record they end the name, and are not followed.
        var signed = QuestionBytes().bytes
        signed[11] = 1
        #expect(ask(signed + [0xC0, 29, 0, 250, 0, 1, 0, 0, 0, 0, 0, 0]).answered?.code == 0)
    }

    @Test("names as long as can be, and longer ones")
    func lengths() {
        let label = [63] + [UInt8](repeating: 0x61, count: 63)
        let header = Array(QuestionBytes().bytes[..<12])
        let longest = label + label + label + [61] + [UInt8](repeating: 0x61, count: 61) + [0]
        #expect(longest.count == 255)
        #expect(ask(header + longest + [0, 1, 0, 1]).forwarded != nil)
        let longer = label + label + label + [62] + [UInt8](repeating: 0x61, count: 62) + [0]
        #expect(ask(header + longer + [0, 1, 0, 1]).refused?.code == 1)
        let many = [UInt8]((0..<127).flatMap { _ in [1, 0x61] as [UInt8] }) + [0]
        #expect(ask(header + many + [0, 1, 0, 1]).forwarded != nil)
    }

    @Test("labels of any bytes are no name here, dots inside of them neither")
    func odd() {
        let header = Array(QuestionBytes().bytes[..<12])
        for label in [[0], [0xFF, 0xFE], Array("a b".utf8), Array("web.lan".utf8), Array("wéb".utf8)] as [[UInt8]] {
            let bytes = header + [UInt8(label.count)] + label + [0, 0, 1, 0, 1]
            #expect(ask(bytes).answered?.code == 3, "\(label)")
        }
    }

    @Test("EDNS of another version, a second OPT, and one with a name")
    func extensions() {
        let versioned = ask(QuestionBytes(payload: 1_232, version: 1).bytes).refused
        #expect(versioned?.code == 0 && versioned.map { $0[$0.count - 6] } == 1, "BADVERS stands in both")
        var twice = QuestionBytes(payload: 1_232).bytes
        twice += twice.suffix(11)
        twice[11] = 2
        #expect(ask(twice).refused?.code == 1)
        var named = QuestionBytes().bytes
        named[11] = 1
        #expect(ask(named + [1, 0x61, 0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 0]).refused?.code == 1)
    }

    @Test("other classes, and transfers, are refused")
    func refusals() {
        #expect(ask(QuestionBytes(recordClass: 3).bytes).refused?.code == 5)
        #expect(ask(QuestionBytes(recordClass: 255).bytes).answered?.code == 0)
        for type in [251, 252] as [UInt16] {
            #expect(ask(QuestionBytes(type: DNSType(rawValue: type)).bytes).refused?.code == 5)
        }
    }

    @Test("random bytes, and questions with random bytes in them, harm nothing")
    func random() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round & 1 == 0 {
                bytes = (0..<Int(next() % 80)).map { _ in UInt8(truncatingIfNeeded: next()) }
            } else {
                bytes = QuestionBytes(name: "web.lan", payload: 512).bytes
                for _ in 0...next() % 4 { bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next()) }
            }
            switch ask(bytes) {
            case .answer(let answer), .refuse(let answer):
                #expect(answer.count <= 1_452 && answer[2] & 0x80 != 0 && answer[..<2] == bytes[..<2])
            case .forward(let query): #expect(query.message(identifier: 7).count == bytes.count)
            case .ignore: break
            }
        }
    }
}
