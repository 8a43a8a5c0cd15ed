/// One translated flow: inside (an endpoint's address and port), outside (an address of the host and a port) and remote.
///
/// Plain data of exactly 128 bytes without pointers, in memory that outlives the engine and that the daemon reads:
///
///     0 seal · 4 protocol · 5 marks · 6 domain, incoming, state · 8 inside port · 10 ports · 16 publish
///     20 created · 24 addresses · 72 MAC, uplink · 80 seen · 84 windows · 88 counters, scales · 112 TCP numbers
///
/// The seal is zero in a free entry, and otherwise a check of everything that stays the same for a flow's life. It is written last
/// and cleared first, so that an entry that was being written when its engine was killed isn't taken for a flow.
package struct Flow {
    /// 0: no flow.
    var seal: UInt32
    /// As in IP: 6 TCP, 17 UDP, 1 ICMP echo, 58 ICMPv6 echo.
    package let proto: UInt8
    /// See `Mark`.
    var marks: UInt8
    /// Domain (11…0), incoming (12), state (15…13).
    private var life: UInt16
    /// See `insidePort`.
    private let place: UInt16
    private let insideNumber: UInt16
    private let outsideNumber: UInt16
    private let remoteNumber: UInt16
    /// The number of the publish by which it came; 0: none.
    package let publish: UInt32
    /// When it was made, milliseconds.
    package var created: UInt32
    private let insideHigh: UInt64
    private let insideLow: UInt64
    private let outsideHigh: UInt64
    private let outsideLow: UInt64
    private let remoteHigh: UInt64
    private let remoteLow: UInt64
    /// MAC (47…0), uplink (63…48).
    private var owner: UInt64
    /// When something was last heard of it that keeps it alive, milliseconds.
    package var seen: UInt32
    private var outWindow: UInt16
    private var inWindow: UInt16
    /// Bytes (51…0), window scale of the inside (55…52), frames beyond 32 bits (63…56).
    private var outCount: UInt64
    /// Likewise, of the outside.
    private var inCount: UInt64
    private var outFrameCount: UInt32
    private var inFrameCount: UInt32
    private var outEnd: UInt32
    private var outAcknowledged: UInt32
    private var inEnd: UInt32
    private var inAcknowledged: UInt32

    /// What is known of a flow, beside its state.
    enum Mark {
        /// TCP: SYN seen from inside.
        static var synOut: UInt8 { @_noAllocation @_noLocks get { 0x01 } }
        /// TCP: SYN seen from outside.
        static var synIn: UInt8 { @_noAllocation @_noLocks get { 0x02 } }
        /// TCP: what the inside has acknowledged is known.
        static var ackOut: UInt8 { @_noAllocation @_noLocks get { 0x04 } }
        /// TCP: what the outside has acknowledged is known.
        static var ackIn: UInt8 { @_noAllocation @_noLocks get { 0x08 } }
        /// TCP: FIN seen from inside.
        static var finOut: UInt8 { @_noAllocation @_noLocks get { 0x10 } }
        /// TCP: FIN seen from outside.
        static var finIn: UInt8 { @_noAllocation @_noLocks get { 0x20 } }
        /// TCP: a valid RST, and nothing since.
        static var reset: UInt8 { @_noAllocation @_noLocks get { 0x40 } }
        /// UDP and echo: the other side than the one that began has sent something.
        static var answered: UInt8 { @_noAllocation @_noLocks get { 0x01 } }
        /// UDP: made by a datagram from outside to a mapped port, and the inside hasn't sent to that port yet.
        static var admitted: UInt8 { @_noAllocation @_noLocks get { 0x80 } }
    }

    /// A flow without a seal.
    @_noAllocation @_noLocks
    init(
        proto: UInt8, isIncoming: Bool, domain: UInt16, insidePort: UInt16, insideMAC: UInt64, inside: TransportAddress,
        outside: TransportAddress, remote: TransportAddress, uplink: UInt16, publish: UInt32, now: UInt32
    ) {
        seal = 0
        self.proto = proto
        marks = 0
        life = (domain & 0xFFF) | (isIncoming ? 0x1000 : 0) | UInt16(FlowState.opening.code) &<< 13
        place = insidePort & Self.portMask
        insideNumber = inside.port
        outsideNumber = outside.port
        remoteNumber = remote.port
        self.publish = publish
        created = now
        insideHigh = inside.high
        insideLow = inside.low
        outsideHigh = outside.high
        outsideLow = outside.low
        remoteHigh = remote.high
        remoteLow = remote.low
        owner = insideMAC & 0xFFFF_FFFF_FFFF | UInt64(uplink & Self.portMask) &<< 48
        seen = now
        (outWindow, inWindow, outCount, inCount, outFrameCount, inFrameCount) = (0, 0, 0, 0, 0, 0)
        (outEnd, outAcknowledged, inEnd, inAcknowledged) = (0, 0, 0, 0)
    }
}

extension Flow {
    /// Where it is in its life.
    package internal(set) var state: FlowState {
        @inline(__always) @_noAllocation @_noLocks get {
            switch life &>> 13 {
            case 1: .opening
            case 2: .established
            case 3: .closing
            case 4: .closed
            default: .unused
            }
        }
        @inline(__always) @_noAllocation @_noLocks set {
            life = life & 0x1FFF | UInt16(newValue.code) &<< 13
        }
    }

    /// Whether a frame from outside to a published port made it.
    package var isIncoming: Bool {
        @inline(__always) @_noAllocation @_noLocks get { life & 0x1000 != 0 }
    }

    /// Whether it is IPv4.
    package var isInsideIPv4: Bool {
        @inline(__always) @_noAllocation @_noLocks get { insideHigh == 0 && insideLow &>> 32 == 0xFFFF }
    }

    /// The network.
    package var domain: UInt16 {
        @inline(__always) @_noAllocation @_noLocks get { life & 0xFFF }
    }

    /// What a port's number is cut to.
    static var portMask: UInt16 { @_noAllocation @_noLocks get { 0x3FFF } }

    /// The data plane's number of the endpoint's port, 1…16383.
    package var insidePort: UInt16 {
        @inline(__always) @_noAllocation @_noLocks get { place }
    }

    /// The data plane's number of the uplink; may be changed when the way to the remote changes.
    package var uplink: UInt16 {
        @inline(__always) @_noAllocation @_noLocks get { UInt16(truncatingIfNeeded: owner &>> 48) }
        @inline(__always) @_noAllocation @_noLocks set {
            owner = owner & 0xFFFF_FFFF_FFFF | UInt64(newValue & Self.portMask) &<< 48
        }
    }

    /// The endpoint's MAC, 48 bits.
    package var insideMAC: UInt64 {
        @inline(__always) @_noAllocation @_noLocks get { owner & 0xFFFF_FFFF_FFFF }
        @inline(__always) @_noAllocation @_noLocks set {
            owner = owner & 0xFFFF_0000_0000_0000 | newValue & 0xFFFF_FFFF_FFFF
        }
    }

    /// The endpoint's end.
    package var inside: TransportAddress {
        @inline(__always) @_noAllocation @_noLocks get {
            TransportAddress(high: insideHigh, low: insideLow, port: insideNumber)
        }
    }

    /// The host's end, as the remote sees it.
    package var outside: TransportAddress {
        @inline(__always) @_noAllocation @_noLocks get {
            TransportAddress(high: outsideHigh, low: outsideLow, port: outsideNumber)
        }
    }

    /// The other end.
    package var remote: TransportAddress {
        @inline(__always) @_noAllocation @_noLocks get {
            TransportAddress(high: remoteHigh, low: remoteLow, port: remoteNumber)
        }
    }

    /// Where bytes are counted; 2^52 of them are 4.5 petabytes, four days at 100 Gbit/s, and then the count is at zero again.
    private static var byteMask: UInt64 { @_noAllocation @_noLocks get { 0xF_FFFF_FFFF_FFFF } }
    /// Where a window scale stands beside the bytes.
    private static var scaleShift: UInt64 { @_noAllocation @_noLocks get { 52 } }

    /// Frames from inside to outside; 40 bits.
    package var outFrames: UInt64 {
        @_noAllocation @_noLocks get { (outCount &>> 56) &<< 32 | UInt64(outFrameCount) }
    }

    /// Bytes from inside to outside; 52 bits.
    package var outBytes: UInt64 {
        @_noAllocation @_noLocks get { outCount & Self.byteMask }
    }

    /// Frames from outside to inside; 40 bits.
    package var inFrames: UInt64 {
        @_noAllocation @_noLocks get { (inCount &>> 56) &<< 32 | UInt64(inFrameCount) }
    }

    /// Bytes from outside to inside; 52 bits.
    package var inBytes: UInt64 {
        @_noAllocation @_noLocks get { inCount & Self.byteMask }
    }

    /// Counts what passed.
    @inline(__always) @_noAllocation @_noLocks
    mutating func count(fromInside: Bool, frames: UInt32, bytes: Int) {
        // Invariant: a frame has fewer than 2^52 bytes; a count that comes round leaves what stands beside it alone.
        let added = UInt64(truncatingIfNeeded: bytes) & 0xFFFF_FFFF
        if fromInside {
            let (sum, isOver) = outFrameCount.addingReportingOverflow(frames)
            outFrameCount = sum
            let rest = (outCount & ~Self.byteMask) &+ (isOver ? 1 &<< 56 : 0)
            outCount = rest | (outCount &+ added) & Self.byteMask
        } else {
            let (sum, isOver) = inFrameCount.addingReportingOverflow(frames)
            inFrameCount = sum
            let rest = (inCount & ~Self.byteMask) &+ (isOver ? 1 &<< 56 : 0)
            inCount = rest | (inCount &+ added) & Self.byteMask
        }
    }
}

extension Flow {
    /// Whether the outside began it: an incoming flow, or one that was admitted and that the inside hasn't answered.
    var isFromOutside: Bool {
        @inline(__always) @_noAllocation @_noLocks get {
            isIncoming || (proto == IPProtocol.udp && marks & Mark.admitted != 0)
        }
    }

    /// Whether its outside port is its inside socket's whatever the remote (RFC 4787, REQ-1).
    var isMapped: Bool {
        @inline(__always) @_noAllocation @_noLocks get { proto == IPProtocol.udp && !isIncoming }
    }

    /// Whether it may have to give up its entry or port.
    var isClosed: Bool {
        @inline(__always) @_noAllocation @_noLocks get { life &>> 13 == UInt16(FlowState.closed.code) }
    }

    /// Whether nothing was heard of it for too long. A time that lies ahead counts as now.
    @inline(__always) @_noAllocation @_noLocks
    func isExpired(now: UInt32) -> Bool {
        let age = now &- seen
        return age <= UInt32(Int32.max) && age >= timer
    }

    /// After how many milliseconds without a frame it is forgotten.
    package var timer: UInt32 {
        @inline(__always) @_noAllocation @_noLocks get {
            if proto == IPProtocol.tcp {
                let isEstablished = life &>> 13 == UInt16(FlowState.established.code)
                return isEstablished ? FlowTimer.established : FlowTimer.transitory
            }
            if proto == IPProtocol.udp {
                return remoteNumber == 53 && !isIncoming ? FlowTimer.nameService : FlowTimer.udp
            }
            return FlowTimer.echo
        }
    }

    /// What the seal of this flow must be: against accidents, not against an enemy, who could write the seal as well.
    var properSeal: UInt32 {
        @_noAllocation @_noLocks get {
            let names =
                UInt64(proto) | UInt64(life & 0x1FFF) &<< 8 | UInt64(insidePort) &<< 24 | UInt64(insideNumber) &<< 48
            let numbers = UInt64(outsideNumber) | UInt64(remoteNumber) &<< 16 | UInt64(publish) &<< 32
            var mixed = Self.mix(0x4845_4444_4C46_4C57 ^ names, numbers)
            mixed = Self.mix(mixed ^ insideHigh, insideLow)
            mixed = Self.mix(mixed ^ outsideHigh, outsideLow)
            mixed = Self.mix(mixed ^ remoteHigh, remoteLow)
            let seal = UInt32(truncatingIfNeeded: mixed ^ mixed &>> 32)
            return seal == 0 ? 1 : seal
        }
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = (left ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: right ^ 0x9FB2_1C65_1E98_DF25)
        return product.high ^ product.low ^ left
    }

    /// Whether it is a flow that a table has written whole.
    package var isSound: Bool {
        guard seal != 0, seal == properSeal, insidePort != 0, insidePort <= Self.portMask else { return false }
        switch state {
        case .unused: return false
        case .closing: if proto != IPProtocol.tcp { return false }
        case .opening, .established, .closed: break
        }
        switch proto {
        case IPProtocol.tcp, IPProtocol.udp, IPProtocol.icmp, IPProtocol.icmpv6: return true
        default: return false
        }
    }
}

extension Flow {
    /// What is known of one direction of a TCP flow.
    struct Side {
        /// One past the highest sequence number that it has sent.
        var end: UInt32
        /// The highest acknowledgement that it has sent.
        var acknowledged: UInt32
        /// The window that goes with it, before it is scaled.
        var window: UInt16
        /// Of its SYN; 15: none.
        var scale: UInt8
        var hasSYN: Bool
        var hasAcknowledged: Bool
        var hasFIN: Bool

        /// Nothing known.
        @_noAllocation @_noLocks
        init() {
            end = 0
            acknowledged = 0
            window = 0
            scale = 15
            hasSYN = false
            hasAcknowledged = false
            hasFIN = false
        }
    }

    /// One direction: what the inside has sent, or what the outside has.
    @inline(__always) @_noAllocation @_noLocks
    func side(fromInside: Bool) -> Side {
        var side = Side()
        // The outside's marks are the inside's, one bit to the left.
        let marks = fromInside ? self.marks : self.marks &>> 1
        side.end = fromInside ? outEnd : inEnd
        side.acknowledged = fromInside ? outAcknowledged : inAcknowledged
        side.window = fromInside ? outWindow : inWindow
        side.scale = UInt8(truncatingIfNeeded: (fromInside ? outCount : inCount) &>> Self.scaleShift) & 15
        side.hasSYN = marks & Mark.synOut != 0
        side.hasAcknowledged = marks & Mark.ackOut != 0
        side.hasFIN = marks & Mark.finOut != 0
        return side
    }

    /// Writes what is known of one direction.
    @inline(__always) @_noAllocation @_noLocks
    mutating func set(_ side: Side, fromInside: Bool) {
        let known =
            (side.hasSYN ? Mark.synOut : 0) | (side.hasAcknowledged ? Mark.ackOut : 0)
            | (side.hasFIN ? Mark.finOut : 0)
        let mask = Mark.synOut | Mark.ackOut | Mark.finOut
        if fromInside {
            marks = marks & ~mask | known
            outEnd = side.end
            outAcknowledged = side.acknowledged
            outWindow = side.window
            outCount = outCount & ~(15 &<< Self.scaleShift) | UInt64(side.scale & 15) &<< Self.scaleShift
        } else {
            marks = marks & ~(mask &<< 1) | known &<< 1
            inEnd = side.end
            inAcknowledged = side.acknowledged
            inWindow = side.window
            inCount = inCount & ~(15 &<< Self.scaleShift) | UInt64(side.scale & 15) &<< Self.scaleShift
        }
    }
}
