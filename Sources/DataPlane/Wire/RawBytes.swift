/// Loads and stores at any alignment. Nothing here checks bounds: every caller holds a length guard that covers
/// the offset, and says so.
extension UnsafeRawPointer {
    /// The 16-bit number in network byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func bigEndian16(at offset: Int) -> UInt16 {
        UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The 32-bit number in network byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The 64-bit number in network byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func bigEndian64(at offset: Int) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The 48-bit number in network byte order at `offset`, read as two loads so that no byte behind it is touched.
    @inline(__always) @_noAllocation @_noLocks
    package func bigEndian48(at offset: Int) -> UInt64 {
        UInt64(bigEndian32(at: offset)) &<< 16 | UInt64(bigEndian16(at: offset &+ 4))
    }

    /// The byte at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func byte(at offset: Int) -> UInt8 {
        loadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }

    /// The 16-bit number in the machine's byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func native16(at offset: Int) -> UInt16 {
        loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    }

    /// The 32-bit number in the machine's byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func native32(at offset: Int) -> UInt32 {
        loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    /// The 64-bit number in the machine's byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func native64(at offset: Int) -> UInt64 {
        loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}

extension UnsafeMutableRawPointer {
    /// Writes a 16-bit number in network byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeBigEndian16(_ value: UInt16, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Writes a 32-bit number in network byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeBigEndian32(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Writes the low 48 bits of a number in network byte order at `offset`, and no byte behind them.
    @inline(__always) @_noAllocation @_noLocks
    package func storeBigEndian48(_ value: UInt64, at offset: Int) {
        storeBigEndian32(UInt32(truncatingIfNeeded: value &>> 16), at: offset)
        storeBigEndian16(UInt16(truncatingIfNeeded: value), at: offset &+ 4)
    }

    /// Writes a 64-bit number in network byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeBigEndian64(_ value: UInt64, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
    }

    /// Writes a 16-bit number in the machine's byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeNative16(_ value: UInt16, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt16.self)
    }

    /// Writes a 32-bit number in the machine's byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeNative32(_ value: UInt32, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
    }

    /// Writes a 64-bit number in the machine's byte order at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeNative64(_ value: UInt64, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
    }

    /// Writes a byte at `offset`.
    @inline(__always) @_noAllocation @_noLocks
    package func storeByte(_ value: UInt8, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }
}
