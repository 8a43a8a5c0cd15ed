import Addresses

/// Writes an answer: the question in its own spelling, records whose owner is a pointer to it, and OPT if it was asked
/// with.
struct DNSAnswer {
    /// A record's data.
    enum Record: Hashable {
        case address(IPAddress)
        /// A name as it stands in a message.
        case pointer([UInt8])
    }

    /// What this side takes in one datagram: below all usual MTUs, so that nothing is cut in fragments.
    static let payloadSize: UInt16 = 1_232
    /// Bytes of an OPT record without options.
    private static let optionLength = 11
    /// A pointer to the question's name.
    private static let pointerToQuestion: [UInt8] = [0xC0, 12]

    /// The answer to a question.
    ///
    /// - Parameters:
    ///   - limit: bytes that it may have; records that don't fit are left out, and it says so.
    ///   - isOwn: whether this is the place to know.
    ///   - recursion: whether other names can be asked for here.
    static func bytes(
        to query: DNSQuery, code: ResponseCode, records: [Record] = [], timeToLive: UInt32 = 0, isOwn: Bool = false,
        recursion: Bool, limit: Int
    ) -> [UInt8] {
        var bytes = header(of: query.message, code: code, isOwn: isOwn, recursion: recursion)
        bytes[5] = 1
        bytes += query.question
        let room = limit - (query.edns == nil ? 0 : optionLength)
        var count: UInt16 = 0
        for record in records {
            let encoded = encode(record, timeToLive: timeToLive, recordClass: 1)
            guard bytes.count + encoded.count <= room, count < .max else {
                bytes[2] |= UInt8(DNSFlags.truncated >> 8)
                break
            }
            bytes += encoded
            count += 1
        }
        bytes[6] = UInt8(count >> 8)
        bytes[7] = UInt8(count & 0xFF)
        if let edns = query.edns {
            bytes[11] = 1
            bytes += option(edns, code: code)
        }
        return bytes
    }

    /// The answer to what could not be read: a header alone.
    static func bytes(toHeader message: [UInt8], code: ResponseCode) -> [UInt8] {
        header(of: message, code: code, isOwn: false, recursion: false)
    }

    /// 12 bytes; the counts are zero.
    private static func header(
        of message: [UInt8], code: ResponseCode, isOwn: Bool, recursion: Bool
    ) -> [UInt8] {
        let asked = UInt16(message[2]) << 8 | UInt16(message[3])
        var flags =
            DNSFlags.response | asked & (DNSFlags.opcode | DNSFlags.recursionDesired | DNSFlags.checkingDisabled)
        flags |= code.rawValue & DNSFlags.code
        if isOwn { flags |= DNSFlags.authoritative }
        if recursion { flags |= DNSFlags.recursionAvailable }
        return [message[0], message[1], UInt8(flags >> 8), UInt8(flags & 0xFF), 0, 0, 0, 0, 0, 0, 0, 0]
    }

    private static func encode(_ record: Record, timeToLive: UInt32, recordClass: UInt16) -> [UInt8] {
        let type: DNSType
        let data: [UInt8]
        switch record {
        case .address(let address):
            type = address.family == .v4 ? .a : .aaaa
            data = address.octets
        case .pointer(let name):
            type = .ptr
            data = name
        }
        var bytes = pointerToQuestion
        for number in [type.rawValue, recordClass, UInt16(timeToLive >> 16), UInt16(truncatingIfNeeded: timeToLive)] {
            bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
        }
        return bytes + [UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data
    }

    private static func option(_ edns: DNSQuery.Extension, code: ResponseCode) -> [UInt8] {
        let type = DNSType.opt.rawValue
        return [
            0, UInt8(type >> 8), UInt8(type & 0xFF), UInt8(payloadSize >> 8), UInt8(payloadSize & 0xFF),
            UInt8(code.rawValue >> 4), 0, edns.wantsSignatures ? 0x80 : 0, 0, 0, 0,
        ]
    }
}
