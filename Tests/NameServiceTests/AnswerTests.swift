import Addresses
import NameService
import Testing

@Suite("Answers from a network's own names")
struct AnswerTests {
    private let zone: NameZone

    init() throws {
        zone = try TestZone.make()
    }

    private func ask(
        _ question: QuestionBytes, _ transport: NameService.Transport = .datagram(limit: 1_452), turn: UInt32 = 0
    ) -> NameService.Decision {
        NameService.decide(question.bytes, zone: zone, transport: transport, turn: turn)
    }

    @Test("a name's address, byte for byte, in the question's spelling")
    func address() {
        let question = QuestionBytes(name: "B", type: .a)
        let expected: [UInt8] =
            [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + [1, 0x42, 0, 0, 1, 0, 1]
            + [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 3]
        #expect(ask(question).answered == expected)
    }

    @Test("with EDNS, byte for byte")
    func extended() {
        let question = QuestionBytes(name: "a.lAn", type: .aaaa, payload: 1_232)
        let expected: [UInt8] =
            [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 1]
            + [1, 0x61, 3, 0x6C, 0x41, 0x6E, 0, 0, 28, 0, 1]
            + [0xC0, 12, 0, 28, 0, 1, 0, 0, 0, 5, 0, 16, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
            + [0, 0, 41, 0x04, 0xD0, 0, 0, 0x80, 0, 0, 0]
        #expect(ask(question).answered == expected)
    }

    @Test("an address's name, byte for byte, of both families")
    func pointers() {
        let fourth = QuestionBytes(name: "2.0.0.10.In-Addr.arpa", type: .ptr)
        let record: [UInt8] = [0xC0, 12, 0, 12, 0, 1, 0, 0, 0, 5, 0, 7, 1, 0x61, 3, 0x4C, 0x61, 0x6E, 0]
        #expect(ask(fourth).answered.map { Array($0.suffix(record.count)) } == record)
        let sixth = QuestionBytes(
            name: "2" + String(repeating: ".0", count: 27) + ".0.0.d.F.ip6.arpa", type: .ptr)
        #expect(ask(sixth).answered.map { Array($0.suffix(record.count)) } == record)
    }

    @Test("a name is there without records of other types")
    func nothingOfThatType() throws {
        for (name, type) in [
            ("b", DNSType.aaaa), ("b", DNSType(rawValue: 15)), ("b", .ds), ("lan", .a), ("LAN", .ns),
            ("2.0.0.10.in-addr.arpa", .a), ("my_c-1.x.Lan", .a),
        ] {
            let answer = try #require(ask(QuestionBytes(name: name, type: type)).answered, "\(name)")
            #expect(answer.code == 0 && answer.answerCount == 0, "\(name)")
        }
    }

    @Test("unknown names without a dot, and unknown addresses of the network, are nobody's")
    func unknown() throws {
        for (name, type) in [
            ("c", DNSType.a), ("localhost", .aaaa), ("we", .any), ("77.0.0.10.in-addr.arpa", .ptr),
            ("1.0.0.10.in-addr.arpa", .ptr), (String(repeating: "x", count: 63), .a),
        ] {
            let answer = try #require(ask(QuestionBytes(name: name, type: type)).answered, "\(name)")
            #expect(answer.code == 3 && answer.answerCount == 0, "\(name)")
        }
    }

    @Test("what others may know is passed on")
    func forwarded() {
        for (name, type) in [
            ("example.com", DNSType.a), ("c.lan", .a), ("", .ns), ("com", .ds), ("com", .ns), ("com", .dnskey),
            ("1.0.10.in-addr.arpa", .soa), ("1.1.0.10.in-addr.arpa", .ptr), ("01.0.0.10.in-addr.arpa", .ptr),
            ("lan.a", .a), ("b.lan.example", .a),
        ] {
            #expect(ask(QuestionBytes(name: name, type: type)).forwarded != nil, "\(name)")
        }
    }

    @Test("an internal network passes nothing on")
    func internalNetwork() throws {
        let zone = try TestZone.make(forwards: false)
        func ask(_ name: String) -> NameService.Decision {
            NameService.decide(QuestionBytes(name: name).bytes, zone: zone, transport: .stream, turn: 0)
        }
        #expect(ask("example.com").refused?.code == 5)
        #expect(ask("c.lan").refused?.code == 5)
        #expect(ask("c").answered?.code == 3)
        let own = try #require(ask("a").answered)
        #expect(own.code == 0 && own.answerCount == 1)
        #expect(own[3] & 0x80 == 0, "no recursion is to be had")
    }

    @Test("who has other networks, too, is sent there")
    func travellers() throws {
        var zone = try TestZone.make()
        let traveller = try IPAddress(parsing: "10.0.0.3")
        zone.setTravellers([traveller])
        let question = QuestionBytes(name: "unknown").bytes
        #expect(
            NameService.decide(question, from: traveller, zone: zone, transport: .stream, turn: 0).refused?.code == 5)
        let other = try IPAddress(parsing: "10.0.0.2")
        #expect(NameService.decide(question, from: other, zone: zone, transport: .stream, turn: 0).answered?.code == 3)
    }

    @Test("endpoints under one name take turns, whatever its spelling")
    func rotation() throws {
        let first = try #require(ask(QuestionBytes(name: "Web"), turn: 0).answered)
        let second = try #require(ask(QuestionBytes(name: "wEB.lan"), turn: 1).answered)
        #expect(first.answerCount == 2 && second.answerCount == 2)
        #expect(first.suffix(4) == [10, 0, 0, 3] && second.suffix(4) == [10, 0, 0, 2])
        let all = try #require(ask(QuestionBytes(name: "web", type: .any), turn: .max).answered)
        #expect(all.answerCount == 3)
    }

    @Test("names follow their endpoints")
    func changes() throws {
        var zone = zone
        func count(_ name: String, _ zone: NameZone) -> Int? {
            let bytes = QuestionBytes(name: name).bytes
            return NameService.decide(bytes, zone: zone, transport: .stream, turn: 0).answered?.answerCount
        }
        zone.set(NameZone.Member(names: ["z"], addresses: try TestZone.addresses("10.0.0.3")), id: "2")
        #expect(count("web", zone) == 1 && count("b", zone) == 0 && count("z", zone) == 1)
        zone.set(nil, id: "1")
        zone.set(nil, id: "1")
        #expect(count("web", zone) == 0 && count("a", zone) == 0 && zone.count == 2)
        let pointer = QuestionBytes(name: "3.0.0.10.in-addr.arpa", type: .ptr).bytes
        let answer = try #require(NameService.decide(pointer, zone: zone, transport: .stream, turn: 0).answered)
        #expect(answer.suffix(7) == [1, 0x7A, 3, 0x4C, 0x61, 0x6E, 0])
    }
}
