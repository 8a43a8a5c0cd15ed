/// What comes by an uplink, and what goes from one endpoint to another by a published port. See `Router+Foresight`.
extension Router {
    /// What `incoming` would answer.
    func foreseeIncoming(_ frame: RoutedFrame, _ log: inout ExplanationLog) -> RoutingVerdict {
        let packet = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        if let refusal = refusal(ofIncoming: packet) { return refusal }
        if !isHosts(packet.destination) {
            let verdict = routeIncoming(frame, packet)
            guard case .held = verdict.kind else { return verdict }
            return foreseeWaiting(frame, way(into: verdict.domain), packet.destination, &log)
        }
        if isInsideAddress(packet.destination) { return .drop(.martian) }
        switch packet.kind {
        case .tcp, .udp, .echo:
            var changes = FlowChanges()
            let verdict = foreseeDelivery(frame, packet, source: packet.source, &changes, &log)
            return finish(verdict, frame, packet, &log)
        case .icmpError: return finish(errorIncoming(frame, packet), frame, packet, &log)
        case .laterFragment:
            let known = fragments.foresee(FragmentKey(packet, side: frame.ingress), now: frame.now)
            if !known.isFound { return foreseeHolding(frame, &log) }
            tell(flows.flow(known.flow).pointee, known.flow, .fragment, &log)
            return finish(laterFragmentIncoming(frame, packet, known), frame, packet, &log)
        case .other, .malformed, .notIP, .tagged: return .drop(.noFlow)
        }
    }

    /// See `translateIncoming` and `deliver`.
    func foreseeDelivery(
        _ frame: RoutedFrame, _ packet: RoutedPacket, source: TransportAddress, _ changes: inout FlowChanges,
        _ log: inout ExplanationLog
    ) -> RoutingVerdict {
        let outside = packet.destination
        var index = flows.findIncoming(packet.proto, outside: outside, remote: source)
        if changes.contains(index) { index = 0 }
        if index != 0 {
            tell(flows.flow(index).pointee, index, .existing, &log)
            return foreseeDelivery(frame, packet, flows.flow(index).pointee, isNew: false)
        }
        if packet.proto == IPProtocol.udp, isInPool(outside.port),
            let admission = flows.foreseeAdmission(outside: outside, remote: source, now: frame.now)
        {
            switch admission {
            case .standing(let number): return foreseeDelivery(frame, packet, flows.flow(number).pointee, isNew: false)
            case .made(let flow):
                tell(flow, 0, .admitted, &log)
                return foreseeDelivery(frame, packet, flow, isNew: true)
            case .refused: break
            }
        }
        guard packet.proto == IPProtocol.tcp || packet.proto == IPProtocol.udp else { return .drop(.noFlow) }
        let target = published(frame, packet)
        if target.isFound {
            log.add(.published, port: target.insidePort, first: UInt64(target.number), second: UInt64(target.domain))
            log.append(target.inside)
        }
        if let refusal = refusal(ofNew: packet, frame, target, source: source) { return refusal }
        let foresight = flows.foreseeIncoming(
            packet.proto, target, outside: outside, remote: source, uplink: frame.domain != 0 ? 0 : frame.ingress,
            now: frame.now, &changes)
        switch foresight {
        case .standing(let number):
            tell(flows.flow(number).pointee, number, .existing, &log)
            return foreseeDelivery(frame, packet, flows.flow(number).pointee, isNew: false)
        case .made(let flow):
            tell(flow, 0, .new, &log)
            return foreseeDelivery(frame, packet, flow, isNew: true)
        case .refused(let refusal): return .drop(refused(refusal).reason)
        }
    }

    /// See `deliver`.
    private func foreseeDelivery(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ flow: Flow, isNew: Bool
    ) -> RoutingVerdict {
        let cut = cut(frame, packet, into: flow.domain)
        if let refusal = refusal(ofDelivery: frame, packet, cut: cut) { return refusal }
        let passes = flows.foreseeFollowing(flow, isNew: isNew, fromInside: false, tcp: packet.tcp, now: frame.now)
        guard passes else { return .drop(.flowState) }
        if packet.isFirstFragment, frame.domain == 0, !foreseeFragments(frame, packet, isOutgoing: false) {
            return .drop(.fragmentRefused)
        }
        return withUnsafePointer(to: flow) { hand(frame, packet, $0, cut: cut) }
    }

    /// See `beginFragments`.
    func foreseeFragments(_ frame: RoutedFrame, _ packet: RoutedPacket, isOutgoing: Bool) -> Bool {
        let isNew = fragments.foreseeRemembering(FragmentKey(packet, side: frame.ingress), now: frame.now)
        if isNew, isOutgoing, packet.isIPv4 {
            packet.rewriteIdentification(frame.header, to: UInt32(identification &+ 1))
        }
        return isNew
    }

    /// See `hold`.
    func foreseeHolding(_ frame: RoutedFrame, _ log: inout ExplanationLog) -> RoutingVerdict {
        log.add(.held, port: frame.ingress, first: ExplainedWait.firstFragment.rawValue)
        return .drop(.fragmentRefused)
    }

    /// See `wait`.
    func foreseeWaiting(
        _ frame: RoutedFrame, _ decision: RouteDecision, _ destination: TransportAddress, _ log: inout ExplanationLog
    ) -> RoutingVerdict {
        tellHop(decision, destination, 0, &log)
        let hop = hop(decision, destination)
        let place = pending.place(for: frame, uplink: decision.uplink, high: hop.high, low: hop.low)
        return place >= 0 ? .held : .drop(.neighbourUnknown)
    }
}
