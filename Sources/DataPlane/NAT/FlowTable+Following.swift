extension FlowTable {
    /// Follows a frame of a flow: its time, counts and state.
    ///
    /// - Parameters:
    ///   - index: the flow.
    ///   - fromInside: whether the endpoint has sent it.
    ///   - frames: 1; of a super-frame its segments.
    ///   - bytes: of the frame.
    ///   - tcp: ignored unless the flow is TCP.
    ///   - now: milliseconds.
    /// - Returns: false: it must not pass: of TCP, flags that can't be together, a RST that its receiver wouldn't follow, a
    ///   SYN of the wrong side, or anything before a SYN; or a closed flow would live again beyond its endpoint's limit.
    @_noAllocation @_noLocks
    package mutating func follow(
        _ index: UInt32, fromInside: Bool, frames: UInt32, bytes: Int, tcp: TCPSegmentFacts, now: UInt32
    ) -> Bool {
        clock = now
        let number = index & UInt32(truncatingIfNeeded: Self.capacity &- 1)
        let flow = flow(number)
        guard number != 0, flow.pointee.seal != 0 else { return false }
        if flow.pointee.proto == IPProtocol.tcp {
            guard followTCP(number, flow, fromInside: fromInside, tcp, now: now) else { return false }
        } else {
            guard followDatagram(number, flow, fromInside: fromInside, now: now) else { return false }
        }
        flow.pointee.count(fromInside: fromInside, frames: frames, bytes: bytes)
        return true
    }

    /// UDP and echo.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func followDatagram(
        _ number: UInt32, _ flow: UnsafeMutablePointer<Flow>, fromInside: Bool, now: UInt32
    ) -> Bool {
        let state = followedState(number, flow, fromInside: fromInside)
        if state.code != flow.pointee.state.code {
            if flow.pointee.isClosed, !mayReturn(insidePort: flow.pointee.insidePort) { return false }
            change(number, to: state)
        }
        // RFC 4787, REQ-6: what comes from outside keeps nothing alive but what the outside may begin anyway.
        if fromInside || flow.pointee.isIncoming { flow.pointee.seen = now }
        return true
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func followedState(
        _ number: UInt32, _ flow: UnsafeMutablePointer<Flow>, fromInside: Bool
    ) -> FlowState {
        if flow.pointee.isIncoming {
            if fromInside {
                flow.pointee.marks |= Flow.Mark.answered
                return flow.pointee.state
            }
            return flow.pointee.marks & Flow.Mark.answered != 0 ? .established : flow.pointee.state
        }
        if fromInside {
            if flow.pointee.isFromOutside {
                settle(number, flow)
                return .established
            }
            return flow.pointee.isClosed ? .established : flow.pointee.state
        }
        if flow.pointee.isFromOutside { return flow.pointee.state }
        // A question to a name server was answered: its port may serve others (RFC 4787, REQ-5a).
        let isAnswer = flow.pointee.proto == IPProtocol.udp && flow.pointee.remote.port == 53
        return isAnswer ? .closed : .established
    }

    /// An admitted flow becomes one like others, since the inside has sent to that port.
    @_noAllocation @_noLocks
    private mutating func settle(_ number: UInt32, _ flow: UnsafeMutablePointer<Flow>) {
        leave(number)
        flow.pointee.marks &= ~Flow.Mark.admitted
        enter(number)
        permit(number)
    }

    @inline(__always) @_noAllocation @_noLocks
    private mutating func followTCP(
        _ number: UInt32, _ flow: UnsafeMutablePointer<Flow>, fromInside: Bool, _ segment: TCPSegmentFacts, now: UInt32
    ) -> Bool {
        guard segment.isPossible else { return false }
        if segment.has(TCPSegmentFacts.syn) {
            return followSYN(number, flow, fromInside: fromInside, segment, now: now)
        }
        let tracking: Flow.Tracking
        if segment.has(TCPSegmentFacts.rst) {
            tracking = flow.pointee.trackReset(segment, fromInside: fromInside)
        } else {
            if flow.pointee.marks & Flow.Mark.reset != 0 {
                // RFC 7857, 2.2: whoever forges a RST must not end a connection that goes on.
                let isSilent = now &- flow.pointee.seen >= FlowTimer.resetSilence
                if segment.payloadLength > 0 || isSilent {
                    guard mayReturn(insidePort: flow.pointee.insidePort) else { return false }
                    flow.pointee.marks &= ~Flow.Mark.reset
                }
            }
            tracking = flow.pointee.track(segment, fromInside: fromInside)
        }
        if case .drop = tracking { return false }
        if case .heard = tracking {
            flow.pointee.seen = now
            let state = flow.pointee.trackedState
            if state.code != flow.pointee.state.code { change(number, to: state) }
        }
        return true
    }

    @_noAllocation @_noLocks
    private mutating func followSYN(
        _ number: UInt32, _ flow: UnsafeMutablePointer<Flow>, fromInside: Bool, _ segment: TCPSegmentFacts, now: UInt32
    ) -> Bool {
        let isAnswer = segment.has(TCPSegmentFacts.ack)
        var isFirst = false
        switch flow.pointee.state {
        case .established, .unused:
            // The other side answers with what it knows of the connection (RFC 5961, 4).
            return true
        case .closing, .closed:
            if isAnswer { return true }
            guard fromInside != flow.pointee.isIncoming else { return false }
            guard reopen(number, flow) else { return false }
            isFirst = true
        case .opening: break
        }
        let tracking =
            isAnswer
            ? flow.pointee.trackAnswer(segment, fromInside: fromInside)
            : flow.pointee.trackSYN(segment, fromInside: fromInside, isFirst: isFirst)
        if case .drop = tracking { return false }
        if case .pass = tracking { return true }
        flow.pointee.seen = now
        let state = flow.pointee.trackedState
        if state.code != flow.pointee.state.code { change(number, to: state) }
        return true
    }

    /// A closing or closed flow begins again with the same ends.
    @_noAllocation @_noLocks
    private mutating func reopen(_ number: UInt32, _ flow: UnsafeMutablePointer<Flow>) -> Bool {
        let wasClosed = flow.pointee.isClosed
        let isWithin = !wasClosed || mayReturn(insidePort: flow.pointee.insidePort)
        guard isWithin else { return false }
        // Not opening itself, so it is never its own victim.
        let fromOutside = flow.pointee.isFromOutside
        if case .some = makeOpeningRoom(insidePort: flow.pointee.insidePort, fromOutside: fromOutside) { return false }
        change(number, to: .opening)
        return true
    }
}
