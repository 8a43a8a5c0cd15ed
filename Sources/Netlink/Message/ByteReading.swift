extension UnsafeRawBufferPointer {
    /// The number in host order at `offset`, at any alignment; throws if the buffer ends before.
    func number<Number: FixedWidthInteger>(
        at offset: Int, as type: Number.Type = Number.self, of part: StaticString
    ) throws(NetlinkFormatError) -> Number {
        // `offset` comes from our code and is small, so that the sum can't overflow.
        guard offset >= 0, offset + MemoryLayout<Number>.size <= count else {
            throw NetlinkFormatError("\(part) is cut off: \(count) bytes")
        }
        return loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// The bytes from `offset` on; throws if the buffer ends before.
    func rest(from offset: Int, of part: StaticString) throws(NetlinkFormatError) -> UnsafeRawBufferPointer {
        guard offset <= count else { throw NetlinkFormatError("\(part) is cut off: \(count) bytes") }
        return UnsafeRawBufferPointer(rebasing: self[offset...])
    }
}
