/// A hash of addresses with a random key for each table, so that no stranger can choose addresses that meet in one
/// place.
struct KeyedHash {
    private let first: UInt64
    private let second: UInt64

    /// A key of its own.
    init() {
        first = UInt64.random(in: 0 ... .max)
        second = UInt64.random(in: 0 ... .max)
    }

    /// 64 bits of which any are as good as any others.
    @inline(__always) @_noAllocation @_noLocks
    func of(_ high: UInt64, _ low: UInt64, _ extra: UInt64 = 0) -> UInt64 {
        // The factors are odd: no half of the address is lost.
        let upper = Self.mix(high ^ first, (extra &* 0x9E37_79B9_7F4A_7C15 ^ second) | 1)
        return Self.mix(low ^ upper ^ second, (upper &+ first) | 1) ^ Self.mix(upper, 0xA076_1D64_78BD_642F)
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
