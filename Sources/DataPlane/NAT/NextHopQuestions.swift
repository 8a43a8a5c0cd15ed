/// Which neighbours have been asked for within the last second. Bounded: whoever scans a link with more addresses than
/// there are places here has most of its questions dropped, which costs nobody an answer for longer than the scan.
struct NextHopQuestions: ~Copyable {
    private static var ways: Int { @_noAllocation @_noLocks get { 4 } }
    private static var sets: Int { @_noAllocation @_noLocks get { 256 } }
    /// Milliseconds until the same question may be asked again.
    private static var pause: UInt32 { @_noAllocation @_noLocks get { 1_000 } }

    private struct Question {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var askedAt: UInt32 = 0
        var uplink: UInt16 = 0
        var isUsed = false
    }

    private let questions: UnsafeMutablePointer<Question>

    init() {
        questions = .allocate(capacity: Self.ways * Self.sets)
        questions.initialize(repeating: Question(), count: Self.ways * Self.sets)
    }

    deinit {
        questions.deallocate()
    }

    /// Whether to ask now; if so, it counts as asked.
    @_noAllocation @_noLocks
    mutating func shouldAsk(_ uplink: UInt16, _ high: UInt64, _ low: UInt64, hash: UInt64, now: UInt32) -> Bool {
        // Upper bits: the lower ones choose the neighbour's place.
        let first = Int(truncatingIfNeeded: hash &>> 48) & (Self.sets &- 1) &* Self.ways
        var free = -1
        for place in first..<first &+ Self.ways {
            let question = questions[place]
            let isOver = !question.isUsed || now &- question.askedAt >= Self.pause
            if question.isUsed, question.low == low, question.high == high, question.uplink == uplink {
                if isOver { questions[place].askedAt = now }
                return isOver
            }
            if isOver { free = place }
        }
        guard free >= 0 else { return false }
        questions[free].high = high
        questions[free].low = low
        questions[free].askedAt = now
        questions[free].uplink = uplink
        questions[free].isUsed = true
        return true
    }
}
