/// What parts of a datagram have been seen: a bit for each 8 bytes, so that fragments in any order and number are told
/// from overlapping ones.
struct FragmentCover {
    /// Units of 8 bytes in the longest datagram.
    static var units: Int { @_noAllocation @_noLocks get { 8_192 } }
    /// Words of bits.
    static var words: Int { @_noAllocation @_noLocks get { 128 } }

    private let bits: UnsafeMutablePointer<UInt64>

    /// - Parameter bits: `words` of them.
    @inline(__always) @_noAllocation @_noLocks
    init(_ bits: UnsafeMutablePointer<UInt64>) {
        self.bits = bits
    }

    /// Forgets what has been seen before a unit.
    @inline(__always) @_noAllocation @_noLocks
    func clear(before end: Int) {
        let last = (end &+ 63) &>> 6
        var word = 0
        while word < last, word < Self.words {
            bits[word] = 0
            word &+= 1
        }
    }

    /// Whether some of a part has been seen; see `add`.
    @_noAllocation @_noLocks
    func overlaps(first: Int, end: Int) -> Bool {
        var unit = first
        while unit < end {
            if bits[unit &>> 6] &>> UInt64(truncatingIfNeeded: unit & 63) & 1 != 0 { return true }
            unit &+= 1
        }
        return false
    }

    /// Adds a part; false if some of it has been seen already, and what is added then doesn't matter. The caller holds
    /// first ≤ end ≤ `units`.
    @inline(__always) @_noAllocation @_noLocks
    func add(first: Int, end: Int) -> Bool {
        var unit = first
        while unit < end {
            let word = unit &>> 6
            let start = unit & 63
            let left = end &- unit
            let count = left < 64 &- start ? left : 64 &- start
            let mask =
                (count == 64 ? UInt64.max : (1 &<< UInt64(truncatingIfNeeded: count)) &- 1)
                &<< UInt64(truncatingIfNeeded: start)
            if bits[word] & mask != 0 { return false }
            bits[word] |= mask
            unit &+= count
        }
        return true
    }
}
