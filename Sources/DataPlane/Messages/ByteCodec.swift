/// Why bytes are not a message.
public enum MessageError: Error, Sendable, Hashable {
    /// Fewer bytes than the message needs.
    case truncated
    /// More bytes than the message has.
    case trailingBytes
    /// Not a message of Heddle's, or of another version.
    case notAMessage
    /// A type that this version doesn't know.
    case unknownType(UInt8)
    /// A field with a value that it can't have.
    case badField
}

/// Appends numbers in little-endian order.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    mutating func write(raw more: [UInt8]) {
        bytes.append(contentsOf: more)
    }
}

/// Takes numbers in little-endian order off a buffer; never reads past its end.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.count - offset }

    mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(MessageError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw .truncated }
        // The guard above keeps the load inside the buffer.
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
        offset += MemoryLayout<T>.size
        return T(littleEndian: value)
    }

    mutating func readFlag() throws(MessageError) -> Bool {
        switch try read(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .badField
        }
    }

    mutating func readRaw(_ count: Int) throws(MessageError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { offset += count }
        return Array(bytes[offset..<(offset + count)])
    }

    func finish() throws(MessageError) {
        guard remaining == 0 else { throw .trailingBytes }
    }
}
