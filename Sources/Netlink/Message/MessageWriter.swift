import SystemPackage

/// Writes one netlink message into a buffer of its own, which grows as needed.
///
/// Numbers are written in host order, as netlink has them; where a protocol wants network order, the caller writes
/// octets.
struct MessageWriter: ~Copyable {
    // Invariant: `count <= capacity`, and `storage` points to `capacity` bytes that this value owns.
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private var count: Int
    /// Why the message must not be sent: `.messageTooLong` if an attribute is longer than its length can say,
    /// `.invalidArgument` for text with a zero byte, which the kernel would cut off there.
    private(set) var defect: Errno?

    /// Begins a message of one type. Its length is written by `withBytes`.
    init(type: UInt16, flags: UInt16, sequence: UInt32) {
        capacity = 512
        storage = .allocate(byteCount: capacity, alignment: 16)
        count = 0
        append(UInt32(0))
        append(type)
        append(flags)
        append(sequence)
        append(UInt32(0))  // the kernel knows the sender
    }

    deinit {
        storage.deallocate()
    }

    /// Hands out the finished message; the bytes are valid within `body` only.
    mutating func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        store(UInt32(truncatingIfNeeded: count), at: 0)
        return try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// Appends a number in host order.
    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        reserve(MemoryLayout<Number>.size)
        store(number, at: count)
        count += MemoryLayout<Number>.size
    }

    /// Appends octets as they are.
    mutating func append(octets: some Collection<UInt8>) {
        for octet in octets {
            append(octet)
        }
    }

    /// Appends zero bytes up to the next multiple of four.
    mutating func pad() {
        while count & 3 != 0 {
            append(UInt8(0))
        }
    }

    /// Appends an attribute that holds a number in host order.
    mutating func attribute<Number: FixedWidthInteger>(_ type: UInt16, _ number: Number) {
        append(UInt16(truncatingIfNeeded: WireFormat.attributeHeaderSize + MemoryLayout<Number>.size))
        append(type)
        append(number)
        pad()
    }

    /// Appends an attribute that holds octets as they are.
    mutating func attribute(_ type: UInt16, octets: some Collection<UInt8>) {
        append(length(WireFormat.attributeHeaderSize + octets.count))
        append(type)
        append(octets: octets)
        pad()
    }

    /// Appends an attribute that holds text and the zero byte that the kernel wants behind it.
    mutating func attribute(_ type: UInt16, text: String) {
        if text.utf8.contains(0) { defect = .invalidArgument }
        append(length(WireFormat.attributeHeaderSize + text.utf8.count + 1))
        append(type)
        append(octets: text.utf8)
        append(UInt8(0))
        pad()
    }

    /// Appends an attribute that holds whatever `body` appends. `marked` sets NLA_F_NESTED, which newer parts of the
    /// kernel demand and older ones ignore.
    mutating func nested(_ type: UInt16, marked: Bool = true, _ body: (inout MessageWriter) -> Void) {
        let start = count
        append(UInt16(0))
        append(marked ? type | WireFormat.nested : type)
        body(&self)
        store(length(count - start), at: start)
        pad()
    }

    private mutating func length(_ bytes: Int) -> UInt16 {
        if bytes > UInt16.max { defect = .messageTooLong }
        return UInt16(truncatingIfNeeded: bytes)
    }

    private func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        // In bounds: callers have reserved the bytes or appended them before.
        storage.storeBytes(of: number, toByteOffset: offset, as: Number.self)
    }

    private mutating func reserve(_ bytes: Int) {
        guard count + bytes > capacity else { return }
        let larger = max(capacity * 2, count + bytes)
        let replacement = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        // Both hold at least `count` bytes and don't overlap.
        replacement.copyMemory(from: storage, byteCount: count)
        storage.deallocate()
        storage = replacement
        capacity = larger
    }
}
