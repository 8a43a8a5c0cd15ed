extension Router {
    /// A packet from an endpoint to one of the host's own addresses: the host's, unless that port is published (RFC
    /// 4787, REQ-9; RFC 5382, REQ-8) or the packet belongs to a flow that came in that way.
    @_noAllocation @_noLocks
    mutating func toHost(_ frame: RoutedFrame, _ packet: RoutedPacket, _ gateway: Gateway) -> RoutingVerdict {
        if let verdict = withoutPublish(frame, packet, gateway) { return verdict }
        if case .laterFragment = packet.kind {
            if fragments.count == 0 { return .toHost }
            let known = fragments.find(FragmentKey(packet, side: frame.ingress), now: frame.now)
            return laterFragmentHairpin(frame, packet, known)
        }
        var index = flows.findOutgoing(
            packet.proto, domain: frame.domain, inside: packet.source, remote: packet.destination)
        if index == 0 {
            if let verdict = verdict(ofNewHairpin: packet, published(frame, packet)) { return verdict }
            let creation = flows.createOutgoing(
                packet.proto, domain: frame.domain, insidePort: frame.ingress, insideMAC: frame.sourceMAC,
                inside: packet.source, remote: packet.destination, outsideHigh: packet.destination.high,
                outsideLow: packet.destination.low, uplink: 0, now: frame.now)
            switch creation {
            case .made(let made): index = made
            case .refused(let refusal): return refused(refusal)
            }
        }
        if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
        guard follow(index, fromInside: true, frame, packet) else { return .drop(.flowState) }
        if packet.isFirstFragment, !beginFragments(frame, packet, index, isOutgoing: true) {
            return .drop(.fragmentRefused)
        }
        let outside = flows.flow(index).pointee.outside
        packet.rewriteSource(frame.header, to: outside)
        packet.decrementHopLimit(frame.header)
        return translateIncoming(frame, packet, source: outside)
    }

    /// What happens to a packet to one of the host's addresses that no published port has to do with; nil: one may.
    @inline(__always) @_noAllocation @_noLocks
    func withoutPublish(_ frame: RoutedFrame, _ packet: RoutedPacket, _ gateway: Gateway) -> RoutingVerdict? {
        if gateway.isInternal {
            // Its own router's addresses are there for names and pings; the host's others are outside.
            if isRouter(packet.destination, gateway) { return .toHost }
            return .refuse(.internalNetwork, .unreachable(.prohibited))
        }
        switch packet.kind {
        case .tcp, .udp: return publishes.count == 0 ? .toHost : nil
        case .icmpError: return errorHairpin(frame, packet)
        case .laterFragment: return nil
        case .echo, .other, .malformed, .notIP, .tagged: return .toHost
        }
    }

    /// What happens to a packet to one of the host's addresses that begins no flow; nil: it begins one.
    @inline(__always) @_noAllocation @_noLocks
    func verdict(ofNewHairpin packet: RoutedPacket, _ target: PublishTarget) -> RoutingVerdict? {
        guard target.isFound else { return .toHost }
        if packet.isMartianSource || packet.isLinkLocalSource { return .drop(.martian) }
        guard begins(packet) else { return .drop(.noFlow) }
        return packet.hopLimit <= 1 ? .refuse(.hopLimitExceeded, .timeExceeded) : nil
    }

    /// Whether an address is the domain's router's.
    @inline(__always) @_noAllocation @_noLocks
    func isRouter(_ address: TransportAddress, _ gateway: Gateway) -> Bool {
        if address.isIPv4 { return address.ipv4 == gateway.router.ipv4 }
        return address.high == gateway.router.ipv6High && address.low == gateway.router.ipv6Low
    }
}
