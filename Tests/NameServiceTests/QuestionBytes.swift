import Addresses
import NameService

/// Messages as an asker writes them.
struct QuestionBytes {
    var identifier: UInt16 = 0x1234
    var flags: UInt16 = 0x0100
    var name = "web"
    var type = DNSType.a
    var recordClass: UInt16 = 1
    /// nil: no OPT.
    var payload: UInt16?
    var version: UInt8 = 0

    var question: [UInt8] {
        var bytes: [UInt8] = []
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return bytes + [0] + Self.big(type.rawValue) + Self.big(recordClass)
    }

    var bytes: [UInt8] {
        var bytes = Self.big(identifier) + Self.big(flags) + [0, 1, 0, 0, 0, 0, 0, payload == nil ? 0 : 1]
        bytes += question
        if let payload { bytes += [0, 0, 41] + Self.big(payload) + [0, version, 0x80, 0, 0, 0] }
        return bytes
    }

    static func big(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
}

/// What tests ask: a network of three endpoints, of which two share an alias.
enum TestZone {
    static func make(forwards: Bool = true) throws -> NameZone {
        var zone = NameZone(
            network: "Lan", subnets: [try IPPrefix(parsing: "10.0.0.0/24"), try IPPrefix(parsing: "fd00::/64")],
            forwards: forwards)
        zone.set(
            NameZone.Member(names: ["a", "web"], addresses: try addresses("10.0.0.2", "fd00::2")), id: "1")
        zone.set(NameZone.Member(names: ["b", "WEB"], addresses: try addresses("10.0.0.3")), id: "2")
        zone.set(NameZone.Member(names: ["my_c-1.x"], addresses: try addresses("fd00::4")), id: "3")
        return zone
    }

    static func addresses(_ texts: String...) throws -> [IPAddress] {
        try texts.map { try IPAddress(parsing: $0) }
    }
}

extension NameService.Decision {
    /// The answer from what is known.
    var answered: [UInt8]? { if case .answer(let bytes) = self { bytes } else { nil } }
    /// The answer that there can be none.
    var refused: [UInt8]? { if case .refuse(let bytes) = self { bytes } else { nil } }
    var forwarded: ForwardedQuery? { if case .forward(let query) = self { query } else { nil } }
}

extension [UInt8] {
    /// The response code in a message's header.
    var code: UInt8? { count >= 4 ? self[3] & 0xF : nil }
    /// Records in the answer section.
    var answerCount: Int? { count >= 8 ? Int(self[6]) << 8 | Int(self[7]) : nil }
    var isTruncated: Bool { count >= 4 && self[2] & 2 != 0 }
}
