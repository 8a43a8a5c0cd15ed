/// A point in time by which something has to be done.
public struct Deadline: Sendable, Hashable {
    private let instant: ContinuousClock.Instant

    /// The point that lies `duration` after now.
    public static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: .now + duration)
    }

    /// Whether it is past.
    public var hasPassed: Bool { instant <= .now }

    /// Whole milliseconds from now, rounded up so that waiting this long gets past it; 0 once it is past.
    public var remainingMilliseconds: Int32 {
        let (seconds, attoseconds) = ContinuousClock.Instant.now.duration(to: instant).components
        // A day is more than any caller waits, and keeps the product in range.
        guard seconds < 86_400 else { return 86_400_000 }
        guard seconds > 0 || (seconds == 0 && attoseconds > 0) else { return 0 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
