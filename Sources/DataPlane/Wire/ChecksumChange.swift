/// What a one's complement sum changes by when words at even offsets change (RFC 1624, equation 3), gathered so that
/// several changes are applied at once. All in host order.
struct ChecksumChange {
    private var total: UInt64 = 0

    @inline(__always) @_noAllocation @_noLocks
    init() {}

    /// A word changed.
    @inline(__always) @_noAllocation @_noLocks
    mutating func replace(_ old: UInt16, by new: UInt16) {
        total &+= UInt64(~old) &+ UInt64(new)
    }

    /// Two words changed.
    @inline(__always) @_noAllocation @_noLocks
    mutating func replace(_ old: UInt32, by new: UInt32) {
        total &+= UInt64(~old) &+ UInt64(new)
    }

    /// Four words changed.
    @inline(__always) @_noAllocation @_noLocks
    mutating func replace(_ old: UInt64, by new: UInt64) {
        replace(UInt32(truncatingIfNeeded: old &>> 32), by: UInt32(truncatingIfNeeded: new &>> 32))
        replace(UInt32(truncatingIfNeeded: old), by: UInt32(truncatingIfNeeded: new))
    }

    /// What changed elsewhere changed here too. A few dozen changes are far from an overflow.
    @inline(__always) @_noAllocation @_noLocks
    mutating func add(_ other: ChecksumChange) {
        total &+= other.total
    }

    /// A checksum after the changes.
    @inline(__always) @_noAllocation @_noLocks
    func applied(to checksum: UInt16) -> UInt16 {
        ~Checksum.fold(UInt64(~checksum) &+ total)
    }

    /// A partial checksum, the pseudo-header's plain sum, after the changes.
    @inline(__always) @_noAllocation @_noLocks
    func applied(toPartial sum: UInt16) -> UInt16 {
        Checksum.fold(UInt64(sum) &+ total)
    }
}
