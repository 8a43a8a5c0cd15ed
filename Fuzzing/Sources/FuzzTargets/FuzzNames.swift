import Addresses
import NameService

/// One message to a network's name service, and the same bytes as a resolver's answer to a question that is passed on.
@_cdecl("heddle_fuzz_names")
public func fuzzNames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for forwards in [true, false] {
        var zone = NameZone(network: "lan", subnets: [], forwards: forwards)
        zone.set(NameZone.Member(names: ["a", "web"], addresses: [.v4(IPv4Address(10, 0, 0, 2))]), id: "1")
        switch NameService.decide(bytes, zone: zone, transport: .datagram(limit: 1_452), turn: UInt32(count)) {
        case .answer(let answer), .refuse(let answer):
            precondition(answer.count >= 12 && answer.count <= 1_452 && answer[2] & 0x80 != 0, "no answer")
            precondition(answer[0] == bytes[0] && answer[1] == bytes[1], "an answer to somebody else")
        case .forward(let query):
            precondition(forwards, "an internal network's question was passed on")
            precondition(query.judge(bytes, identifier: 0) != .final, "a question was taken for its answer")
            _ = query.reply(bytes)
        case .ignore: break
        }
    }
    judge(bytes)
    _ = ResolverConfiguration(parsing: String(decoding: bytes, as: UTF8.self))
    return 0
}

private func judge(_ bytes: [UInt8]) {
    let question: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x78, 1, 0x79, 0, 0, 1, 0, 1]
    let zone = NameZone(network: "lan", subnets: [], forwards: true)
    guard case .forward(let query) = NameService.decide(question, zone: zone, transport: .datagram(limit: 512), turn: 0)
    else { return }
    _ = query.judge(bytes, identifier: 0)
    precondition(query.reply(bytes).count <= max(512, question.count), "longer than the asker takes")
}
