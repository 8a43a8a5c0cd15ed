/// One frame out of a file's bytes: of a pcap or pcapng file, or the bytes themselves. Any bytes are safe.
public enum FrameFile: Sendable, Hashable {
    /// A frame, whole.
    case frame([UInt8])
    /// Nothing but text: a dump in hex, perhaps.
    case text(String)

    /// Why there is no frame.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// One sentence.
        public var description: String
    }

    /// LINKTYPE_ETHERNET.
    private static let ethernet = 1

    /// Reads a file's bytes. `number`: which frame of a capture, from 1 on. Cost: O(bytes).
    public init(_ bytes: [UInt8], number: Int) throws(Failure) {
        guard !bytes.isEmpty else { throw Failure(description: "there are no bytes") }
        if bytes.starts(with: [0x0A, 0x0D, 0x0D, 0x0A]) {
            self = .frame(try Self.pcapng(bytes, number))
        } else if let isBig = Self.isBigEndian(bytes.prefix(4)) {
            self = .frame(try Self.pcap(bytes, isBigEndian: isBig, number))
        } else if bytes.allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }) {
            self = .text(String(decoding: bytes, as: UTF8.self))
        } else {
            self = .frame(bytes)
        }
    }

    /// Whether a classic pcap file's numbers are big-endian (pcap-savefile(5)): microseconds or nanoseconds. nil: it is
    /// none.
    private static func isBigEndian(_ magic: ArraySlice<UInt8>) -> Bool? {
        switch Array(magic) {
        case [0xA1, 0xB2, 0xC3, 0xD4], [0xA1, 0xB2, 0x3C, 0x4D]: true
        case [0xD4, 0xC3, 0xB2, 0xA1], [0x4D, 0x3C, 0xB2, 0xA1]: false
        default: nil
        }
    }

    private static func pcap(_ bytes: [UInt8], isBigEndian: Bool, _ number: Int) throws(Failure) -> [UInt8] {
        func word(_ place: Int) -> Int {
            var value = 0
            for index in 0..<4 { value |= Int(bytes[place + (isBigEndian ? 3 - index : index)]) << (8 * index) }
            return value
        }
        guard bytes.count >= 24 else { throw Failure(description: "the pcap file ends inside its header") }
        try check(linkType: word(20) & 0xFFFF)
        var place = 24
        var count = 0
        while bytes.count - place >= 16 {
            let (captured, length) = (word(place + 8), word(place + 12))
            guard captured <= bytes.count - place - 16 else {
                throw Failure(description: "the pcap file ends inside packet \(count + 1)")
            }
            count += 1
            if count == number {
                return try whole(Array(bytes[(place + 16)..<(place + 16 + captured)]), length)
            }
            place += 16 + captured
        }
        throw missing(number, of: count)
    }

    private static func pcapng(_ bytes: [UInt8], _ number: Int) throws(Failure) -> [UInt8] {
        var reader = PcapngReader()
        reader.add(bytes)
        var linkTypes: [Int] = []
        var count = 0
        while let block = try next(&reader) {
            switch block.content {
            case .section: linkTypes = []
            case .interface: linkTypes.append(Int(block.bytes[8]) | Int(block.bytes[9]) << 8)
            case .packet(let packet):
                count += 1
                guard count == number else { continue }
                let interface = Int(packet.interface)
                if linkTypes.indices.contains(interface) { try check(linkType: linkTypes[interface]) }
                return try whole(packet.bytes, Int(packet.length))
            case .counts, .other: break
            }
        }
        throw missing(number, of: count)
    }

    private static func next(_ reader: inout PcapngReader) throws(Failure) -> PcapngReader.Block? {
        do throws(PcapngReader.FormatError) {
            return try reader.next()
        } catch {
            throw Failure(description: "the file is \(error)")
        }
    }

    private static func check(linkType: Int) throws(Failure) {
        guard linkType == ethernet else {
            throw Failure(description: "the capture has no Ethernet frames, but such of link type \(linkType)")
        }
    }

    private static func whole(_ bytes: [UInt8], _ length: Int) throws(Failure) -> [UInt8] {
        guard bytes.count == length else {
            throw Failure(
                description: "the packet was cut when it was captured: \(bytes.count) of \(length) bytes are there")
        }
        return bytes
    }

    private static func missing(_ number: Int, of count: Int) -> Failure {
        Failure(description: "there is no packet \(number): the capture has \(count)")
    }
}
