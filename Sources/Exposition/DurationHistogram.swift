/// How long things took: counts below fixed bounds, and the sum. A value; whoever shares it locks it.
public struct DurationHistogram: Hashable, Sendable {
    /// Upper bounds, inclusive; above the last one only the total counts.
    public static let bounds: [Duration] = [
        .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2_500),
        .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
        .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2_500), .seconds(5), .seconds(10),
    ]

    /// Durations up to each bound and above the one before it.
    private(set) var counts: [UInt64]
    /// All of them.
    public private(set) var count: UInt64 = 0
    /// All of them together.
    public private(set) var sum: Duration = .zero

    /// Nothing measured.
    public init() {
        counts = Array(repeating: 0, count: Self.bounds.count)
    }

    /// Takes a duration in. What is below zero counts as zero.
    public mutating func record(_ duration: Duration) {
        let duration = max(duration, .zero)
        if let place = Self.bounds.firstIndex(where: { duration <= $0 }) { counts[place] += 1 }
        count += 1
        sum += duration
    }

    /// Takes in what another one measured.
    public mutating func merge(_ other: DurationHistogram) {
        for place in counts.indices { counts[place] += other.counts[place] }
        count += other.count
        sum += other.sum
    }
}

extension Duration {
    /// As a number of seconds.
    public var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
