/// A question that others are asked, and what becomes of their answers.
public struct ForwardedQuery: Hashable, Sendable {
    /// What an answer from elsewhere is.
    public enum Answer: Hashable, Sendable {
        /// Not to this question.
        case foreign
        /// Whoever was asked can't tell; somebody else may.
        case failure
        /// It doesn't fit in a datagram.
        case truncated
        /// To be passed on.
        case final
    }

    /// The question.
    public let query: DNSQuery
    private let transport: NameService.Transport

    init(query: DNSQuery, transport: NameService.Transport) {
        self.query = query
        self.transport = transport
    }

    /// Whether the asker came by TCP, so that it takes an answer of any length.
    public var isStream: Bool { transport == .stream }

    /// The message for whoever knows, under a number that only they can know.
    public func message(identifier: UInt16) -> [UInt8] {
        var bytes = query.message
        bytes[0] = UInt8(identifier >> 8)
        bytes[1] = UInt8(identifier & 0xFF)
        return bytes
    }

    /// Judges bytes that came back for the message with that number.
    public func judge(_ answer: [UInt8], identifier: UInt16) -> Answer {
        let end = query.questionEnd
        guard answer.count >= DNSQuery.headerLength, answer[0] == UInt8(identifier >> 8),
            answer[1] == UInt8(identifier & 0xFF)
        else { return .foreign }
        let flags = UInt16(answer[2]) << 8 | UInt16(answer[3])
        guard flags & DNSFlags.response != 0, flags & DNSFlags.opcode == query.flags & DNSFlags.opcode else {
            return .foreign
        }
        let code = flags & DNSFlags.code
        let isFailure =
            code == ResponseCode.serverFailure.rawValue || code == ResponseCode.refused.rawValue
            || code == ResponseCode.notImplemented.rawValue || code == ResponseCode.formatError.rawValue
        // Some leave the question out when they refuse it.
        let count = UInt16(answer[4]) << 8 | UInt16(answer[5])
        if count == 0, isFailure { return .failure }
        guard count == 1, answer.count >= end, isSameQuestion(answer) else { return .foreign }
        if isFailure { return .failure }
        return flags & DNSFlags.truncated != 0 ? .truncated : .final
    }

    /// The same name in any spelling, type and class.
    private func isSameQuestion(_ answer: [UInt8]) -> Bool {
        let end = query.questionEnd
        for index in DNSQuery.headerLength..<end {
            let (asked, told) = (query.message[index], answer[index])
            if asked == told { continue }
            // Lengths of labels are below the letters.
            guard index < end - 4, asked ^ told == 0x20, UInt8(ascii: "a")...UInt8(ascii: "z") ~= asked | 0x20 else {
                return false
            }
        }
        return true
    }

    /// What the asker gets: its own number and spelling; of more than it takes, only that there is more.
    public func reply(_ answer: [UInt8]) -> [UInt8] {
        let end = query.questionEnd
        guard answer.count >= DNSQuery.headerLength else { return failure }
        var bytes = answer
        bytes[0] = query.message[0]
        bytes[1] = query.message[1]
        let hasQuestion = answer[4] == 0 && answer[5] == 1 && answer.count >= end && isSameQuestion(answer)
        if hasQuestion { bytes.replaceSubrange(DNSQuery.headerLength..<end, with: query.question) }
        guard !isStream, bytes.count > query.datagramLimit else { return bytes }
        guard hasQuestion else { return failure }
        bytes.removeSubrange(end...)
        bytes[2] |= UInt8(DNSFlags.truncated >> 8)
        for index in 6..<12 { bytes[index] = 0 }
        return bytes
    }

    /// What the asker gets if nobody could tell.
    public var failure: [UInt8] { bytes(.serverFailure) }

    /// What the asker gets if too much is being asked.
    public var refusal: [UInt8] { bytes(.refused) }

    private func bytes(_ code: ResponseCode) -> [UInt8] {
        DNSAnswer.bytes(to: query, code: code, recursion: true, limit: transport.limit(for: query))
    }
}
