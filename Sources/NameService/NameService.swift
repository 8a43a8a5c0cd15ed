public import Addresses

/// What a network's name service says to a message. Pure: bytes in, a decision out.
public enum NameService {
    /// What is done with a message.
    public enum Decision: Hashable, Sendable {
        /// It is answered from what is known here: names, and that there are none.
        case answer([UInt8])
        /// It is answered that it can't be.
        case refuse([UInt8])
        /// Whoever knows is asked.
        case forward(ForwardedQuery)
        /// Nothing is said.
        case ignore
    }

    /// What a message came by.
    public enum Transport: Hashable, Sendable {
        /// UDP, where an answer has at most so many bytes, however many the asker takes.
        case datagram(limit: Int)
        /// TCP.
        case stream

        /// Bytes that an answer may have.
        func limit(for query: DNSQuery) -> Int {
            switch self {
            case .datagram(let limit): max(min(query.datagramLimit, limit), DNSQuery.smallestPayload)
            case .stream: Int(UInt16.max)
            }
        }
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - message: of any content and length.
    ///   - asker: who asks, if that is known.
    ///   - zone: what is known.
    ///   - turn: any number; which of several addresses comes first follows from it.
    public static func decide(
        _ message: [UInt8], from asker: IPAddress? = nil, zone: borrowing NameZone, transport: Transport, turn: UInt32
    ) -> Decision {
        let query: DNSQuery
        switch DNSQuery.read(message) {
        case .query(let read): query = read
        case .unreadable(let code): return .refuse(DNSAnswer.bytes(toHeader: message, code: code))
        case .nothing: return .ignore
        }
        let reply = Reply(query: query, recursion: zone.forwards, limit: transport.limit(for: query))
        if let edns = query.edns, edns.version != 0 { return .refuse(reply.failure(.badVersion)) }
        // The Internet, or any class.
        guard query.recordClass == 1 || query.recordClass == 255 else { return .refuse(reply.failure(.refused)) }
        let isTransfer = query.type.rawValue >= DNSType.firstMeta.rawValue && query.type.rawValue < DNSType.any.rawValue
        if isTransfer { return .refuse(reply.failure(.refused)) }
        if let own = own(query, zone, reply, turn) { return .answer(own) }
        if query.name.isPlain, !walksTheRoot(query.type) {
            // The C library asks the next resolver after a refusal, not after "there is no such name".
            return zone.isTraveller(asker) ? .refuse(reply.failure(.refused)) : .answer(reply.unknown)
        }
        guard zone.forwards else { return .refuse(reply.failure(.refused)) }
        return .forward(ForwardedQuery(query: query, transport: transport))
    }

    /// What can be said to one question.
    private struct Reply {
        let query: DNSQuery
        let recursion: Bool
        let limit: Int

        func failure(_ code: ResponseCode) -> [UInt8] {
            DNSAnswer.bytes(to: query, code: code, recursion: recursion, limit: limit)
        }

        func own(_ records: [DNSAnswer.Record]) -> [UInt8] {
            DNSAnswer.bytes(
                to: query, code: .noError, records: records, timeToLive: NameZone.timeToLive, isOwn: true,
                recursion: recursion, limit: limit)
        }

        var unknown: [UInt8] {
            DNSAnswer.bytes(to: query, code: .nameError, isOwn: true, recursion: recursion, limit: limit)
        }
    }

    /// The answer from what is known here; nil: it is for others to say.
    private static func own(
        _ query: DNSQuery, _ zone: borrowing NameZone, _ reply: Reply, _ turn: UInt32
    ) -> [UInt8]? {
        if let address = query.name.reversedAddress, zone.contains(address) {
            guard let name = zone.name(of: address), let encoded = DNSName.encoded(name) else { return reply.unknown }
            return reply.own(query.type == .ptr || query.type == .any ? [.pointer(encoded)] : [])
        }
        if let key = query.name.key, let addresses = zone.addresses(of: key) {
            return reply.own(rotated(addresses.filter { isWanted($0, query.type) }, turn))
        }
        return nil
    }

    private static func isWanted(_ address: IPAddress, _ type: DNSType) -> Bool {
        if type == .any { return true }
        return type == (address.family == .v4 ? .a : .aaaa)
    }

    /// What a resolver asks of a top-level domain on its way down from the root, beside what programs ask of hosts.
    private static func walksTheRoot(_ type: DNSType) -> Bool {
        type == .ns || type == .soa || type == .ds || type == .dnskey
    }

    /// Most clients take the first address: each shall be the first in its turn.
    private static func rotated(_ addresses: [IPAddress], _ turn: UInt32) -> [DNSAnswer.Record] {
        guard !addresses.isEmpty else { return [] }
        let start = Int(turn % UInt32(addresses.count))
        return (addresses[start...] + addresses[..<start]).map { .address($0) }
    }
}
