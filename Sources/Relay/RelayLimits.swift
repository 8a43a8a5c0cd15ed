/// How much a relay takes on.
public struct RelayLimits: Sendable, Hashable {
    /// TCP connections of one publish.
    public var connectionsPerPublish = 1_024
    /// TCP connections in all.
    public var connections = 4_096
    /// UDP clients of one publish.
    public var clientsPerPublish = 1_024
    /// UDP clients in all.
    public var clients = 4_096
    /// After how long without a datagram either way a UDP client is forgotten.
    public var clientIdle: Duration = .seconds(60)
    /// How long an endpoint may take to accept a connection.
    public var connectTimeout: Duration = .seconds(30)

    /// The limits that the daemon has.
    public init() {}
}
