/// What happens to a packet that was given to the router. No references.
struct RoutingVerdict {
    /// The kinds of verdict.
    enum Kind: UInt8 {
        /// It goes nowhere; see `reason`.
        case drop
        /// It goes nowhere, and its sender is told; see `reason` and `message`.
        case refuse
        /// For the host itself: by the domain's host port, unchanged.
        case toHost
        /// Out by an uplink, rewritten; see `port`.
        case toUplink
        /// To an endpoint, rewritten; see `port` (0: where its MAC address is) and `domain`.
        case toEndpoint
        /// Kept until what it waits for is known.
        case held
        /// For the domain's name service, unchanged; see `port`.
        case toNames
    }

    let kind: Kind
    /// Why it goes nowhere; `.none` unless `kind` is `drop` or `refuse`.
    let reason: DropReason
    /// The way out.
    let port: UInt16
    /// The endpoint's domain.
    let domain: UInt16
    /// What the sender is told.
    let message: RouterMessage.Kind
    /// Not 0: longer than the way out carries, and to be cut into fragments of at most so many bytes.
    var fragmentMTU = 0
    /// The first fragment's key, if later ones of its datagram may be waiting.
    private(set) var followers: FragmentKey?

    @inline(__always) @_noAllocation @_noLocks
    private init(
        kind: Kind, reason: DropReason = .none, port: UInt16 = 0, domain: UInt16 = 0,
        message: RouterMessage.Kind = .timeExceeded
    ) {
        self.kind = kind
        self.reason = reason
        self.port = port
        self.domain = domain
        self.message = message
    }

    /// Later fragments may be waiting for this one.
    @inline(__always) @_noAllocation @_noLocks
    mutating func isFollowed(by packet: RoutedPacket, _ frame: RoutedFrame, _ waiting: Int) {
        if packet.isFirstFragment, waiting > 0 { followers = FragmentKey(packet, side: frame.ingress) }
    }

    @inline(__always) @_noAllocation @_noLocks
    static func drop(_ reason: DropReason) -> RoutingVerdict {
        RoutingVerdict(kind: .drop, reason: reason)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func refuse(_ reason: DropReason, _ message: RouterMessage.Kind) -> RoutingVerdict {
        RoutingVerdict(kind: .refuse, reason: reason, message: message)
    }

    static var toHost: RoutingVerdict {
        @inline(__always) @_noAllocation @_noLocks get { RoutingVerdict(kind: .toHost) }
    }

    static var held: RoutingVerdict {
        @inline(__always) @_noAllocation @_noLocks get { RoutingVerdict(kind: .held) }
    }

    @inline(__always) @_noAllocation @_noLocks
    static func held(into domain: UInt16) -> RoutingVerdict {
        RoutingVerdict(kind: .held, domain: domain)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func toNames(_ port: UInt16) -> RoutingVerdict {
        RoutingVerdict(kind: .toNames, port: port)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func toUplink(_ port: UInt16) -> RoutingVerdict {
        RoutingVerdict(kind: .toUplink, port: port)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func toEndpoint(_ port: UInt16, domain: UInt16) -> RoutingVerdict {
        RoutingVerdict(kind: .toEndpoint, port: port, domain: domain)
    }
}
