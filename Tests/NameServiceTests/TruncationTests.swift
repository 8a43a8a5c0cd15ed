import Addresses
import NameService
import Testing

@Suite("Answers that don't fit")
struct TruncationTests {
    private let zone: NameZone

    init() throws {
        var zone = NameZone(network: "lan", subnets: [try IPPrefix(parsing: "10.0.0.0/24")], forwards: true)
        for number in 1...60 {
            let address = try IPAddress(parsing: "10.0.0.\(number)")
            zone.set(NameZone.Member(names: ["e\(number)", "many"], addresses: [address]), id: "\(number)")
        }
        self.zone = zone
    }

    private func ask(payload: UInt16?, limit: Int?, turn: UInt32 = 0) throws -> [UInt8] {
        let question = QuestionBytes(name: "many", payload: payload)
        let transport = limit.map { NameService.Transport.datagram(limit: $0) } ?? .stream
        return try #require(NameService.decide(question.bytes, zone: zone, transport: transport, turn: turn).answered)
    }

    @Test("an answer has at most as many bytes as the asker takes, and says that there is more")
    func sizes() throws {
        // 12 + 10 bytes before the answers of 16 bytes each, 11 of OPT behind them.
        let plain = try ask(payload: nil, limit: 1_452)
        #expect(plain.isTruncated && plain.answerCount == 30 && plain.count == 502)
        let small = try ask(payload: 512, limit: 1_452)
        #expect(small.isTruncated && small.answerCount == 29 && small.count == 12 + 10 + 29 * 16 + 11)
        // Less than 512 means 512 (RFC 6891, 6.2.3).
        #expect(try ask(payload: 0, limit: 1_452) == small)
        let middle = try ask(payload: 900, limit: 1_452)
        #expect(middle.isTruncated && middle.answerCount == 54 && middle.count <= 900)
        let large = try ask(payload: 1_232, limit: 1_452)
        #expect(!large.isTruncated && large.answerCount == 60)
        let capped = try ask(payload: .max, limit: 700)
        #expect(capped.isTruncated && capped.count <= 700)
    }

    @Test("by TCP all of it comes")
    func stream() throws {
        let whole = try ask(payload: nil, limit: nil)
        #expect(!whole.isTruncated && whole.answerCount == 60)
    }

    @Test("what is left out takes its turn, too")
    func turns() throws {
        var firsts: Set<[UInt8]> = []
        for turn in 0..<60 {
            let answer = try ask(payload: nil, limit: 1_452, turn: UInt32(turn))
            firsts.insert(Array(answer[22 + 12..<22 + 16]))
        }
        #expect(firsts.count == 60)
    }
}
