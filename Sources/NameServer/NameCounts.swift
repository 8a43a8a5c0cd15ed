/// What became of the questions of one network. The first is the sum of the others.
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

    /// Nothing counted.
    public init() {}
}
