/// What a box in the middle can know of a TCP connection (RFC 9293, 3.10.7): how far each side has sent and acknowledged.
/// Segments that can't be right don't change what is known, but pass: the ends know better. Only a RST must be right.
extension Flow {
    /// What to do with a segment.
    enum Tracking: UInt8 {
        /// It must not pass.
        case drop
        /// It passes and means nothing.
        case pass
        /// It passes and may have changed the state.
        case heard
    }

    /// What the state must be by what is known.
    var trackedState: FlowState {
        @_noAllocation @_noLocks get {
            if marks & Mark.reset != 0 { return .closed }
            let (ours, theirs) = (side(fromInside: true), side(fromInside: false))
            if ours.hasFIN, theirs.hasFIN, Self.isAcknowledged(ours, by: theirs), Self.isAcknowledged(theirs, by: ours)
            {
                return .closed
            }
            if ours.hasFIN || theirs.hasFIN { return .closing }
            let isOpen = ours.hasSYN && theirs.hasSYN && ours.hasAcknowledged && theirs.hasAcknowledged
            return isOpen ? .established : .opening
        }
    }

    /// Follows a SYN without ACK of a flow that is opening, or opens again.
    @_noAllocation @_noLocks
    mutating func trackSYN(_ segment: TCPSegmentFacts, fromInside: Bool, isFirst: Bool) -> Tracking {
        var sender = side(fromInside: fromInside)
        let other = side(fromInside: !fromInside)
        let isBeginner = fromInside != isIncoming
        if !isBeginner && !other.hasSYN {
            // Nobody has asked the other side yet.
            return .drop
        }
        let isRepeated = !isFirst && sender.hasSYN && sender.end == segment.end
        if isBeginner && !isRepeated {
            // A new attempt: whatever was known is of an old one.
            marks = 0
            set(Side(), fromInside: !fromInside)
            sender = Side()
        }
        // A repeated one may come without options; which one the other side got isn't known: the larger window.
        let isLarger = sender.scale == TCPSegmentFacts.noScale || segment.windowScale > sender.scale
        if isLarger, !(isRepeated && segment.windowScale == TCPSegmentFacts.noScale) {
            sender.scale = segment.windowScale
        }
        sender.hasSYN = true
        sender.end = segment.end
        set(sender, fromInside: fromInside)
        return .heard
    }

    /// Follows a SYN with ACK of a flow that is opening.
    @_noAllocation @_noLocks
    mutating func trackAnswer(_ segment: TCPSegmentFacts, fromInside: Bool) -> Tracking {
        let other = side(fromInside: !fromInside)
        guard other.hasSYN else { return .drop }
        // Data that came with the SYN needn't be acknowledged yet (RFC 7413).
        let missing = Int32(bitPattern: other.end &- segment.acknowledgement)
        guard missing >= 0, missing <= 65_535 else { return .pass }
        var sender = side(fromInside: fromInside)
        sender.hasSYN = true
        sender.scale = segment.windowScale
        sender.end = segment.end
        sender.acknowledged = segment.acknowledgement
        sender.hasAcknowledged = true
        // The window of a SYN isn't scaled (RFC 7323, 2.2).
        let shift = Self.shift(sender, other)
        let scaled = (UInt32(segment.window) &+ (1 &<< shift) &- 1) &>> shift
        sender.window = UInt16(truncatingIfNeeded: scaled)
        set(sender, fromInside: fromInside)
        return .heard
    }

    /// Follows a segment without SYN and RST.
    @_noAllocation @_noLocks
    mutating func track(_ segment: TCPSegmentFacts, fromInside: Bool) -> Tracking {
        var sender = side(fromInside: fromInside)
        let other = side(fromInside: !fromInside)
        if !sender.hasSYN {
            // An answer of an old connection to a SYN (RFC 9293, 3.5.1) passes; before any SYN nothing does.
            return other.hasSYN ? .pass : .drop
        }
        let end = segment.end
        if other.hasAcknowledged {
            // Already had, or beyond both the window and what was sent before.
            if Self.isBefore(end, other.acknowledged) { return .heard }
            let edge = Self.edge(other, sender)
            if Self.isBefore(edge, segment.sequence), Self.isBefore(sender.end, segment.sequence) { return .heard }
        }
        if !sender.hasFIN, !Self.isBefore(end, sender.end) {
            sender.end = end
            sender.hasFIN = segment.has(TCPSegmentFacts.fin)
        }
        Self.acknowledge(segment, &sender, other)
        set(sender, fromInside: fromInside)
        return .heard
    }

    /// Whether a RST is one that its receiver would follow (RFC 9293, 3.10.7.3 and 3.10.7.4).
    @_noAllocation @_noLocks
    mutating func trackReset(_ segment: TCPSegmentFacts, fromInside: Bool) -> Tracking {
        let sender = side(fromInside: fromInside)
        let receiver = side(fromInside: !fromInside)
        // It follows what its sender has sent.
        let isNext = sender.hasSYN && segment.sequence == sender.end
        // It answers a SYN.
        let isAnswer =
            !receiver.hasAcknowledged && receiver.hasSYN && segment.has(TCPSegmentFacts.ack)
            && segment.acknowledgement == receiver.end
        var isRight = isNext || isAnswer
        if receiver.hasAcknowledged, !isRight {
            isRight =
                !Self.isBefore(segment.sequence, receiver.acknowledged)
                && !Self.isBefore(Self.edge(receiver, sender), segment.sequence)
        }
        if isRight {
            marks |= Mark.reset
            return .heard
        }
        if receiver.hasAcknowledged { return .drop }
        if case .opening = state {
            // Of whoever began it, in answer to an old connection's segment: the other side knows whether it is right.
            return fromInside != isIncoming && sender.hasSYN ? .pass : .drop
        }
        // Nothing is known of the receiver's window: taken for right.
        marks |= Mark.reset
        return .heard
    }

    /// Notes what a segment acknowledges, if the other side can have sent that, and the window, whose edge never goes back.
    @inline(__always) @_noAllocation @_noLocks
    private static func acknowledge(_ segment: TCPSegmentFacts, _ sender: inout Side, _ other: Side) {
        guard other.hasSYN, segment.has(TCPSegmentFacts.ack) else { return }
        let number = segment.acknowledgement
        let missing = Int32(bitPattern: other.end &- number)
        let shift = shift(sender, other)
        if !sender.hasAcknowledged {
            guard missing >= 0, missing <= 1 &<< 20 else { return }
            sender.hasAcknowledged = true
            sender.acknowledged = number
            sender.window = segment.window
            return
        }
        let advance = Int32(bitPattern: number &- sender.acknowledged)
        guard missing >= 0, advance >= 0 else { return }
        let left = Int64(UInt32(sender.window) &<< shift) &- Int64(advance)
        let kept = left > 0 ? UInt32(truncatingIfNeeded: (left &+ (1 &<< Int64(shift)) &- 1) &>> Int64(shift)) : 0
        sender.acknowledged = number
        // Invariant: at most the window that was.
        sender.window = UInt32(segment.window) > kept ? segment.window : UInt16(truncatingIfNeeded: kept)
    }

    /// Where a side's window ends.
    @inline(__always) @_noAllocation @_noLocks
    private static func edge(_ side: Side, _ other: Side) -> UInt32 {
        side.acknowledged &+ UInt32(side.window) &<< shift(side, other)
    }

    /// The window scale is in force only if both sides have offered one (RFC 7323, 2.2).
    @inline(__always) @_noAllocation @_noLocks
    private static func shift(_ side: Side, _ other: Side) -> UInt32 {
        side.scale == TCPSegmentFacts.noScale || other.scale == TCPSegmentFacts.noScale ? 0 : UInt32(side.scale)
    }

    @inline(__always) @_noAllocation @_noLocks
    private static func isAcknowledged(_ side: Side, by other: Side) -> Bool {
        other.hasAcknowledged && !isBefore(other.acknowledged, side.end)
    }

    /// Whether one sequence number comes before another.
    @inline(__always) @_noAllocation @_noLocks
    private static func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
        Int32(bitPattern: left &- right) < 0
    }
}
