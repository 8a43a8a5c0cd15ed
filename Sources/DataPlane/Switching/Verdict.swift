/// What happens to a frame that came in. Eight bytes, no references.
public struct Verdict: Sendable {
    /// The kinds of verdict.
    public enum Kind: UInt8, Sendable {
        /// It goes nowhere; see `reason`.
        case drop
        /// To one port; see `port`.
        case forward
        /// To all members of a domain that may have it, and its peers; see `domain`.
        case flood
        /// To one VTEP; see `port`.
        case tunnel
        /// To the domain's router, which is behind the host port; see `port`.
        case route
    }

    /// What happens.
    public let kind: Kind
    /// Why it goes nowhere; `.none` unless `kind` is `drop`.
    public let reason: DropReason
    /// The port or VTEP it goes to; of a `flood` the one that it doesn't go to beside its ingress port; else 0.
    public let port: UInt16
    /// The domain it came in; 0 if dropped before that was known.
    public let domain: UInt16
    /// The VLAN in 12 bits, and in the upper ones how the tag stands in the frame.
    let vlan: UInt16

    @_noAllocation @_noLocks
    private init(kind: Kind, reason: DropReason, port: UInt16, domain: UInt16, vlan: UInt16) {
        self.kind = kind
        self.reason = reason
        self.port = port
        self.domain = domain
        self.vlan = vlan
    }

    static var superframeBit: UInt16 { @_noAllocation @_noLocks get { 0x8000 } }
    static var taggedBit: UInt16 { @_noAllocation @_noLocks get { 0x4000 } }
    static var awareBit: UInt16 { @_noAllocation @_noLocks get { 0x2000 } }

    /// Its VLAN; 0 in a domain without access ports, and for untagged frames between trunks.
    public var vlanIdentifier: UInt16 { @_noAllocation @_noLocks get { vlan & VLANTag.identifierMask } }
    /// Whether it is a super-frame, which no MTU limits.
    public var isSuperframe: Bool { @_noAllocation @_noLocks get { vlan & Self.superframeBit != 0 } }
    /// Whether its first tag is one that an access port takes off: 802.1Q, priority tags among them.
    var isTagged: Bool { @_noAllocation @_noLocks get { vlan & Self.taggedBit != 0 } }
    /// Whether its domain has access ports.
    var isVLANAware: Bool { @_noAllocation @_noLocks get { vlan & Self.awareBit != 0 } }

    @inline(__always) @_noAllocation @_noLocks
    static func drop(_ reason: DropReason, domain: UInt16 = 0, vlan: UInt16 = 0) -> Verdict {
        Verdict(kind: .drop, reason: reason, port: 0, domain: domain, vlan: vlan)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func forward(to port: UInt16, domain: UInt16, vlan: UInt16) -> Verdict {
        Verdict(kind: .forward, reason: .none, port: port, domain: domain, vlan: vlan)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func tunnel(to vtep: UInt16, domain: UInt16, vlan: UInt16) -> Verdict {
        Verdict(kind: .tunnel, reason: .none, port: vtep, domain: domain, vlan: vlan)
    }

    @inline(__always) @_noAllocation @_noLocks
    static func route(by port: UInt16, domain: UInt16, vlan: UInt16) -> Verdict {
        Verdict(kind: .route, reason: .none, port: port, domain: domain, vlan: vlan)
    }

    /// The same frame to the host port itself.
    var forwarded: Verdict {
        @inline(__always) @_noAllocation @_noLocks get { .forward(to: port, domain: domain, vlan: vlan) }
    }

    @inline(__always) @_noAllocation @_noLocks
    static func flood(_ domain: UInt16, vlan: UInt16, besides port: UInt16 = 0) -> Verdict {
        Verdict(kind: .flood, reason: .none, port: port, domain: domain, vlan: vlan)
    }
}

/// What happens to a frame at one way out. Four bytes, no references.
public struct EgressAction: Sendable {
    /// The kinds of action.
    public enum Kind: UInt8, Sendable {
        /// While flooding: this port is not among those that may have the frame. Nothing is counted.
        case skip
        /// Dropped here; see `reason`, counted at the egress port: `vlanMismatch` or `exceedsMTU`.
        case drop
        /// Sent as it came.
        case passUnchanged
        /// Sent with one more tag; see `vlan`.
        case pushTag
        /// Sent without its first tag.
        case popTag
        /// Sent with another VLAN in its first tag; see `vlan`.
        case setTag
    }

    /// What happens.
    public let kind: Kind
    /// Why it is dropped; `.none` unless `kind` is `drop`.
    public let reason: DropReason
    /// The VLAN of the new tag; without meaning unless `kind` is `pushTag` or `setTag`.
    public let vlan: UInt16

    /// Makes an action.
    @inline(__always) @_noAllocation @_noLocks
    public init(kind: Kind, reason: DropReason = .none, vlan: UInt16 = 0) {
        self.kind = kind
        self.reason = reason
        self.vlan = vlan
    }
}
