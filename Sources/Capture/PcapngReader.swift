/// Cuts a stream of pcapng into its blocks, whatever the stream's pieces are, and reads those that Heddle writes. Any
/// bytes are safe; what isn't little-endian pcapng is an error.
public struct PcapngReader: Sendable {
    /// A block, as it stands in the stream, and what it says.
    public struct Block: Sendable, Hashable {
        /// All of it.
        public var bytes: [UInt8]
        /// What it says.
        public var content: Content
    }

    /// What a block says.
    public enum Content: Sendable, Hashable {
        /// A section begins.
        case section
        /// An interface; they are counted from 0.
        case interface(PcapngWriter.Interface)
        /// A frame.
        case packet(PcapngWriter.Packet)
        /// What was counted.
        case counts(PcapngWriter.Counts)
        /// Something else.
        case other(UInt32)
    }

    /// Why bytes are not what they should be.
    public struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
        /// One sentence.
        public var reason: String
        /// One sentence.
        public var description: String { "not pcapng: \(reason)" }
    }

    /// Longer than any block that Heddle writes.
    private static let longestBlock = 1 << 20

    private var buffer: [UInt8] = []
    private var start = 0
    private var hasSection = false

    /// Begins with nothing.
    public init() {}

    /// Bytes that came and belong to a block that isn't whole.
    public var rest: Int { buffer.count - start }

    /// Adds what came.
    public mutating func add(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += bytes
    }

    /// The next whole block; nil: more must come.
    public mutating func next() throws(FormatError) -> Block? {
        guard rest >= 12 else { return nil }
        let type = number(at: start, 4)
        guard hasSection || type == 0x0A0D_0D0A else { throw FormatError(reason: "it doesn't begin with a section") }
        if type == 0x0A0D_0D0A {
            guard number(at: start + 8, 4) == 0x1A2B_3C4D else {
                throw FormatError(reason: "a section of another byte order")
            }
        }
        let length = Int(number(at: start + 4, 4))
        guard length >= 12, length & 3 == 0, length <= Self.longestBlock else {
            throw FormatError(reason: "a block of \(length) bytes")
        }
        guard rest >= length else { return nil }
        guard Int(number(at: start + length - 4, 4)) == length else {
            throw FormatError(reason: "a block whose two lengths differ")
        }
        let body = (start + 8)..<(start + length - 4)
        let block = Block(bytes: Array(buffer[start..<(start + length)]), content: try content(UInt32(type), body))
        hasSection = true
        start += length
        return block
    }

    private func content(_ type: UInt32, _ body: Range<Int>) throws(FormatError) -> Content {
        switch type {
        case 0x0A0D_0D0A: return .section
        case 1:
            guard body.count >= 8 else { throw FormatError(reason: "an interface that is cut") }
            var interface = PcapngWriter.Interface(name: "", snapLength: UInt32(number(at: body.lowerBound + 4, 4)))
            for option in try options(body.dropFirst(8)) {
                let value = buffer[option.value]
                switch option.code {
                case 2: interface.name = String(decoding: value, as: UTF8.self)
                case 3: interface.description = String(decoding: value, as: UTF8.self)
                case 11: interface.filter = String(decoding: value.dropFirst(), as: UTF8.self)
                default: break
                }
            }
            return .interface(interface)
        case 6: return .packet(try packet(body))
        case 5:
            guard body.count >= 12 else { throw FormatError(reason: "statistics that are cut") }
            let first = body.lowerBound
            var counts = PcapngWriter.Counts(
                interface: UInt32(number(at: first, 4)),
                time: number(at: first + 4, 4) << 32 | number(at: first + 8, 4),
                received: 0, lost: 0)
            for option in try options(body.dropFirst(12)) {
                switch (option.code, option.value.count) {
                case (1, _): counts.comment = String(decoding: buffer[option.value], as: UTF8.self)
                case (4, 8): counts.received = number(at: option.value.lowerBound, 8)
                case (5, 8): counts.lost = number(at: option.value.lowerBound, 8)
                default: break
                }
            }
            return .counts(counts)
        default: return .other(type)
        }
    }

    private func packet(_ body: Range<Int>) throws(FormatError) -> PcapngWriter.Packet {
        guard body.count >= 20 else { throw FormatError(reason: "a frame that is cut") }
        let first = body.lowerBound
        let captured = Int(number(at: first + 12, 4))
        let padded = (captured + 3) & ~3
        guard padded <= body.count - 20 else { throw FormatError(reason: "a frame longer than its block") }
        let place = first + 20
        var packet = PcapngWriter.Packet(
            interface: UInt32(number(at: first, 4)), time: number(at: first + 4, 4) << 32 | number(at: first + 8, 4),
            length: UInt32(number(at: first + 16, 4)), bytes: Array(buffer[place..<(place + captured)]))
        for option in try options(body.dropFirst(20 + padded)) {
            switch (option.code, option.value.count) {
            case (1, _): packet.comment = String(decoding: buffer[option.value], as: UTF8.self)
            case (2, 4):
                let flags = UInt32(number(at: option.value.lowerBound, 4))
                packet.direction = PcapngWriter.Direction(rawValue: flags & 3)
            case (4, 8): packet.lostBefore = number(at: option.value.lowerBound, 8)
            case (5, 8): packet.number = number(at: option.value.lowerBound, 8)
            default: break
            }
        }
        return packet
    }

    private func options(_ range: Range<Int>) throws(FormatError) -> [(code: UInt16, value: Range<Int>)] {
        var found: [(code: UInt16, value: Range<Int>)] = []
        var place = range.lowerBound
        while range.upperBound - place >= 4 {
            let code = UInt16(number(at: place, 2))
            let length = Int(number(at: place + 2, 2))
            if code == 0 { break }
            place += 4
            guard (length + 3) & ~3 <= range.upperBound - place else {
                throw FormatError(reason: "an option longer than its block")
            }
            found.append((code, place..<(place + length)))
            place += (length + 3) & ~3
        }
        return found
    }

    /// A little-endian number of bytes that the caller knows to be there.
    private func number(at place: Int, _ count: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<count { number |= UInt64(buffer[place + index]) << (8 * UInt64(index)) }
        return number
    }
}
