import Addresses

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

    /// The family's number (4 or 6) and the octets in the order of the wire.
    mutating func write(_ address: IPAddress) {
        write(address.family.rawValue)
        write(raw: address.octets)
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

    mutating func readAddress() throws(MessageError) -> IPAddress {
        let count: Int
        switch try read(UInt8.self) {
        case 4: count = 4
        case 6: count = 16
        default: throw .badField
        }
        guard let address = IPAddress(octets: try readRaw(count)) else { throw .badField }
        return address
    }

    mutating func readMAC() throws(MessageError) -> MACAddress {
        let value = try read(UInt64.self)
        guard value >> 48 == 0 else { throw .badField }
        return MACAddress(value: value)
    }

    func finish() throws(MessageError) {
        guard remaining == 0 else { throw .trailingBytes }
    }
}
