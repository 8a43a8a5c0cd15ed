import Glibc

/// The normal distribution as 4,096 equally likely values, as netem's table has them: one draw and one look for each
/// packet. The farthest are 3.7 standard deviations from the mean.
struct NormalTable: ~Copyable {
    /// Values; a power of two.
    private static var count: Int { @_noAllocation @_noLocks get { 4_096 } }
    /// One standard deviation.
    private static var one: Int64 { @_noAllocation @_noLocks get { 1 << 16 } }

    private let values: UnsafeMutablePointer<Int32>

    /// Computes the table.
    init() {
        values = .allocate(capacity: Self.count)
        for index in 0..<Self.count {
            let quantile = Self.quantile((Double(index) + 0.5) / Double(Self.count))
            values[index] = Int32((quantile * Double(Self.one)).rounded())
        }
    }

    deinit {
        values.deallocate()
    }

    /// How far from the mean a random number is, for a standard deviation of at most 2^40.
    @_noAllocation @_noLocks @inline(__always)
    func value(_ random: UInt64, deviation: Int64) -> Int64 {
        // 52 of 64 bits are shifted out: below `count`.
        Int64(values[Int(truncatingIfNeeded: random &>> 52)]) &* deviation / Self.one
    }

    /// Where the distribution function has a value, by halving an interval: exact to far below what a table keeps.
    private static func quantile(_ probability: Double) -> Double {
        var low = -8.0
        var high = 8.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
