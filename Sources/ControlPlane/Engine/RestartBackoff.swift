/// When a dead engine is replaced: at once, but ever later while engines die soon after their start.
struct RestartBackoff {
    /// An engine that lived this long died of something new.
    static let healthy: Duration = .seconds(5)
    /// The longest wait.
    static let longest: Duration = .seconds(2)

    private var lastStart: ContinuousClock.Instant?
    private var quickDeaths = 0

    /// An engine is started now.
    mutating func started(at now: ContinuousClock.Instant) {
        lastStart = now
    }

    /// How long to wait before the next start, after a death now.
    mutating func delay(after now: ContinuousClock.Instant) -> Duration {
        guard let lastStart, now - lastStart < Self.healthy else {
            quickDeaths = 0
            return .zero
        }
        quickDeaths += 1
        if quickDeaths <= 3 { return .zero }
        return min(Self.longest, .milliseconds(50) * (1 << min(quickDeaths - 4, 6)))
    }
}
