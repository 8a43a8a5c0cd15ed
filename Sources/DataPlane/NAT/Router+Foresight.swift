/// What the router would do with a packet, found without doing it: the questions are those of `outgoing` and `incoming`, in
/// their order, and the tables stay as they are. The frame is rewritten as it would be: give it a copy.
extension Router {
    /// What `outgoing` would answer. What waits already isn't let go, so that no verdict has followers that matter.
    func foreseeOutgoing(_ frame: RoutedFrame, _ log: inout ExplanationLog) -> RoutingVerdict {
        let packet = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        let gateway = gateway(frame.domain)
        let departure = consider(frame, packet, gateway)
        switch departure.course {
        case .decided:
            switch departure.verdict.reason {
            case .noRoute, .exceedsUplinkMTU: tell(departure, packet, &log)
            default: break
            }
            if case .toHost = departure.verdict.kind { tellHost(packet, gateway.pointee, &log) }
            return departure.verdict
        case .names:
            // A copy.
            var bucket = questionBuckets[Int(frame.ingress) & (Switch.portLimit &- 1)]
            return toNames(frame, packet, gateway.pointee, &bucket)
        case .host:
            let verdict = foreseeHost(frame, packet, gateway.pointee, &log)
            if case .toHost = verdict.kind { tellHost(packet, gateway.pointee, &log) }
            return finish(verdict, frame, packet, &log)
        case .leaves: break
        }
        tell(departure, packet, &log)
        let verdict = foreseeSending(frame, packet, departure.decision, gateway.pointee, &log)
        switch verdict.kind {
        case .toUplink: return departure.cut(finish(verdict, frame, packet, &log), frame, packet)
        case .held: return foreseeWaiting(frame, departure.decision, packet.destination, &log)
        case .drop, .refuse, .toHost, .toEndpoint, .toNames: return verdict
        }
    }

    /// A packet that may leave, by its kind. See `outgoing`.
    private func foreseeSending(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway,
        _ log: inout ExplanationLog
    ) -> RoutingVerdict {
        switch packet.kind {
        case .tcp, .udp, .echo: return foreseeTranslation(frame, packet, decision, gateway, &log)
        case .icmpError:
            let index = flowOfError(frame, packet)
            if index != 0 { tell(flows.flow(index).pointee, index, .quoted, &log) }
            return errorOutgoing(frame, packet, decision, gateway)
        case .laterFragment:
            let known = fragments.foresee(FragmentKey(packet, side: frame.ingress), now: frame.now)
            if !known.isFound, !gateway.isRouted { return foreseeHolding(frame, &log) }
            if known.isFound { tell(flows.flow(known.flow).pointee, known.flow, .fragment, &log) }
            return laterFragmentOutgoing(frame, packet, known, decision, gateway)
        case .other:
            if gateway.isRouted { return routeOutgoing(frame, packet, decision, gateway) }
            return .refuse(.untranslatable, .unreachable(.prohibited))
        case .malformed, .notIP, .tagged: return .drop(.packetMalformed)
        }
    }

    /// See `translateOutgoing`.
    private func foreseeTranslation(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway,
        _ log: inout ExplanationLog
    ) -> RoutingVerdict {
        var changes = FlowChanges()
        var meaning = ExplainedFlow.new
        var index = flows.findOutgoing(
            packet.proto, domain: frame.domain, inside: packet.source, remote: packet.destination)
        if index != 0, packet.proto != IPProtocol.tcp, leadsElsewhere(index, decision) {
            changes.remove(index)
            index = 0
            meaning = .replaced
        }
        if index == 0 {
            if gateway.isRouted { return routeOutgoing(frame, packet, decision, gateway) }
            guard begins(packet) else { return .drop(.noFlow) }
            guard let outside = outsideAddress(decision, isIPv4: packet.isIPv4) else {
                return .refuse(.noRoute, .unreachable(.network))
            }
            let mac = nextHop(decision, packet.destination)
            if mac == 0 { return .held }
            let foresight = flows.foreseeOutgoing(
                packet.proto, domain: frame.domain, insidePort: frame.ingress, insideMAC: frame.sourceMAC,
                inside: packet.source, remote: packet.destination, outsideHigh: outside.high, outsideLow: outside.low,
                uplink: decision.uplink, now: frame.now, &changes)
            switch foresight {
            case .standing(let number): index = number
            case .made(let flow):
                tellHop(decision, packet.destination, mac, &log)
                tell(flow, 0, meaning, &log)
                return foreseeLeaving(frame, packet, flow, isNew: true, decision, mac)
            case .refused(let refusal): return refused(refusal)
            }
        }
        let flow = flows.flow(index).pointee
        tell(flow, index, .existing, &log)
        let mac = nextHop(decision, packet.destination, of: index)
        if mac == 0 { return .held }
        tellHop(decision, packet.destination, mac, &log)
        return foreseeLeaving(frame, packet, flow, isNew: false, decision, mac)
    }

    /// See `leave`.
    private func foreseeLeaving(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ flow: Flow, isNew: Bool, _ decision: RouteDecision,
        _ mac: UInt64
    ) -> RoutingVerdict {
        let passes = flows.foreseeFollowing(flow, isNew: isNew, fromInside: true, tcp: packet.tcp, now: frame.now)
        guard passes else { return .drop(.flowState) }
        if packet.isFirstFragment, !foreseeFragments(frame, packet, isOutgoing: true) {
            return .drop(.fragmentRefused)
        }
        return depart(frame, packet, from: flow.outside, by: decision, to: mac)
    }

    /// See `toHost`.
    private func foreseeHost(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ gateway: Gateway, _ log: inout ExplanationLog
    ) -> RoutingVerdict {
        if let verdict = withoutPublish(frame, packet, gateway) { return verdict }
        if case .laterFragment = packet.kind {
            if fragments.count == 0 { return .toHost }
            let known = fragments.foresee(FragmentKey(packet, side: frame.ingress), now: frame.now)
            return laterFragmentHairpin(frame, packet, known)
        }
        var changes = FlowChanges()
        let index = flows.findOutgoing(
            packet.proto, domain: frame.domain, inside: packet.source, remote: packet.destination)
        var flow = flows.flow(index).pointee
        var isNew = false
        if index == 0 {
            if let verdict = verdict(ofNewHairpin: packet, published(frame, packet)) { return verdict }
            let foresight = flows.foreseeOutgoing(
                packet.proto, domain: frame.domain, insidePort: frame.ingress, insideMAC: frame.sourceMAC,
                inside: packet.source, remote: packet.destination, outsideHigh: packet.destination.high,
                outsideLow: packet.destination.low, uplink: 0, now: frame.now, &changes)
            switch foresight {
            case .standing(let number): flow = flows.flow(number).pointee
            case .made(let made):
                flow = made
                isNew = true
                changes.madeFor = frame.ingress
            case .refused(let refusal): return refused(refusal)
            }
        }
        tell(flow, index, isNew ? .new : .existing, &log)
        if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
        let passes = flows.foreseeFollowing(flow, isNew: isNew, fromInside: true, tcp: packet.tcp, now: frame.now)
        guard passes else { return .drop(.flowState) }
        if packet.isFirstFragment, !foreseeFragments(frame, packet, isOutgoing: true) {
            return .drop(.fragmentRefused)
        }
        packet.rewriteSource(frame.header, to: flow.outside)
        packet.decrementHopLimit(frame.header)
        return foreseeDelivery(frame, packet, source: flow.outside, &changes, &log)
    }
}
