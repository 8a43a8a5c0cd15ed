/// The rate: a wire that takes one packet after the other, and a queue in front of it. No packet is moved: when one will
/// have passed is known as soon as it comes.
struct ImpairmentLink {
    /// When all that was taken has passed, in nanoseconds.
    private(set) var freeAt: Int64 = .min
    /// What is left of a nanosecond, in parts of 1/rate: rounding adds up to nothing.
    private var remainder: UInt64 = 0

    @_noAllocation @_noLocks @inline(__always)
    init() {}

    /// One that has taken what will have passed at that time.
    init(freeAt: Int64) { self.freeAt = freeAt }

    /// Takes a packet. nil: the queue is full.
    ///
    /// - Parameters:
    ///   - length: bytes of the frame.
    ///   - rate: bits a second; 0: everything passes at once, or with the last of what was taken at another rate.
    ///   - queue: nanoseconds that all that waits may need. A packet that finds nothing before it always passes.
    /// - Returns: when it will have passed.
    @_noAllocation @_noLocks @inline(__always)
    mutating func take(length: Int, now: Int64, rate: UInt64, queue: Int64) -> Int64? {
        guard rate > 0 else { return max(now, freeAt) }
        let isIdle = freeAt <= now
        if isIdle { remainder = 0 }
        // At most 2^17 bytes: far below 2^64.
        let work = UInt64(truncatingIfNeeded: length &* 8) &* 1_000_000_000 &+ remainder
        let passing = Int64(truncatingIfNeeded: work / rate)
        let start = isIdle ? now : freeAt
        guard isIdle || start &- now &+ passing <= queue else { return nil }
        remainder = work % rate
        freeAt = start &+ passing
        return freeAt
    }

    /// Forgets what waits.
    mutating func reset() {
        self = ImpairmentLink()
    }
}
