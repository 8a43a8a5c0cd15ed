extension Router {
    /// What happens to a frame that came by an uplink: to the endpoint whose flow it belongs to, or that its port is
    /// published for. What is for the host itself has reached the kernel by another way.
    @_noAllocation @_noLocks
    mutating func incoming(_ frame: RoutedFrame) -> RoutingVerdict {
        let packet = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        switch packet.kind {
        case .notIP, .tagged, .malformed: return .drop(.packetMalformed)
        case .tcp, .udp, .echo, .icmpError, .laterFragment, .other: break
        }
        if packet.isMartianSource || packet.isLinkLocalSource { return .drop(.martian) }
        if !hostAddresses.contains(high: packet.destination.high, low: packet.destination.low) {
            return routeIncoming(frame, packet)
        }
        // A network's own gateway is an inside address: whoever is answered from it has seen one outside.
        let owner = hostAddresses.port(of: packet.destination)
        if owner != 0, !uplink(owner).pointee.isPresent { return .drop(.martian) }
        switch packet.kind {
        case .tcp, .udp, .echo: return translateIncoming(frame, packet, source: packet.source)
        case .icmpError: return errorIncoming(frame, packet)
        case .laterFragment: return laterFragmentIncoming(frame, packet)
        case .other, .malformed, .notIP, .tagged: return .drop(.noFlow)
        }
    }

    /// A packet to one of the host's addresses. `source` is the packet's as it is now: a hairpin has rewritten it.
    @_noAllocation @_noLocks
    mutating func translateIncoming(
        _ frame: RoutedFrame, _ packet: RoutedPacket, source: TransportAddress
    ) -> RoutingVerdict {
        let outside = packet.destination
        var index = flows.findIncoming(packet.proto, outside: outside, remote: source)
        if index == 0, packet.proto == IPProtocol.udp, isInPool(outside.port) {
            index = flows.admitIncoming(outside: outside, remote: source, now: frame.now)
        }
        if index == 0 {
            guard packet.proto == IPProtocol.tcp || packet.proto == IPProtocol.udp else { return .drop(.noFlow) }
            let isHairpin = frame.domain != 0
            let way = isHairpin ? hostAddresses.port(of: outside) : frame.ingress
            let target = publishes.lookup(proto: packet.proto, destination: outside, uplink: way)
            guard target.isFound, begins(packet) else { return .drop(.noFlow) }
            if !isHairpin {
                if isFromElsewhere(source) { return .drop(.martian) }
                if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
            }
            let creation = flows.createIncoming(
                packet.proto, domain: target.domain, insidePort: target.insidePort, insideMAC: target.insideMAC,
                inside: target.inside, outside: outside, remote: source, uplink: isHairpin ? 0 : frame.ingress,
                publish: target.number, now: frame.now)
            switch creation {
            case .made(let made): index = made
            // Nobody outside is told what goes on inside.
            case .refused(let refusal): return .drop(refused(refusal).reason)
            }
        }
        return deliver(frame, packet, index)
    }

    /// Whether the host would not send to an address by an uplink, so that nothing from there comes by one (RFC 3704,
    /// loosely): no network's own addresses from outside.
    @inline(__always) @_noAllocation @_noLocks
    private func isFromElsewhere(_ source: TransportAddress) -> Bool {
        let back = routes.lookup(high: source.high, low: source.low)
        return !back.isFound || back.uplink == 0
    }

    /// Sends a packet of a flow to its endpoint.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func deliver(_ frame: RoutedFrame, _ packet: RoutedPacket, _ index: UInt32) -> RoutingVerdict {
        let flow = flows.flow(index)
        let mtu = gateway(flow.pointee.domain).pointee.mtu
        let isTooLong = exceeds(frame, packet, mtu: mtu)
        if frame.domain == 0 {
            if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
            if isTooLong, !mayBeCut(frame, packet) { return .refuse(.exceedsUplinkMTU, .tooBig(mtu)) }
        }
        guard follow(index, fromInside: false, frame, packet) else { return .drop(.flowState) }
        if packet.isFirstFragment, frame.domain == 0,
            !beginFragments(frame, packet, index, isOutgoing: false)
        {
            return .drop(.fragmentRefused)
        }
        if frame.domain == 0, flow.pointee.isIncoming { remoteMAC(index).pointee = frame.sourceMAC }
        packet.rewriteDestination(frame.header, to: flow.pointee.inside)
        if frame.domain == 0 { packet.decrementHopLimit(frame.header) }
        var verdict = hand(frame, packet, index)
        if isTooLong, frame.domain == 0 { verdict.fragmentMTU = mtu }
        return verdict
    }

    /// What is left to do when a packet's addresses are the endpoint's.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func hand(_ frame: RoutedFrame, _ packet: RoutedPacket, _ index: UInt32) -> RoutingVerdict {
        let flow = flows.flow(index)
        let domain = flow.pointee.domain
        packet.rewriteEthernet(
            frame.header, source: gateway(domain).pointee.router.mac, destination: flow.pointee.insideMAC)
        var verdict = RoutingVerdict.toEndpoint(flow.pointee.insidePort, domain: domain)
        if frame.domain == 0 { verdict.isFollowed(by: packet, frame, fragments.heldCount) }
        return verdict
    }

    /// A packet to an address that isn't the host's: an endpoint's of a network with routes of its own, or nobody's.
    @_noAllocation @_noLocks
    private mutating func routeIncoming(_ frame: RoutedFrame, _ packet: RoutedPacket) -> RoutingVerdict {
        var position = 0
        while position < routedCount {
            let domain = routedDomains[position & 63]
            let gateway = gateway(domain).pointee
            if gateway.subnets.0.contains(packet.destination) || gateway.subnets.1.contains(packet.destination) {
                if isFromElsewhere(packet.source) { return .drop(.martian) }
                if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
                let isTooLong = exceeds(frame, packet, mtu: gateway.mtu)
                if isTooLong, !mayBeCut(frame, packet) {
                    return .refuse(.exceedsUplinkMTU, .tooBig(gateway.mtu))
                }
                // Neighbours on the host port are told like those on an uplink.
                var way = RouteDecision()
                way.uplink = gateway.port
                let hop = nextHop(way, packet.destination)
                if hop == 0 { return wait(frame, way, packet.destination) }
                packet.decrementHopLimit(frame.header)
                packet.rewriteEthernet(frame.header, source: gateway.router.mac, destination: hop)
                // Where that station is the switch knows.
                var verdict = RoutingVerdict.toEndpoint(0, domain: domain)
                if isTooLong { verdict.fragmentMTU = gateway.mtu }
                return verdict
            }
            position &+= 1
        }
        return .drop(.notForHost)
    }
}
