/// The first 12 bytes of every message between daemon and engine: magic (4), version (1), type (1), zero (2),
/// sequence (4). Little endian; daemon and engine are always on one machine, but may be of different versions.
struct MessageHeader {
    static let magic: UInt32 = 0x4C44_4548  // "HEDL"
    static let version: UInt8 = 6
    static let size = 12

    var type: UInt8
    var sequence: UInt32

    init(type: UInt8, sequence: UInt32) {
        self.type = type
        self.sequence = sequence
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        guard try reader.read(UInt32.self) == Self.magic, try reader.read(UInt8.self) == Self.version else {
            throw .notAMessage
        }
        type = try reader.read()
        guard try reader.read(UInt16.self) == 0 else { throw .badField }
        sequence = try reader.read()
    }

    func write(to writer: inout ByteWriter) {
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(type)
        writer.write(UInt16(0))
        writer.write(sequence)
    }
}

/// Bounds of one message.
public enum MessageLimits {
    /// Longest message in bytes: the longest filter of a capture fits (4,096 instructions of 8 bytes), and an injected frame.
    public static let maximumBytes = 36_864
    /// Longest frame that can be injected, in bytes.
    public static let maximumFrame = 9_216
}
