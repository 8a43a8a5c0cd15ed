/// How many questions for names one port may still ask: a bucket of tokens that fills with time. Four bytes.
struct QuestionBucket {
    /// Questions that may come at once.
    static var capacity: UInt32 { @_noAllocation @_noLocks get { 2_000 } }
    /// Questions a millisecond that may come for ever: more than one that asks again as soon as it has an answer (60 µs)
    /// makes.
    static var rate: UInt32 { @_noAllocation @_noLocks get { 20 } }

    private var tokens: UInt32 = 0
    /// Milliseconds.
    private var filledAt: UInt32 = 0

    init() {}

    /// Takes tokens; false if there aren't enough.
    @inline(__always) @_noAllocation @_noLocks
    mutating func take(_ count: UInt32, now: UInt32) -> Bool {
        // A port that never asked has a bucket that was filled long ago, whatever the clock says.
        let elapsed = now &- filledAt
        if elapsed >= Self.capacity / Self.rate {
            tokens = Self.capacity
        } else {
            let filled = tokens &+ elapsed &* Self.rate
            tokens = filled < Self.capacity ? filled : Self.capacity
        }
        filledAt = now
        if tokens < count { return false }
        tokens &-= count
        return true
    }
}
