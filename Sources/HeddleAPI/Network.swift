/// A network as the API shows it: a virtual switch and what is said about it.
public struct Network: Codable, Sendable, Hashable {
    /// This host's end of an overlay.
    public struct Tunnel: Codable, Sendable, Hashable {
        /// Whether frames leave for other hosts, and those of others arrive.
        public enum State: String, Codable, Sendable, Hashable {
            /// They do.
            case open
            /// The network ends at this host.
            case closed
        }

        /// See `State`.
        public var state: State
        /// Why it is closed, or why it is slower than it could be; nil if there is nothing to say.
        public var reason: String?

        /// Makes the description of a tunnel.
        public init(isOpen: Bool, reason: String? = nil) {
            state = isOpen ? .open : .closed
            self.reason = reason
        }
    }

    /// What became of the questions that a network's name service was asked since its daemon started. The first is the sum
    /// of the others.
    public struct Names: Codable, Sendable, Hashable {
        /// Messages that came.
        public var questions: UInt64
        /// Answered from what the network knows, also that there is no such name.
        public var answered: UInt64
        /// Passed on to the host's resolvers.
        public var forwarded: UInt64
        /// Answered that they can't be: not understood, not allowed, too many at once.
        public var refused: UInt64
        /// Not answered: no question.
        public var dropped: UInt64

        /// Makes the counts.
        public init(questions: UInt64, answered: UInt64, forwarded: UInt64, refused: UInt64, dropped: UInt64) {
            self.questions = questions
            self.answered = answered
            self.forwarded = forwarded
            self.refused = refused
            self.dropped = dropped
        }
    }

    /// The name users say.
    public var name: String
    /// 16 hexadecimal digits, never used again for another network.
    public var id: String
    /// What kind of network: "bridge" (ends at this host) or "overlay" (spans hosts by VXLAN).
    public var driver: String
    /// At most one IPv4 and one IPv6 prefix; empty for a pure layer-2 network.
    public var subnets: [String]
    /// One gateway address for each subnet, in the order of `subnets`.
    public var gateways: [String]
    /// Bytes of layer-3 payload that a frame can carry.
    public var mtu: Int
    /// No way out of the host.
    public var `internal`: Bool
    /// Ports of this network don't reach each other, only the gateway.
    public var isolated: Bool
    /// What else was said at creation, by the option's long name.
    public var options: [String: String]
    /// nil for a network that isn't an overlay.
    public var tunnel: Tunnel?
    /// nil for a network without a name service: it has no gateway.
    public var names: Names?

    /// Makes the description of a network.
    public init(
        name: String, id: String, driver: String, subnets: [String], gateways: [String], mtu: Int, `internal`: Bool,
        isolated: Bool, options: [String: String], tunnel: Tunnel? = nil
    ) {
        self.name = name
        self.id = id
        self.driver = driver
        self.subnets = subnets
        self.gateways = gateways
        self.mtu = mtu
        self.internal = `internal`
        self.isolated = isolated
        self.options = options
        self.tunnel = tunnel
    }
}

/// What a client says to make a network (`heddle network create`). Everything is text as the user typed it; the
/// control plane checks it.
public struct NetworkRequest: Codable, Sendable, Hashable {
    /// See `Network`.
    public var name: String
    /// See `Network`; nil means "bridge".
    public var driver: String?
    /// CIDR notation.
    public var subnets: [String]?
    /// Addresses; those that are missing become the first address of their subnet.
    public var gateways: [String]?
    /// CIDR notation: the part of a subnet that addresses are handed out from.
    public var ipRanges: [String]?
    /// nil means 1500, and for an overlay what its tunnel carries.
    public var mtu: Int?
    /// See `Network`.
    public var `internal`: Bool?
    /// See `Network`.
    public var isolated: Bool?
    /// What leaves the network keeps its endpoint's address, for which the world around has a route; nil: it is
    /// translated. Shown as the option "route".
    public var route: Bool?
    /// See `Network`.
    public var options: [String: String]?

    /// Makes a request.
    public init(
        name: String, driver: String? = nil, subnets: [String]? = nil, gateways: [String]? = nil,
        ipRanges: [String]? = nil, mtu: Int? = nil, `internal`: Bool? = nil, isolated: Bool? = nil,
        route: Bool? = nil, options: [String: String]? = nil
    ) {
        self.name = name
        self.driver = driver
        self.subnets = subnets
        self.gateways = gateways
        self.ipRanges = ipRanges
        self.mtu = mtu
        self.internal = `internal`
        self.isolated = isolated
        self.route = route
        self.options = options
    }
}
