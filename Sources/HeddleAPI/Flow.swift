/// A conversation that is translated between an endpoint and the world (`heddle flows`).
public struct Flow: Codable, Sendable, Hashable {
    /// Who began.
    public enum Direction: String, Codable, Sendable {
        /// The endpoint did.
        case outgoing = "out"
        /// Somebody else did, to a published port.
        case incoming = "in"
    }

    /// What went one way.
    public struct Count: Codable, Sendable, Hashable {
        /// Ethernet frames; a super-frame counts once.
        public var frames: UInt64
        /// Their bytes.
        public var bytes: UInt64

        /// Makes the counters of one way.
        public init(frames: UInt64, bytes: UInt64) {
            self.frames = frames
            self.bytes = bytes
        }
    }

    /// The network's name.
    public var network: String
    /// "tcp", "udp" or "icmp".
    public var proto: String
    /// The endpoint's address and port: `10.0.0.2:80`, `[fd00::2]:80`.
    public var inside: String
    /// The host's address and port that stand for it.
    public var outside: String
    /// Whom it speaks with.
    public var remote: String
    /// See `Direction`.
    public var direction: Direction
    /// How far the conversation has come, such as "new", "established" or "closing".
    public var state: String
    /// Milliseconds since it began.
    public var ageMilliseconds: Int
    /// Milliseconds since its last frame.
    public var idleMilliseconds: Int
    /// From the endpoint to the remote side.
    public var tx: Count
    /// From the remote side to the endpoint.
    public var rx: Count
    /// The interface of the host by which it leaves.
    public var uplink: String

    enum CodingKeys: String, CodingKey {
        case network
        case proto
        case inside
        case outside
        case remote
        case direction
        case state
        case ageMilliseconds = "age_ms"
        case idleMilliseconds = "idle_ms"
        case tx
        case rx
        case uplink
    }

    /// Makes the description of a flow.
    public init(
        network: String, proto: String, inside: String, outside: String, remote: String, direction: Direction,
        state: String, ageMilliseconds: Int, idleMilliseconds: Int, tx: Count, rx: Count, uplink: String
    ) {
        self.network = network
        self.proto = proto
        self.inside = inside
        self.outside = outside
        self.remote = remote
        self.direction = direction
        self.state = state
        self.ageMilliseconds = ageMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.tx = tx
        self.rx = rx
        self.uplink = uplink
    }
}
