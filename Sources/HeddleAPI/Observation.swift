/// One row of the MAC table.
public struct Station: Codable, Sendable, Hashable {
    /// Colon-separated.
    public var mac: String
    /// The port behind which it was seen (`ifname@sandbox`); nil if it is behind a VTEP.
    public var port: String?
    /// The VTEP behind which it was seen; nil if it is behind a port.
    public var vtep: String?
    /// Milliseconds since a frame from it was last seen; 0 for a static one.
    public var ageMilliseconds: Int
    /// Set by hand, never aged.
    public var isStatic: Bool
    /// The VLAN, where access ports make the domain tell them apart; absent otherwise.
    public var vlan: Int?

    enum CodingKeys: String, CodingKey {
        case mac
        case port
        case vtep
        case ageMilliseconds = "age_ms"
        case isStatic = "static"
        case vlan
    }

    /// Makes a row.
    public init(mac: String, port: String?, vtep: String?, ageMilliseconds: Int, isStatic: Bool, vlan: Int? = nil) {
        self.mac = mac
        self.port = port
        self.vtep = vtep
        self.ageMilliseconds = ageMilliseconds
        self.isStatic = isStatic
        self.vlan = vlan
    }
}

/// What `heddle stats` shows.
public struct Statistics: Codable, Sendable, Hashable {
    /// Frames in one direction.
    public struct Direction: Codable, Sendable, Hashable {
        /// Ethernet frames; a super-frame counts once.
        public var frames: UInt64
        /// Bytes from the destination address to the end of the payload.
        public var bytes: UInt64
        /// How many of `frames` were super-frames (GSO).
        public var superframes: UInt64

        /// Makes the counters of one direction.
        public init(frames: UInt64, bytes: UInt64, superframes: UInt64) {
            self.frames = frames
            self.bytes = bytes
            self.superframes = superframes
        }
    }

    /// One port.
    public struct Port: Codable, Sendable, Hashable {
        /// `ifname@sandbox`, or the interface's name alone for an adopted one; `vxlan` for the tunnel side of an overlay,
        /// `vxlan@LOCAL:PORT` for what a tunnel received and no network got.
        public var port: String
        /// The network's name; empty for a tunnel, which belongs to none.
        public var network: String
        /// From the port into the switch.
        public var rx: Direction
        /// From the switch out of the port.
        public var tx: Direction
        /// Frames that went nowhere, by reason; only reasons that occurred.
        public var drops: [String: UInt64]
        /// Of the frames received: those sent on to one port.
        public var forwarded: UInt64
        /// Of the frames received: those sent to several ports.
        public var flooded: UInt64

        /// Makes a row.
        public init(
            port: String, network: String, rx: Direction, tx: Direction, drops: [String: UInt64], forwarded: UInt64,
            flooded: UInt64
        ) {
            self.port = port
            self.network = network
            self.rx = rx
            self.tx = tx
            self.drops = drops
            self.forwarded = forwarded
            self.flooded = flooded
        }
    }

    /// Every port.
    public var ports: [Port]

    /// Makes the statistics.
    public init(ports: [Port]) {
        self.ports = ports
    }
}

/// What `heddle status` shows.
public struct Status: Codable, Sendable, Hashable {
    /// The control plane's process.
    public struct Daemon: Codable, Sendable, Hashable {
        /// Process id in the daemon's own namespace.
        public var pid: Int
        /// Heddle's version.
        public var version: String
        /// Whole seconds since start.
        public var uptimeSeconds: Int

        enum CodingKeys: String, CodingKey {
            case pid
            case version
            case uptimeSeconds = "uptime_s"
        }

        /// Makes the description of the daemon.
        public init(pid: Int, version: String, uptimeSeconds: Int) {
            self.pid = pid
            self.version = version
            self.uptimeSeconds = uptimeSeconds
        }
    }

    /// The data plane's process.
    public struct Engine: Codable, Sendable, Hashable {
        /// Process id in the daemon's own namespace.
        public var pid: Int
        /// Heddle's version.
        public var version: String
        /// Whole seconds since start.
        public var uptimeSeconds: Int
        /// "uring" or "epoll".
        public var io: String
        /// Threads that forward.
        public var workers: Int

        enum CodingKeys: String, CodingKey {
            case pid
            case version
            case uptimeSeconds = "uptime_s"
            case io
            case workers
        }

        /// Makes the description of the engine.
        public init(pid: Int, version: String, uptimeSeconds: Int, io: String, workers: Int) {
            self.pid = pid
            self.version = version
            self.uptimeSeconds = uptimeSeconds
            self.io = io
            self.workers = workers
        }
    }

    /// See `Daemon`.
    public var daemon: Daemon
    /// See `Engine`; absent while an engine is being replaced.
    public var engine: Engine?

    /// Makes the status.
    public init(daemon: Daemon, engine: Engine?) {
        self.daemon = daemon
        self.engine = engine
    }
}
