/// One figure that the bench takes of a subject: what it is, in which unit, and which way is better.
public struct Metric: Codable, Sendable, Hashable {
    /// Which way is better.
    public enum Direction: String, Codable, Sendable {
        /// More is better: throughput.
        case higher
        /// Less is better: time, processor time, memory.
        case lower
    }

    /// The word in JSON: "tcp1.throughput".
    public var id: String
    /// What people read.
    public var title: String
    /// The unit of all its samples.
    public var unit: String
    /// See `Direction`.
    public var better: Direction
    /// One of the figures by which subjects are compared; else a detail that explains one.
    public var isMain: Bool

    /// Makes the description of a figure.
    public init(id: String, title: String, unit: String, better: Direction, isMain: Bool = true) {
        self.id = id
        self.title = title
        self.unit = unit
        self.better = better
        self.isMain = isMain
    }
}

/// One figure, taken once.
public struct Sample: Codable, Sendable, Hashable {
    /// The subject's name.
    public var subject: String
    /// The metric's id.
    public var metric: String
    /// Which round, from 0: samples of one round were taken one right after the other.
    public var round: Int
    /// In the metric's unit.
    public var value: Double
    /// The sender could do no more: the subject may be able to.
    public var senderLimited: Bool?

    /// Makes a sample.
    public init(subject: String, metric: String, round: Int, value: Double, senderLimited: Bool? = nil) {
        self.subject = subject
        self.metric = metric
        self.round = round
        self.value = value
        self.senderLimited = senderLimited
    }
}
