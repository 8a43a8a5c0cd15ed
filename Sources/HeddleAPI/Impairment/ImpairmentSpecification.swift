/// An `Impairment` as numbers: read and checked as a whole, without a daemon.
public struct ImpairmentSpecification: Sendable, Hashable {
    /// Which packets are lost.
    public enum Loss: Sendable, Hashable {
        /// None.
        case none
        /// Each by itself, with this probability.
        case independent(Double)
        /// Two states: good, which ends with the probability `p`, and bad, which ends with `r`. In them packets are lost
        /// with the probabilities `good` (1-k) and `bad` (1-h).
        case gilbertElliott(p: Double, r: Double, bad: Double, good: Double)
    }

    /// How much may wait for the rate.
    public enum Queue: Sendable, Hashable {
        /// So many bytes of frames.
        case bytes(Int)
        /// What takes so many nanoseconds.
        case nanoseconds(Int64)
    }

    /// Nanoseconds that each packet is held.
    public var delay: Int64 = 0
    /// Nanoseconds.
    public var jitter: Int64 = 0
    /// Whether `jitter` is a standard deviation, and not the end of a range.
    public var isNormal = false
    /// See `Loss`.
    public var loss = Loss.none
    /// A probability, as all that follow.
    public var duplicate = 0.0
    /// See `Impairment.reorder`.
    public var reorder = 0.0
    /// From 1 on.
    public var gap = 1
    /// See `Impairment.corrupt`.
    public var corrupt = 0.0
    /// Bits a second; 0: as many as come.
    public var rate: UInt64 = 0
    /// nil: as much as `defaultQueue` says.
    public var queue: Queue?
    /// nil: any.
    public var seed: UInt64?

    /// Longest delay and jitter, in nanoseconds.
    public static let longestDelay: Int64 = 60_000_000_000
    /// Least and most bits a second.
    public static let rates: ClosedRange<UInt64> = 1_000...1_000_000_000_000
    /// Most bytes that may wait for the rate.
    public static let largestQueue = 128 << 20
    /// Largest gap.
    public static let largestGap = 1_000_000

    /// Nothing is done.
    public init() {}

    /// Bytes that may wait for a rate if nobody says how many: 100 ms of it, and a whole super-frame, which comes at once.
    public static func defaultQueue(rate: UInt64) -> Int {
        max(65_536, min(largestQueue, Int(rate / 80)))
    }
}

/// All that is wrong with an `Impairment`.
public struct ImpairmentProblems: Error, Sendable, Hashable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Sendable, Hashable {
        /// The setting as it stands in JSON and lab files: "loss_model".
        public var setting: String
        /// What is wrong with it and what to write instead, without the setting's name.
        public var reason: String
    }

    /// In the order of the settings; never empty.
    public var problems: [Problem]

    /// All of them in one line.
    public var description: String {
        problems.map { "\($0.setting): \($0.reason)" }.joined(separator: "; ")
    }
}

extension ImpairmentSpecification {
    /// Reads what was said; names all that is wrong with it.
    public init(_ impairment: Impairment) throws(ImpairmentProblems) {
        var reader = ImpairmentReader()
        self.init()
        readDelay(impairment, &reader)
        readLoss(impairment, &reader)
        readOthers(impairment, &reader)
        readRate(impairment, &reader)
        seed = impairment.seed
        guard reader.problems.isEmpty else { throw ImpairmentProblems(problems: reader.problems) }
    }

    private mutating func readDelay(_ impairment: Impairment, _ reader: inout ImpairmentReader) {
        delay = reader.time(impairment.delay, of: "delay", through: Self.longestDelay)
        jitter = reader.time(impairment.jitter, of: "jitter", through: Self.longestDelay)
        switch impairment.distribution {
        case nil, "uniform": break
        case "normal": isNormal = true
        case let other?: reader.refuse("distribution", "\(ImpairmentReader.shown(other)) is neither uniform nor normal")
        }
        if impairment.distribution != nil, impairment.jitter == nil {
            reader.refuse("distribution", "says how jitter varies, and there is none: add a jitter")
        }
    }

    private mutating func readLoss(_ impairment: Impairment, _ reader: inout ImpairmentReader) {
        if let text = impairment.loss {
            let share = reader.share(text, of: "loss")
            if share > 0 { loss = .independent(share) }
        }
        guard let model = impairment.lossModel else { return }
        if impairment.loss != nil { reader.refuse("loss_model", "stands beside loss: use one of the two") }
        loss = reader.lossModel(model) ?? .none
    }

    private mutating func readOthers(_ impairment: Impairment, _ reader: inout ImpairmentReader) {
        duplicate = impairment.duplicate.map { reader.share($0, of: "duplicate") } ?? 0
        reorder = impairment.reorder.map { reader.share($0, of: "reorder") } ?? 0
        if impairment.reorder != nil, impairment.delay == nil {
            reader.refuse("reorder", "needs a delay, which the reordered packets skip: add a delay")
        }
        if let wanted = impairment.gap {
            gap = max(1, min(wanted, Self.largestGap))
            if wanted != gap { reader.refuse("gap", "\(wanted) is not from 1 to \(Self.largestGap)") }
            if impairment.reorder == nil {
                reader.refuse("gap", "says which packets are reordered, and none are: add reorder, as 100%")
            }
        }
        corrupt = impairment.corrupt.map { reader.share($0, of: "corrupt") } ?? 0
    }

    private mutating func readRate(_ impairment: Impairment, _ reader: inout ImpairmentReader) {
        if let text = impairment.rate { rate = reader.rate(text) }
        guard let text = impairment.queue else { return }
        if impairment.rate == nil { reader.refuse("queue", "is what waits for a rate, and there is none: add a rate") }
        queue = reader.queue(text)
    }
}
