extension Router {
    /// What happens to a frame that an endpoint sent to its router's MAC address. The order of the checks is that of a
    /// router (RFC 1812, 5.2): is it a packet, is it for this host, may it leave, does it fit, by which flow.
    @_noAllocation @_noLocks
    mutating func outgoing(_ frame: RoutedFrame) -> RoutingVerdict {
        let packet = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        let gateway = gateway(frame.domain)
        let departure = consider(frame, packet, gateway)
        switch departure.course {
        case .decided: return departure.verdict
        case .names: return toNames(frame, packet, gateway.pointee)
        case .host: return toHost(frame, packet, gateway.pointee)
        case .leaves: break
        }
        let verdict = send(frame, packet, departure.decision, gateway.pointee)
        switch verdict.kind {
        case .toUplink: return departure.cut(verdict, frame, packet)
        case .held: return wait(frame, departure.decision, packet.destination)
        case .drop, .refuse, .toHost, .toEndpoint, .toNames: return verdict
        }
    }

    /// A packet that may leave, by its kind.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func send(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway
    ) -> RoutingVerdict {
        switch packet.kind {
        case .tcp, .udp, .echo: return translateOutgoing(frame, packet, decision, gateway)
        case .icmpError: return errorOutgoing(frame, packet, decision, gateway)
        case .laterFragment:
            let key = FragmentKey(packet, side: frame.ingress)
            let known = fragments.find(key, now: frame.now)
            if !known.isFound, !gateway.isRouted { return hold(frame, key) }
            return laterFragmentOutgoing(frame, packet, known, decision, gateway)
        case .other:
            if gateway.isRouted { return routeOutgoing(frame, packet, decision, gateway) }
            return .refuse(.untranslatable, .unreachable(.prohibited))
        case .malformed, .notIP, .tagged: return .drop(.packetMalformed)
        }
    }

    /// The largest packet that a way takes.
    @inline(__always) @_noAllocation @_noLocks
    func mtu(of decision: RouteDecision) -> Int {
        let own = uplink(decision.uplink).pointee.mtu
        let told = Int(decision.mtu)
        return told > 0 && told < own ? told : own
    }

    /// Whether this router cuts a packet where it has to. Options would have to be copied or not, each by its kind: who
    /// sends them finds out the MTU.
    @inline(__always) @_noAllocation @_noLocks
    func mayBeCut(_ frame: RoutedFrame, _ packet: RoutedPacket) -> Bool {
        packet.mayBeFragmented && !packet.hasOptions && !frame.isSuperframe
    }

    /// Whether a packet is too long for a way. Of a super-frame each segment must fit.
    @inline(__always) @_noAllocation @_noLocks
    func exceeds(_ frame: RoutedFrame, _ packet: RoutedPacket, mtu: Int) -> Bool {
        if !frame.isSuperframe { return packet.packetLength > mtu }
        return packet.packetLength &- packet.transportPayload &+ frame.segmentSize > mtu
    }

    /// A packet of a flow, or one that begins a flow.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func translateOutgoing(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway
    ) -> RoutingVerdict {
        var index = flows.findOutgoing(
            packet.proto, domain: frame.domain, inside: packet.source, remote: packet.destination)
        if index != 0, packet.proto != IPProtocol.tcp {
            // The host's routes lead elsewhere now. TCP would not survive another address; all else begins anew.
            if leadsElsewhere(index, decision) {
                flows.remove(index)
                index = 0
            }
        }
        if index == 0 {
            if gateway.isRouted { return routeOutgoing(frame, packet, decision, gateway) }
            guard begins(packet) else { return .drop(.noFlow) }
            guard let outside = outsideAddress(decision, isIPv4: packet.isIPv4) else {
                return .refuse(.noRoute, .unreachable(.network))
            }
            // Before a flow is made: one whose first packet waits would be followed twice.
            let mac = nextHop(decision, packet.destination)
            if mac == 0 { return .held }
            let creation = flows.createOutgoing(
                packet.proto, domain: frame.domain, insidePort: frame.ingress, insideMAC: frame.sourceMAC,
                inside: packet.source, remote: packet.destination, outsideHigh: outside.high, outsideLow: outside.low,
                uplink: decision.uplink, now: frame.now)
            switch creation {
            case .made(let made): index = made
            case .refused(let refusal): return refused(refusal)
            }
        }
        return leave(frame, packet, index, decision)
    }

    /// Whether the host's routes don't lead where they led when a flow that the inside began was made.
    @inline(__always) @_noAllocation @_noLocks
    func leadsElsewhere(_ index: UInt32, _ decision: RouteDecision) -> Bool {
        let flow = flows.flow(index)
        return flow.pointee.uplink != decision.uplink && !flow.pointee.isIncoming
    }

    /// Sends a packet of a flow out by the way that the host's routes name.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func leave(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ index: UInt32, _ decision: RouteDecision
    ) -> RoutingVerdict {
        let mac = nextHop(decision, packet.destination, of: index)
        if mac == 0 { return .held }
        guard follow(index, fromInside: true, frame, packet) else { return .drop(.flowState) }
        if packet.isFirstFragment, !beginFragments(frame, packet, index, isOutgoing: true) {
            return .drop(.fragmentRefused)
        }
        return depart(frame, packet, from: flows.flow(index).pointee.outside, by: decision, to: mac)
    }

    /// Rewrites a packet of a flow that goes out.
    @inline(__always) @_noAllocation @_noLocks
    func depart(
        _ frame: RoutedFrame, _ packet: RoutedPacket, from outside: TransportAddress, by decision: RouteDecision,
        to mac: UInt64
    ) -> RoutingVerdict {
        packet.rewriteSource(frame.header, to: outside)
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(frame.header, source: uplink(decision.uplink).pointee.mac, destination: mac)
        var verdict = RoutingVerdict.toUplink(decision.uplink)
        verdict.isFollowed(by: packet, frame, fragments.heldCount)
        return verdict
    }

    /// Sends a packet with its own address, which has to be one of the domain's. `held`: the next hop isn't known.
    @_noAllocation @_noLocks
    func routeOutgoing(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway
    ) -> RoutingVerdict {
        guard gateway.subnets.0.contains(packet.source) || gateway.subnets.1.contains(packet.source) else {
            return .drop(.martian)
        }
        let mac = nextHop(decision, packet.destination)
        if mac == 0 { return .held }
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(frame.header, source: uplink(decision.uplink).pointee.mac, destination: mac)
        return .toUplink(decision.uplink)
    }

    /// Whether a packet may begin a flow: a connection's first SYN, any datagram, a question.
    @inline(__always) @_noAllocation @_noLocks
    func begins(_ packet: RoutedPacket) -> Bool {
        switch packet.kind {
        case .tcp: return packet.tcp.flags & 0x17 == 0x02
        case .udp: return true
        case .echo: return packet.isEchoRequest
        case .malformed, .notIP, .tagged, .icmpError, .laterFragment, .other: return false
        }
    }

    /// What a new flow's packets come from; nil: the uplink has no address of that family.
    @inline(__always) @_noAllocation @_noLocks
    func outsideAddress(_ decision: RouteDecision, isIPv4: Bool) -> TransportAddress? {
        let told = TransportAddress(high: decision.sourceHigh, low: decision.sourceLow, port: 0)
        // One of the other family could not be written, and the packet would leave as it came.
        let own = uplink(decision.uplink).pointee
        let isTold = told.high | told.low != 0 && told.isIPv4 == isIPv4
        let address = isTold ? told : isIPv4 ? own.ipv4 : own.ipv6
        // Nothing leaves with an address that isn't the host's, whatever routes and uplinks say of it.
        return hostAddresses.contains(high: address.high, low: address.low) ? address : nil
    }

    /// Follows a packet of a flow. False: it doesn't fit the flow's state.
    @inline(__always) @_noAllocation @_noLocks
    mutating func follow(_ index: UInt32, fromInside: Bool, _ frame: RoutedFrame, _ packet: RoutedPacket) -> Bool {
        flows.follow(
            index, fromInside: fromInside, frames: frame.packets(payload: packet.transportPayload),
            bytes: frame.length, tcp: packet.tcp, now: frame.now)
    }

    /// Why there is no flow. The sender is told (RFC 5508, REQ-8).
    @_noAllocation @_noLocks
    func refused(_ refusal: FlowRefusal) -> RoutingVerdict {
        switch refusal {
        case .tableFull: return .refuse(.flowTableFull, .unreachable(.prohibited))
        case .endpointLimit, .openingLimit: return .refuse(.flowLimit, .unreachable(.prohibited))
        case .noPort: return .refuse(.noOutsidePort, .unreachable(.prohibited))
        }
    }
}
