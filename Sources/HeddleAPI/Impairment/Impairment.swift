/// What happens to the packets of one direction of an endpoint's port, in the words of the command line, of lab files and
/// of the API: `{"delay": "50ms", "loss": "1%"}`. `ImpairmentSpecification` reads it. What is absent is not done.
public struct Impairment: Codable, Sendable, Hashable {
    /// How long each packet is held: "50ms".
    public var delay: String?
    /// By how much the delay varies: "5ms".
    public var jitter: String?
    /// How it varies: "uniform" (the default: anything from delay − jitter to delay + jitter) or "normal" (jitter is the
    /// standard deviation).
    public var distribution: String?
    /// How many packets are lost, each by itself: "1%".
    public var loss: String?
    /// Loss in bursts, in place of `loss`: "gilbert-elliott:P,R[,1-H[,1-K]]", as "gilbert-elliott:1%,25%".
    public var lossModel: String?
    /// How many packets come twice: "0.1%".
    public var duplicate: String?
    /// How many packets skip the delay and so overtake others: "5%".
    public var reorder: String?
    /// Only each so manieth packet may be reordered; absent: any.
    public var gap: Int?
    /// How many packets have one bit changed: "0.01%".
    public var corrupt: String?
    /// Bits of frames a second: "10mbit".
    public var rate: String?
    /// How much may wait where there is a rate: "64kb", or what the rate needs "50ms" for.
    public var queue: String?
    /// Where the random decisions begin: the same seed and the same packets have the same fate. Absent in a request: the
    /// one that the direction has, else one that the daemon chooses and tells.
    public var seed: UInt64?

    enum CodingKeys: String, CodingKey {
        case delay
        case jitter
        case distribution
        case loss
        case lossModel = "loss_model"
        case duplicate
        case reorder
        case gap
        case corrupt
        case rate
        case queue
        case seed
    }

    /// Nothing is done to any packet: sent to the daemon, it clears the direction.
    public init() {}

    /// Whether nothing is said, or nothing but a seed.
    public var isEmpty: Bool {
        var other = self
        other.seed = nil
        return other == Impairment()
    }
}

/// The impairments of one endpoint (`heddle impair ls`).
public struct EndpointImpairment: Codable, Sendable, Hashable {
    /// The network's name.
    public var network: String
    /// The endpoint's sandbox, as it was given to attach.
    public var sandbox: String
    /// The endpoint's id.
    public var endpoint: String
    /// The interface's name.
    public var ifname: String
    /// What comes from the sandbox; absent: it passes as it comes.
    public var inward: Impairment?
    /// What goes to the sandbox; absent: it passes as it is.
    public var outward: Impairment?

    enum CodingKeys: String, CodingKey {
        case network
        case sandbox
        case endpoint
        case ifname
        case inward = "in"
        case outward = "out"
    }

    /// Makes the description.
    public init(
        network: String, sandbox: String, endpoint: String, ifname: String, inward: Impairment?, outward: Impairment?
    ) {
        self.network = network
        self.sandbox = sandbox
        self.endpoint = endpoint
        self.ifname = ifname
        self.inward = inward
        self.outward = outward
    }
}

/// What a client says to impair an endpoint (`heddle impair SANDBOX`). What a direction had before is replaced as a whole.
public struct ImpairmentRequest: Codable, Sendable, Hashable {
    /// As it was given to attach.
    public var sandbox: String
    /// The network's name; needed if the sandbox is on several and `ifname` is absent.
    public var network: String?
    /// The name of the sandbox's interface, in place of `network`.
    public var ifname: String?
    /// For what comes from the sandbox; absent: as it is; empty: none.
    public var inward: Impairment?
    /// For what goes to the sandbox; absent: as it is; empty: none.
    public var outward: Impairment?

    enum CodingKeys: String, CodingKey {
        case sandbox
        case network
        case ifname
        case inward = "in"
        case outward = "out"
    }

    /// Makes a request.
    public init(
        sandbox: String, network: String? = nil, ifname: String? = nil, inward: Impairment?, outward: Impairment?
    ) {
        self.sandbox = sandbox
        self.network = network
        self.ifname = ifname
        self.inward = inward
        self.outward = outward
    }
}
