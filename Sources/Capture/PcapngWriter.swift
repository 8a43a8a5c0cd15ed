/// Writes pcapng (draft-ietf-opsawg-pcapng), little-endian: one section, an interface for each port, frames with what
/// became of them. A value: bytes are handed out as they come.
public struct PcapngWriter: Sendable {
    /// An interface as Wireshark names it.
    public struct Interface: Sendable, Hashable {
        /// if_name.
        public var name: String
        /// if_description; empty: none.
        public var description: String
        /// if_filter, as libpcap was given it; empty: none.
        public var filter: String
        /// Most bytes of a frame; 0: all.
        public var snapLength: UInt32

        /// Makes an interface.
        public init(name: String, description: String = "", filter: String = "", snapLength: UInt32 = 0) {
            self.name = name
            self.description = description
            self.filter = filter
            self.snapLength = snapLength
        }
    }

    /// Which way a frame went, seen from the switch (epb_flags, bits 0 and 1).
    public enum Direction: UInt32, Sendable {
        /// From the sandbox into the switch.
        case `in` = 1
        /// Out of the switch to the sandbox.
        case out = 2
    }

    /// A frame.
    public struct Packet: Sendable, Hashable {
        /// Of the interfaces in the order in which they were written.
        public var interface: UInt32
        /// Nanoseconds since 1970.
        public var time: UInt64
        /// On its way.
        public var length: UInt32
        /// Its first bytes.
        public var bytes: [UInt8]
        /// See `Direction`.
        public var direction: Direction?
        /// opt_comment; empty: none.
        public var comment: String
        /// epb_packetid: the same where the same frame is seen at several interfaces; 0: none.
        public var number: UInt64
        /// epb_dropcount: frames that were lost just before this one; 0: none.
        public var lostBefore: UInt64

        /// Makes a packet.
        public init(
            interface: UInt32, time: UInt64, length: UInt32, bytes: [UInt8], direction: Direction? = nil,
            comment: String = "", number: UInt64 = 0, lostBefore: UInt64 = 0
        ) {
            self.interface = interface
            self.time = time
            self.length = length
            self.bytes = bytes
            self.direction = direction
            self.comment = comment
            self.number = number
            self.lostBefore = lostBefore
        }
    }

    /// What was counted of an interface (an interface statistics block).
    public struct Counts: Sendable, Hashable {
        /// Of the interfaces in the order in which they were written.
        public var interface: UInt32
        /// When it was counted, in nanoseconds since 1970.
        public var time: UInt64
        /// isb_ifrecv: frames that were captured.
        public var received: UInt64
        /// isb_ifdrop: frames that would have been, and were lost.
        public var lost: UInt64
        /// opt_comment; empty: none.
        public var comment: String

        /// Makes counts.
        public init(interface: UInt32, time: UInt64, received: UInt64, lost: UInt64, comment: String = "") {
            self.comment = comment
            self.interface = interface
            self.time = time
            self.received = received
            self.lost = lost
        }
    }

    /// What was written and not taken yet.
    public private(set) var bytes: [UInt8] = []

    /// Begins with nothing.
    public init() {}

    /// Takes what was written.
    public mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// The section's header (4.1): the first block. `application` goes into shb_userappl.
    public mutating func writeSection(application: String) {
        block(0x0A0D_0D0A) { writer in
            writer.append(UInt32(0x1A2B_3C4D))
            writer.append(UInt16(1))
            writer.append(UInt16(0))
            // The section's length: not known.
            writer.append(UInt64.max)
            writer.option(4, text: application)
            writer.endOfOptions()
        }
    }

    /// An interface (4.2), Ethernet, with times in nanoseconds.
    public mutating func write(_ interface: Interface) {
        block(1) { writer in
            // LINKTYPE_ETHERNET.
            writer.append(UInt16(1))
            writer.append(UInt16(0))
            writer.append(interface.snapLength)
            writer.option(2, text: interface.name)
            if !interface.description.isEmpty { writer.option(3, text: interface.description) }
            // if_tsresol: 10^-9.
            writer.option(9, [9])
            // if_filter: its first byte says that a libpcap string follows.
            if !interface.filter.isEmpty { writer.option(11, [0] + Self.cut(interface.filter, bytes: 0xFFF0)) }
            writer.endOfOptions()
        }
    }

    /// A frame (4.3).
    public mutating func write(_ packet: Packet) {
        block(6) { writer in
            writer.append(packet.interface)
            writer.append(UInt32(truncatingIfNeeded: packet.time >> 32))
            writer.append(UInt32(truncatingIfNeeded: packet.time))
            writer.append(UInt32(truncatingIfNeeded: packet.bytes.count))
            writer.append(packet.length)
            writer.bytes += packet.bytes
            writer.pad()
            if !packet.comment.isEmpty { writer.option(1, text: packet.comment) }
            if let direction = packet.direction {
                writer.option(2, Self.octets(direction.rawValue | Self.reception(packet.bytes) << 2))
            }
            if packet.lostBefore > 0 { writer.option(4, Self.octets(packet.lostBefore)) }
            if packet.number > 0 { writer.option(5, Self.octets(packet.number)) }
            writer.endOfOptions()
        }
    }

    /// What was counted (4.6).
    public mutating func write(_ counts: Counts) {
        block(5) { writer in
            writer.append(counts.interface)
            writer.append(UInt32(truncatingIfNeeded: counts.time >> 32))
            writer.append(UInt32(truncatingIfNeeded: counts.time))
            if !counts.comment.isEmpty { writer.option(1, text: counts.comment) }
            writer.option(4, Self.octets(counts.received))
            writer.option(5, Self.octets(counts.lost))
            writer.endOfOptions()
        }
    }

    /// epb_flags, bits 2 to 4: to one station, to a group, to all; 0 where the address wasn't captured.
    private static func reception(_ bytes: [UInt8]) -> UInt32 {
        guard bytes.count >= 6 else { return 0 }
        if bytes[0] & 1 == 0 { return 1 }
        return bytes[..<6].allSatisfy { $0 == 0xFF } ? 3 : 2
    }
}

extension PcapngWriter {
    private mutating func block(_ type: UInt32, _ body: (inout PcapngWriter) -> Void) {
        let start = bytes.count
        append(type)
        append(UInt32(0))
        body(&self)
        // A block's length stands at its beginning and at its end.
        let length = UInt32(truncatingIfNeeded: bytes.count - start + 4)
        append(length)
        for (index, octet) in Self.octets(length).enumerated() { bytes[start + 4 + index] = octet }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        bytes += Self.octets(number)
    }

    private static func octets<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private mutating func option(_ code: UInt16, text: String) {
        option(code, Self.cut(text, bytes: 0xFFF0))
    }

    private mutating func option(_ code: UInt16, _ value: [UInt8]) {
        append(code)
        append(UInt16(truncatingIfNeeded: value.count))
        bytes += value
        pad()
    }

    private mutating func endOfOptions() {
        append(UInt32(0))
    }

    /// To the next multiple of four: blocks are such, and so is where they begin.
    private mutating func pad() {
        while bytes.count & 3 != 0 { bytes.append(0) }
    }

    /// At most so many bytes of a text, without a part of a character at the end.
    private static func cut(_ text: String, bytes limit: Int) -> [UInt8] {
        let all = Array(text.utf8)
        if all.count <= limit { return all }
        var end = limit
        while end > 0, all[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(all[..<end])
    }
}
