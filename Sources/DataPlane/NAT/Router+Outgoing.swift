extension Router {
    /// What happens to a frame that an endpoint sent to its router's MAC address. The order of the checks is that of a
    /// router (RFC 1812, 5.2): is it a packet, is it for this host, may it leave, does it fit, by which flow.
    @_noAllocation @_noLocks
    mutating func outgoing(_ frame: RoutedFrame) -> RoutingVerdict {
        let packet = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        switch packet.kind {
        // ARP, and what the host's own VLAN devices may want.
        case .notIP: return .toHost
        case .tagged: return frame.isHiddenPacket ? .drop(.untranslatable) : .toHost
        case .malformed: return .drop(.packetMalformed)
        case .tcp, .udp, .echo, .icmpError, .laterFragment, .other: break
        }
        let gateway = gateway(frame.domain).pointee
        if isQuestion(packet, gateway) { return toNames(frame, packet, gateway) }
        // The router's own addresses are the host's even before it is known what others the host has.
        if hostAddresses.contains(high: packet.destination.high, low: packet.destination.low)
            || isRouter(packet.destination, gateway)
        {
            return toHost(frame, packet, gateway)
        }
        if packet.isUnroutable {
            // Neighbour discovery goes on below IP addresses that are routed. All else the host might send on.
            return packet.isDiscoverable ? .toHost : .drop(.martian)
        }
        if packet.isMartianSource || packet.isLinkLocalSource { return .drop(.martian) }
        if gateway.isInternal { return .refuse(.internalNetwork, .unreachable(.prohibited)) }
        if packet.hopLimit <= 1 { return .refuse(.hopLimitExceeded, .timeExceeded) }
        let decision = routes.lookup(high: packet.destination.high, low: packet.destination.low)
        guard decision.isFound, !decision.isRefused, decision.uplink != 0, uplink(decision.uplink).pointee.isPresent
        else {
            return .refuse(.noRoute, .unreachable(.network))
        }
        let mtu = mtu(of: decision)
        if exceeds(frame, packet, mtu: mtu) {
            guard mayBeCut(frame, packet) else { return .refuse(.exceedsUplinkMTU, .tooBig(mtu)) }
        }
        var verdict = send(frame, packet, decision, gateway)
        if case .toUplink = verdict.kind, packet.packetLength > mtu, !frame.isSuperframe { verdict.fragmentMTU = mtu }
        return verdict
    }

    /// A packet that may leave, by its kind.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func send(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway
    ) -> RoutingVerdict {
        switch packet.kind {
        case .tcp, .udp, .echo: return translateOutgoing(frame, packet, decision, gateway)
        case .icmpError: return errorOutgoing(frame, packet, decision, gateway)
        case .laterFragment: return laterFragmentOutgoing(frame, packet, decision, gateway)
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
            let flow = flows.flow(index)
            if flow.pointee.uplink != decision.uplink, !flow.pointee.isIncoming {
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
            if mac == 0 { return wait(frame, decision, packet.destination) }
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

    /// Sends a packet of a flow out by the way that the host's routes name.
    @inline(__always) @_noAllocation @_noLocks
    private mutating func leave(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ index: UInt32, _ decision: RouteDecision
    ) -> RoutingVerdict {
        let flow = flows.flow(index)
        let mac = nextHop(decision, packet.destination, of: index)
        if mac == 0 { return wait(frame, decision, packet.destination) }
        guard follow(index, fromInside: true, frame, packet) else { return .drop(.flowState) }
        if packet.isFirstFragment, !beginFragments(frame, packet, index, isOutgoing: true) {
            return .drop(.fragmentRefused)
        }
        let outside = flow.pointee.outside
        packet.rewriteSource(frame.header, to: outside)
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(frame.header, source: uplink(decision.uplink).pointee.mac, destination: mac)
        var verdict = RoutingVerdict.toUplink(decision.uplink)
        verdict.isFollowed(by: packet, frame, fragments.heldCount)
        return verdict
    }

    /// Sends a packet with its own address, which has to be one of the domain's.
    @_noAllocation @_noLocks
    mutating func routeOutgoing(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway
    ) -> RoutingVerdict {
        guard gateway.subnets.0.contains(packet.source) || gateway.subnets.1.contains(packet.source) else {
            return .drop(.martian)
        }
        let mac = nextHop(decision, packet.destination)
        if mac == 0 { return wait(frame, decision, packet.destination) }
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
    private func outsideAddress(_ decision: RouteDecision, isIPv4: Bool) -> TransportAddress? {
        let told = TransportAddress(high: decision.sourceHigh, low: decision.sourceLow, port: 0)
        // One of the other family could not be written, and the packet would leave as it came.
        let own = uplink(decision.uplink).pointee
        let isTold = told.high | told.low != 0 && told.isIPv4 == isIPv4
        let address = isTold ? told : isIPv4 ? own.ipv4 : own.ipv6
        // Nothing leaves with an address that isn't the host's, whatever routes and uplinks say of it.
        return hostAddresses.contains(high: address.high, low: address.low) ? address : nil
    }

    /// The MAC address of a packet's next hop; 0: not known.
    @inline(__always) @_noAllocation @_noLocks
    func nextHop(_ decision: RouteDecision, _ destination: TransportAddress) -> UInt64 {
        let isOnLink = decision.gatewayHigh | decision.gatewayLow == 0
        return nextHops.lookup(
            uplink: decision.uplink, high: isOnLink ? destination.high : decision.gatewayHigh,
            low: isOnLink ? destination.low : decision.gatewayLow)
    }

    /// The same for a packet of a flow. A client on the link may be unknown to the kernel, which never talks to it: where
    /// it came from.
    @inline(__always) @_noAllocation @_noLocks
    func nextHop(_ decision: RouteDecision, _ destination: TransportAddress, of index: UInt32) -> UInt64 {
        let mac = nextHop(decision, destination)
        let flow = flows.flow(index)
        if mac != 0 || !flow.pointee.isIncoming || flow.pointee.uplink != decision.uplink { return mac }
        return remoteMAC(index).pointee
    }

    /// Keeps a packet until its next hop is known, and asks for that.
    @_noAllocation @_noLocks
    mutating func wait(
        _ frame: RoutedFrame, _ decision: RouteDecision, _ destination: TransportAddress
    ) -> RoutingVerdict {
        let isOnLink = decision.gatewayHigh | decision.gatewayLow == 0
        let high = isOnLink ? destination.high : decision.gatewayHigh
        let low = isOnLink ? destination.low : decision.gatewayLow
        if nextHops.shouldAsk(uplink: decision.uplink, high: high, low: low, now: frame.now) {
            questions.ask(uplink: decision.uplink, high: high, low: low)
        }
        return pending.keep(frame, uplink: decision.uplink, high: high, low: low) ? .held : .drop(.neighbourUnknown)
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
