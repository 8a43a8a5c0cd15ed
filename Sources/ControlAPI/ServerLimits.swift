/// How much of everything clients get; whoever may connect can't keep others off the daemon.
public struct ServerLimits: Hashable, Sendable {
    /// From connecting to the end of the first request's head.
    public var head: Duration
    /// From a request's head to its end, in however small pieces it comes.
    public var body: Duration
    /// From an answer to the end of the next request's head.
    public var idle: Duration
    /// From a request's end to its answer. The control plane can't be interrupted, but whoever waits can be told.
    public var answer: Duration
    /// Clients at the same time, a descriptor each; more wait in the socket's backlog.
    public var connections: Int

    /// Makes limits; the standard ones unless said otherwise.
    public init(
        head: Duration = .seconds(10), body: Duration = .seconds(30), idle: Duration = .seconds(60),
        answer: Duration = .seconds(60), connections: Int = 256
    ) {
        self.head = head
        self.body = body
        self.idle = idle
        self.answer = answer
        self.connections = connections
    }

    /// Those of the daemon's own API.
    public static let standard = ServerLimits()
    /// Those of Docker's plug-in socket: Docker itself waits for ever.
    public static let docker = ServerLimits(answer: .seconds(30))
    /// Those of the port that is scraped: Prometheus waits 10 s unless told otherwise, and comes by one connection.
    public static let metrics = ServerLimits(
        body: .seconds(10), idle: .seconds(300), answer: .seconds(10), connections: 64)
}
