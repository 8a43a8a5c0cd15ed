/// How much a name server takes upon itself at once.
public struct NameLimits: Sendable {
    /// Questions that wait for the host's resolvers, of all networks.
    public var outstanding = 1_024
    /// The same of one asker.
    public var outstandingPerClient = 64
    /// TCP connections of one network.
    public var connections = 256
    /// The same of one asker.
    public var connectionsPerClient = 16
    /// How long a connection may say nothing.
    public var idle = Duration.seconds(10)
    /// How long a resolver may take before the next one is asked.
    public var patience = Duration.seconds(2)
    /// Resolvers that are asked for one question, one after the other; the first again when there are fewer.
    public var tries = 3
    /// Where resolvers listen.
    public var resolverPort: UInt16 = 53
    /// How long a resolver that didn't answer is asked last.
    public var suspicion = Duration.seconds(30)

    /// The limits that the daemon uses.
    public init() {}
}
