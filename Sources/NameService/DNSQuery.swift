/// A question that was understood.
public struct DNSQuery: Hashable, Sendable {
    /// What an asker says of itself (RFC 6891, 6.1).
    public struct Extension: Hashable, Sendable {
        /// Bytes that it takes in one datagram.
        public var payloadSize: UInt16
        var version: UInt8
        /// Whether it wants signatures (RFC 3225).
        var wantsSignatures: Bool
    }

    /// The whole message.
    let message: [UInt8]
    /// Where the question ends, which begins behind the header.
    let questionEnd: Int
    /// The name asked for.
    public let name: DNSName
    /// What of it.
    public let type: DNSType
    /// 1 is the Internet.
    public let recordClass: UInt16
    /// nil: it doesn't know EDNS.
    public let edns: Extension?

    /// Bytes of a message's header.
    static let headerLength = 12
    /// What everybody takes in one datagram (RFC 1035, 2.3.4).
    static let smallestPayload = 512

    var identifier: UInt16 { UInt16(message[0]) << 8 | UInt16(message[1]) }
    var flags: UInt16 { UInt16(message[2]) << 8 | UInt16(message[3]) }

    /// Name, type and class in the asker's spelling.
    var question: ArraySlice<UInt8> { message[Self.headerLength..<questionEnd] }

    /// Bytes that the asker takes in one datagram.
    public var datagramLimit: Int { max(Int(edns?.payloadSize ?? 0), Self.smallestPayload) }
}

extension DNSQuery {
    /// What a message turned out to be.
    enum Reading: Hashable {
        case query(DNSQuery)
        /// Not understood, but there is a header to answer.
        case unreadable(ResponseCode)
        /// No question: nothing is to be said.
        case nothing
    }

    /// Most records behind the question: OPT, and what signs a message.
    private static let mostRecords = 4

    /// Reads a message of any content and length.
    static func read(_ message: [UInt8]) -> Reading {
        guard message.count >= headerLength else { return .nothing }
        let flags = UInt16(message[2]) << 8 | UInt16(message[3])
        // An answer to an answer would be answered.
        if flags & DNSFlags.response != 0 { return .nothing }
        if flags & DNSFlags.opcode != 0 { return .unreadable(.notImplemented) }
        var reader = DNSReader(message, at: 4)
        do throws(DNSReader.Failure) {
            let counts = (try reader.read16(), try reader.read16(), try reader.read16(), try reader.read16())
            guard counts.0 == 1, counts.1 == 0, counts.2 == 0, counts.3 <= mostRecords else {
                return .unreadable(.formatError)
            }
            let name = try reader.readName()
            let type = DNSType(rawValue: try reader.read16())
            let recordClass = try reader.read16()
            let end = reader.position
            var edns: Extension?
            for _ in 0..<counts.3 {
                guard let found = try readRecord(&reader) else { continue }
                // At most one (RFC 6891, 6.1.1).
                guard edns == nil else { return .unreadable(.formatError) }
                edns = found
            }
            return .query(
                DNSQuery(
                    message: message, questionEnd: end, name: name, type: type, recordClass: recordClass, edns: edns))
        } catch {
            return .unreadable(.formatError)
        }
    }

    /// Reads one record; what it says if it is OPT.
    private static func readRecord(_ reader: inout DNSReader) throws(DNSReader.Failure) -> Extension? {
        let isRoot = try reader.skipName()
        let type = DNSType(rawValue: try reader.read16())
        let payloadSize = try reader.read16()
        let more = try reader.read32()
        try reader.skip(Int(try reader.read16()))
        guard type == .opt else { return nil }
        guard isRoot else { throw .badName }
        return Extension(
            payloadSize: payloadSize, version: UInt8(more >> 16 & 0xFF), wantsSignatures: more & 0x8000 != 0)
    }
}
