/// A histogram of durations with a fixed relative error, after the manner of HDR histograms: 128 steps for each power
/// of two, so that a value read back is at most 1 % above what was recorded. Nanoseconds from 0 to about 18 minutes;
/// what is longer counts as that. Recording allocates nothing.
package struct LatencyHistogram: Sendable, Hashable {
    /// Steps for each power of two, as a power of two.
    private static let stepBits = 7
    private static let steps = 1 << stepBits
    /// Durations from 2^40 ns on are recorded as the last value below.
    private static let limit: UInt64 = 1 << 40
    private static let bucketCount = (40 - stepBits + 1) * steps

    private var counts = [UInt64](repeating: 0, count: LatencyHistogram.bucketCount)
    /// How many durations were recorded.
    package private(set) var count: UInt64 = 0
    /// The shortest duration, exact; 0 if there is none.
    package private(set) var minimum: UInt64 = 0
    /// The longest duration, exact.
    package private(set) var maximum: UInt64 = 0
    private var sum: UInt64 = 0

    /// Makes an empty histogram.
    package init() {}

    /// Adds one duration in nanoseconds.
    package mutating func record(_ nanoseconds: UInt64) {
        let value = min(nanoseconds, Self.limit - 1)
        counts[Self.bucket(of: value)] += 1
        minimum = count == 0 ? value : min(minimum, value)
        maximum = max(maximum, value)
        count += 1
        sum &+= value
    }

    /// Adds all that another histogram recorded.
    package mutating func merge(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        for index in counts.indices { counts[index] += other.counts[index] }
        minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        count += other.count
        sum &+= other.sum
    }

    /// The arithmetic mean in nanoseconds, exact; 0 if nothing was recorded.
    package var mean: Double {
        count == 0 ? 0 : Double(sum) / Double(count)
    }

    /// The duration in nanoseconds that a fraction (0…1) of what was recorded does not exceed; 0 if there is nothing.
    package func percentile(_ fraction: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((min(max(fraction, 0), 1) * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, bucket) in counts.enumerated() where bucket > 0 {
            seen += bucket
            // The bucket's upper end, since all that is known is that the duration lies in it.
            if seen >= rank { return min(max(Self.upperEnd(of: index), minimum), maximum) }
        }
        return maximum
    }

    /// How many durations were at most so long, as a fraction of all; for tests and curves.
    package func fraction(upTo nanoseconds: UInt64) -> Double {
        guard count > 0 else { return 0 }
        let last = Self.bucket(of: min(nanoseconds, Self.limit - 1))
        return Double(counts[...last].reduce(0, +)) / Double(count)
    }

    /// Values below 2 × steps have a bucket each; above, the leading `stepBits + 1` bits pick it.
    private static func bucket(of value: UInt64) -> Int {
        let magnitude = UInt64.bitWidth - value.leadingZeroBitCount
        let shift = max(0, magnitude - stepBits - 1)
        return shift * steps + Int(value >> UInt64(shift))
    }

    private static func upperEnd(of bucket: Int) -> UInt64 {
        guard bucket >= 2 * steps else { return UInt64(bucket) }
        let shift = bucket / steps - 1
        let lead = UInt64(bucket - shift * steps)
        return ((lead + 1) << UInt64(shift)) - 1
    }
}
