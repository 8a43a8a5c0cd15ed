/// What making and following flows would do, found without doing it. Each of these stands beside the function that does it
/// and asks in the same order; a test compares both on random traffic.
extension FlowTable {
    /// What `createOutgoing` would answer. `changes`: what was foreseen before, and what this would change.
    @_noAllocation @_noLocks
    func foreseeOutgoing(
        _ proto: UInt8, domain: UInt16, insidePort: UInt16, insideMAC: UInt64, inside: TransportAddress,
        remote: TransportAddress, outsideHigh: UInt64, outsideLow: UInt64, uplink: UInt16, now: UInt32,
        _ changes: inout FlowChanges
    ) -> FlowForesight {
        let standing = standingOutgoing(proto, domain: domain, inside: inside, remote: remote)
        if standing != 0, !changes.contains(standing) {
            if isLive(standing, insidePort: insidePort, now: now) { return .standing(standing) }
            changes.remove(standing)
        }
        if let refusal = foreseeRoom(insidePort: insidePort, fromOutside: false, &changes) { return .refused(refusal) }
        var outside = TransportAddress(high: outsideHigh, low: outsideLow, port: 0)
        var isForetold = true
        if proto == IPProtocol.udp {
            let mapping = foreseeMapping(
                domain: domain, insidePort: insidePort, inside: inside, outside: &outside, now: now, &changes)
            switch mapping {
            case .found: break
            case .unknown: isForetold = false
            case .refused(let refusal): return .refused(refusal)
            }
        } else {
            outside.port = foreseePort(proto, inside: inside, outside: outside, remote: remote, now: now, &changes)
        }
        if isForetold,
            outside.port == 0 || !isFree(proto, outside: outside, remote: remote, now: now, &changes)
        {
            return .refused(.noPort)
        }
        if !hasEntry(changes) { return .refused(.tableFull) }
        return .made(
            Flow(
                proto: proto, isIncoming: false, domain: domain, insidePort: insidePort, insideMAC: insideMAC,
                inside: inside, outside: outside, remote: remote, uplink: uplink, publish: 0, now: now))
    }

    /// What `createIncoming` would answer.
    @_noAllocation @_noLocks
    func foreseeIncoming(
        _ proto: UInt8, _ target: PublishTarget, outside: TransportAddress, remote: TransportAddress, uplink: UInt16,
        now: UInt32, _ changes: inout FlowChanges
    ) -> FlowForesight {
        let standing = standingIncoming(proto, outside: outside, remote: remote)
        if standing != 0, !changes.contains(standing) {
            let flow = flow(standing)
            let isSame =
                flow.pointee.isIncoming && flow.pointee.publish == target.number
                && flow.pointee.inside.isSame(as: target.inside) && flow.pointee.domain == target.domain & 0xFFF
            if isSame, isLive(standing, insidePort: target.insidePort, now: now) { return .standing(standing) }
            guard flow.pointee.isIncoming || isReusable(standing, now: now) else { return .refused(.noPort) }
            changes.remove(standing)
        }
        let twin = standingOutgoing(proto, domain: target.domain, inside: target.inside, remote: remote)
        if twin != 0, !changes.contains(twin) {
            guard isReusable(twin, now: now) else { return .refused(.noPort) }
            changes.remove(twin)
        }
        if let refusal = foreseeRoom(insidePort: target.insidePort, fromOutside: true, &changes) {
            return .refused(refusal)
        }
        if !hasEntry(changes) { return .refused(.tableFull) }
        return .made(
            Flow(
                proto: proto, isIncoming: true, domain: target.domain, insidePort: target.insidePort,
                insideMAC: target.insideMAC, inside: target.inside, outside: outside, remote: remote, uplink: uplink,
                publish: target.number, now: now))
    }

    /// What `admitIncoming` would answer; nil: the datagram must not pass as one of a socket's.
    @_noAllocation @_noLocks
    func foreseeAdmission(outside: TransportAddress, remote: TransportAddress, now: UInt32) -> FlowForesight? {
        var witness = permission(outside: outside, remote: remote)
        var looks = 16
        while witness != 0, looks > 0, flow(witness).pointee.isExpired(now: now) {
            witness = permitted.next(witness)
            looks &-= 1
        }
        if witness == 0 || flow(witness).pointee.isExpired(now: now) { return nil }
        let known = flow(witness).pointee
        var changes = FlowChanges()
        let standing = standingIncoming(IPProtocol.udp, outside: outside, remote: remote)
        if standing != 0 {
            if !flow(standing).pointee.isExpired(now: now) { return .standing(standing) }
            changes.remove(standing)
        }
        let twin = standingOutgoing(IPProtocol.udp, domain: known.domain, inside: known.inside, remote: remote)
        if twin != 0, !changes.contains(twin) {
            guard isReusable(twin, now: now) else { return nil }
            changes.remove(twin)
        }
        if case .some = foreseeRoom(insidePort: known.insidePort, fromOutside: true, &changes) { return nil }
        if !hasEntry(changes) { return nil }
        var flow = Flow(
            proto: IPProtocol.udp, isIncoming: false, domain: known.domain, insidePort: known.insidePort,
            insideMAC: known.insideMAC, inside: known.inside, outside: outside, remote: remote,
            uplink: known.uplink, publish: 0, now: now)
        flow.marks = Flow.Mark.admitted
        return .made(flow)
    }

    /// What `follow` would answer for a frame of a flow, given as it is. `isNew`: it would just have been made.
    @_noAllocation @_noLocks
    func foreseeFollowing(
        _ known: Flow, isNew: Bool, fromInside: Bool, tcp segment: TCPSegmentFacts, now: UInt32
    ) -> Bool {
        var flow = known
        guard isNew || flow.seal != 0 else { return false }
        if flow.proto != IPProtocol.tcp {
            let wouldLive = flow.isClosed && wouldReopen(flow, fromInside: fromInside)
            return !wouldLive || mayReturn(insidePort: flow.insidePort)
        }
        guard segment.isPossible else { return false }
        var tracking = Flow.Tracking.drop
        if segment.has(TCPSegmentFacts.syn) {
            let isAnswer = segment.has(TCPSegmentFacts.ack)
            var isFirst = false
            switch flow.state {
            case .established, .unused: return true
            case .closing, .closed:
                if isAnswer { return true }
                guard fromInside != flow.isIncoming, mayReopen(flow) else { return false }
                flow.state = .opening
                isFirst = true
            case .opening: break
            }
            tracking =
                isAnswer
                ? flow.trackAnswer(segment, fromInside: fromInside)
                : flow.trackSYN(segment, fromInside: fromInside, isFirst: isFirst)
        } else if segment.has(TCPSegmentFacts.rst) {
            tracking = flow.trackReset(segment, fromInside: fromInside)
        } else {
            if flow.marks & Flow.Mark.reset != 0 {
                let isSilent = now &- flow.seen >= FlowTimer.resetSilence
                if segment.payloadLength > 0 || isSilent {
                    guard mayReturn(insidePort: flow.insidePort) else { return false }
                    flow.marks &= ~Flow.Mark.reset
                }
            }
            tracking = flow.track(segment, fromInside: fromInside)
        }
        if case .drop = tracking { return false }
        return true
    }

    /// Whether a closed flow that isn't TCP would be open after a frame.
    @_noAllocation @_noLocks
    private func wouldReopen(_ flow: Flow, fromInside: Bool) -> Bool {
        if flow.isIncoming { return !fromInside && flow.marks & Flow.Mark.answered != 0 }
        if fromInside { return true }
        if flow.isFromOutside { return false }
        return !(flow.proto == IPProtocol.udp && flow.remote.port == 53)
    }

    /// Whether a closing or closed flow may begin again with the same ends.
    @_noAllocation @_noLocks
    private func mayReopen(_ flow: Flow) -> Bool {
        guard !flow.isClosed || mayReturn(insidePort: flow.insidePort) else { return false }
        var changes = FlowChanges()
        if case .some = foreseeOpeningRoom(insidePort: flow.insidePort, fromOutside: flow.isFromOutside, &changes) {
            return false
        }
        return true
    }

    @inline(__always) @_noAllocation @_noLocks
    private func isLive(_ number: UInt32, insidePort: UInt16, now: UInt32) -> Bool {
        !flow(number).pointee.isExpired(now: now) && flow(number).pointee.insidePort == insidePort & Flow.portMask
    }

    @inline(__always) @_noAllocation @_noLocks
    func isReusable(_ number: UInt32, now: UInt32) -> Bool {
        flow(number).pointee.isClosed || flow(number).pointee.isExpired(now: now)
    }
}
