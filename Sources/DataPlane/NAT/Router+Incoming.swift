extension Router {
    /// What happens to a frame that came by an uplink: to the endpoint whose flow it belongs to, or that its port is
    /// published for. What is for the host itself has reached the kernel by another way.
    @_noAllocation @_noLocks
    mutating func incoming(_ frame: RoutedFrame) -> RoutingVerdict {
        let packet = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        if let refusal = refusal(ofIncoming: packet) { return refusal }
        if !isHosts(packet.destination) {
            let verdict = routeIncoming(frame, packet)
            guard case .held = verdict.kind else { return verdict }
            return wait(frame, way(into: verdict.domain), packet.destination)
        }
        if isInsideAddress(packet.destination) { return .drop(.martian) }
        switch packet.kind {
        case .tcp, .udp, .echo: return translateIncoming(frame, packet, source: packet.source)
        case .icmpError: return errorIncoming(frame, packet)
        case .laterFragment:
            let key = FragmentKey(packet, side: frame.ingress)
            let known = fragments.find(key, now: frame.now)
            return known.isFound ? laterFragmentIncoming(frame, packet, known) : hold(frame, key)
        case .other, .malformed, .notIP, .tagged: return .drop(.noFlow)
        }
    }

    /// Why a packet that came by an uplink is nobody's, whoever it is for; nil: it may be somebody's.
    @inline(__always) @_noAllocation @_noLocks
    func refusal(ofIncoming packet: RoutedPacket) -> RoutingVerdict? {
        switch packet.kind {
        case .notIP, .tagged, .malformed: return .drop(.packetMalformed)
        case .tcp, .udp, .echo, .icmpError, .laterFragment, .other: break
        }
        return packet.isMartianSource || packet.isLinkLocalSource ? .drop(.martian) : nil
    }

    /// Whether one of the host's addresses is a network's own gateway: whoever is answered from it has seen an inside
    /// address outside.
    @inline(__always) @_noAllocation @_noLocks
    func isInsideAddress(_ address: TransportAddress) -> Bool {
        let owner = hostAddresses.port(of: address)
        return owner != 0 && !uplink(owner).pointee.isPresent
    }

    /// Whether an address is one of the host's.
    @inline(__always) @_noAllocation @_noLocks
    func isHosts(_ address: TransportAddress) -> Bool {
        hostAddresses.contains(high: address.high, low: address.low)
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
            let target = published(frame, packet)
            if let refusal = refusal(ofNew: packet, frame, target, source: source) { return refusal }
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

    /// Where a packet to one of the host's addresses leads that is of no flow.
    @inline(__always) @_noAllocation @_noLocks
    func published(_ frame: RoutedFrame, _ packet: RoutedPacket) -> PublishTarget {
        let way = frame.domain != 0 ? hostAddresses.port(of: packet.destination) : frame.ingress
        return publishes.lookup(proto: packet.proto, destination: packet.destination, uplink: way)
    }

    /// Why a packet to a published port begins no flow; nil: it may.
    @inline(__always) @_noAllocation @_noLocks
    func refusal(
        ofNew packet: RoutedPacket, _ frame: RoutedFrame, _ target: PublishTarget, source: TransportAddress
    ) -> RoutingVerdict? {
        guard target.isFound, begins(packet) else { return .drop(.noFlow) }
        if frame.domain != 0 { return nil }
        if isFromElsewhere(source) { return .drop(.martian) }
        return packet.hopLimit <= 1 ? .refuse(.hopLimitExceeded, .timeExceeded) : nil
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
        let cut = cut(frame, packet, into: flow.pointee.domain)
        if let refusal = refusal(ofDelivery: frame, packet, cut: cut) { return refusal }
        guard follow(index, fromInside: false, frame, packet) else { return .drop(.flowState) }
        if packet.isFirstFragment, frame.domain == 0,
            !beginFragments(frame, packet, index, isOutgoing: false)
        {
            return .drop(.fragmentRefused)
        }
        if frame.domain == 0, flow.pointee.isIncoming { remoteMAC(index).pointee = frame.sourceMAC }
        return hand(frame, packet, flow, cut: cut)
    }

    /// The largest packet of a domain that a packet from outside is too long for; -1: it fits.
    @inline(__always) @_noAllocation @_noLocks
    func cut(_ frame: RoutedFrame, _ packet: RoutedPacket, into domain: UInt16) -> Int {
        let mtu = gateway(domain).pointee.mtu
        return frame.domain == 0 && exceeds(frame, packet, mtu: mtu) ? mtu : -1
    }

    /// Why a packet from outside can't go to its endpoint; nil: it can. `cut`: see there.
    @inline(__always) @_noAllocation @_noLocks
    func refusal(ofDelivery frame: RoutedFrame, _ packet: RoutedPacket, cut: Int) -> RoutingVerdict? {
        if frame.domain != 0 { return nil }
        if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
        return cut >= 0 && !mayBeCut(frame, packet) ? .refuse(.exceedsUplinkMTU, .tooBig(cut)) : nil
    }

    /// Rewrites a packet of a flow for its endpoint. `cut`: see there.
    @inline(__always) @_noAllocation @_noLocks
    func hand(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ flow: UnsafePointer<Flow>, cut: Int
    ) -> RoutingVerdict {
        let domain = flow.pointee.domain
        packet.rewriteDestination(frame.header, to: flow.pointee.inside)
        if frame.domain == 0 { packet.decrementHopLimit(frame.header) }
        packet.rewriteEthernet(
            frame.header, source: gateway(domain).pointee.router.mac, destination: flow.pointee.insideMAC)
        var verdict = RoutingVerdict.toEndpoint(flow.pointee.insidePort, domain: domain)
        guard frame.domain == 0 else { return verdict }
        verdict.isFollowed(by: packet, frame, fragments.heldCount)
        if cut >= 0 { verdict.fragmentMTU = cut }
        return verdict
    }

    /// The way to a neighbour in a routed network: neighbours on the host port are told like those on an uplink.
    @inline(__always) @_noAllocation @_noLocks
    func way(into domain: UInt16) -> RouteDecision {
        var way = RouteDecision()
        way.uplink = gateway(domain).pointee.port
        return way
    }

    /// A packet to an address that isn't the host's: an endpoint's of a network with routes of its own, or nobody's.
    /// `held`: its next hop there isn't known.
    @_noAllocation @_noLocks
    func routeIncoming(_ frame: RoutedFrame, _ packet: RoutedPacket) -> RoutingVerdict {
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
                let hop = nextHop(way(into: domain), packet.destination)
                if hop == 0 { return .held(into: domain) }
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
