/// The Internet checksum (RFC 1071) and its incremental change (RFC 1624).
///
/// A sum is kept as it stands in memory, without regard to the machine's byte order: one's complement addition
/// doesn't mind as long as everything starts at an even offset of the summed range.
public enum Checksum {
    /// One's complement sum of `count` bytes, folded to 16 bits but not complemented, in memory order.
    ///
    /// - Parameters:
    ///   - bytes: any alignment; `count` of them must be readable.
    ///   - count: an odd last byte is padded with zero. Not above 2^32.
    ///   - initial: a sum in memory order to go on from.
    @_noAllocation @_noLocks
    public static func sum(_ bytes: UnsafeRawPointer, count: Int, initial: UInt16 = 0) -> UInt16 {
        var low = SIMD4<UInt64>(repeating: 0)
        var high = SIMD4<UInt64>(repeating: 0)
        let mask = SIMD4<UInt64>(repeating: 0xFFFF_FFFF)
        var offset = 0
        // Each lane takes at most 2^32 − 1 for every 64 bytes and half: 2^32 bytes cannot overflow it.
        while count &- offset >= 64 {
            let first = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            let second = bytes.loadUnaligned(fromByteOffset: offset &+ 32, as: SIMD4<UInt64>.self)
            low = low &+ (first & mask)
            high = high &+ (first &>> 32)
            low = low &+ (second & mask)
            high = high &+ (second &>> 32)
            offset &+= 64
        }
        var total = UInt64(initial)
        let lanes = low &+ high
        for lane in 0..<4 {
            total = add(total, lanes[lane])
        }
        while count &- offset >= 8 {
            total = add(total, bytes.native64(at: offset))
            offset &+= 8
        }
        if count &- offset >= 4 {
            total = add(total, UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            offset &+= 4
        }
        if count &- offset >= 2 {
            total = add(total, UInt64(bytes.native16(at: offset)))
            offset &+= 2
        }
        if count &- offset >= 1 {
            // The missing second byte is zero.
            total = add(total, UInt64(UInt16(bytes.byte(at: offset)).littleEndian))
        }
        return fold(total)
    }

    /// Adds with the carry brought round.
    @inline(__always) @_noAllocation @_noLocks
    private static func add(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return sum &+ (overflow ? 1 : 0)
    }

    /// Folds 64 bits to 16, carries brought round.
    @inline(__always) @_noAllocation @_noLocks
    package static func fold(_ total: UInt64) -> UInt16 {
        var folded = (total & 0xFFFF_FFFF) &+ (total &>> 32)
        folded = (folded & 0xFFFF) &+ ((folded &>> 16) & 0xFFFF) &+ (folded &>> 32)
        folded = (folded & 0xFFFF) &+ (folded &>> 16)
        folded = (folded & 0xFFFF) &+ (folded &>> 16)
        return UInt16(truncatingIfNeeded: folded)
    }

    /// One's complement sum of two 16-bit sums.
    @inline(__always) @_noAllocation @_noLocks
    package static func combine(_ left: UInt16, _ right: UInt16) -> UInt16 {
        fold(UInt64(left) &+ UInt64(right))
    }

    /// The sum of an IPv4 pseudo-header (RFC 793), in memory order, not complemented.
    ///
    /// - Parameters:
    ///   - source: in host order.
    ///   - destination: in host order.
    ///   - protocol: the IP protocol number.
    ///   - length: bytes of transport header and payload.
    @_noAllocation @_noLocks
    public static func pseudoHeader(
        source: UInt32, destination: UInt32, protocol number: UInt8, length: UInt32
    ) -> UInt16 {
        let total = UInt64(source) &+ UInt64(destination) &+ UInt64(number) &+ UInt64(length)
        return fold(total).bigEndian
    }

    /// The sum of an IPv6 pseudo-header (RFC 8200, 8.1), in memory order, not complemented.
    ///
    /// - Parameters:
    ///   - addresses: source and destination as they stand in the header: 32 bytes.
    ///   - protocol: the transport's number.
    ///   - length: bytes of transport header and payload.
    @_noAllocation @_noLocks
    public static func pseudoHeader(
        addresses: UnsafeRawPointer, protocol number: UInt8, length: UInt32
    ) -> UInt16 {
        sum(addresses, count: 32, initial: fold(UInt64(number) &+ UInt64(length)).bigEndian)
    }
}
