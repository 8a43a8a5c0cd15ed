public import Exposition

/// What became of the questions of one network. The first is the sum of the four that follow.
public struct NameCounts: Hashable, Sendable {
    /// Messages that came.
    public var questions: UInt64 = 0
    /// Answered from what is known here, also that there is no such name.
    public var answered: UInt64 = 0
    /// Passed on to the host's resolvers.
    public var forwarded: UInt64 = 0
    /// Answered that they can't be: not understood, not allowed, too many.
    public var refused: UInt64 = 0
    /// Not answered: no question.
    public var dropped: UInt64 = 0

    /// Of the forwarded ones: no resolver could answer.
    public var unanswered: UInt64 = 0
    /// Of the forwarded ones: how long it took until the asker was answered.
    public var forwardTimes = DurationHistogram()

    /// Nothing counted.
    public init() {}
}
