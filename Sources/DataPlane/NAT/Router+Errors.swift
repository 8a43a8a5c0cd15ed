/// ICMP errors (RFC 5508, 4.2; RFC 5382, REQ-9): translated with the packet that they quote if that belongs to a flow,
/// else dropped; they neither refresh nor end a flow.
extension Router {
    /// One that an endpoint sends about a packet that it got. `held`: the next hop isn't known.
    @_noAllocation @_noLocks
    func errorOutgoing(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ decision: RouteDecision, _ gateway: Gateway
    ) -> RoutingVerdict {
        let index = flowOfError(frame, packet)
        if index == 0 {
            if gateway.isRouted { return routeOutgoing(frame, packet, decision, gateway) }
            return .drop(.noFlow)
        }
        let mac = nextHop(decision, packet.destination, of: index)
        if mac == 0 { return .held }
        let outside = flows.flow(index).pointee.outside
        packet.rewriteError(
            frame.header, outerSource: outside, outerDestination: nil, embeddedSource: nil,
            embeddedDestination: outside)
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(frame.header, source: uplink(decision.uplink).pointee.mac, destination: mac)
        return .toUplink(decision.uplink)
    }

    /// One that came by an uplink.
    @_noAllocation @_noLocks
    func errorIncoming(_ frame: RoutedFrame, _ packet: RoutedPacket) -> RoutingVerdict {
        let embedded = packet.embedded
        // Not the host's to forward: the quoted packet has to have come from where the error goes.
        guard embedded.source.hasSameAddress(as: packet.destination) else { return .drop(.noFlow) }
        // Of a hairpin nobody outside knows.
        if embedded.destination.hasSameAddress(as: embedded.source) { return .drop(.noFlow) }
        let index = flows.findIncoming(embedded.proto, outside: embedded.source, remote: embedded.destination)
        guard index != 0 else { return .drop(.noFlow) }
        if packet.hopLimit <= 1 { return .drop(.hopLimitExceeded) }
        let flow = flows.flow(index)
        let inside = flow.pointee.inside
        packet.rewriteError(
            frame.header, outerSource: nil, outerDestination: inside, embeddedSource: inside, embeddedDestination: nil)
        packet.decrementHopLimit(frame.header)
        return errorToEndpoint(frame, packet, index)
    }

    /// One that an endpoint sends about a packet that another endpoint sent to it by a published port.
    @_noAllocation @_noLocks
    func errorHairpin(_ frame: RoutedFrame, _ packet: RoutedPacket) -> RoutingVerdict {
        let index = flowOfError(frame, packet)
        guard index != 0 else { return .toHost }
        let flow = flows.flow(index)
        let outside = flow.pointee.outside
        let remote = flow.pointee.remote
        let other = flows.findIncoming(packet.embedded.proto, outside: remote, remote: outside)
        guard other != 0 else { return .drop(.noFlow) }
        if packet.hopLimit <= 1 { return .drop(.hopLimitExceeded) }
        let inside = flows.flow(other).pointee.inside
        packet.rewriteError(
            frame.header, outerSource: outside, outerDestination: inside, embeddedSource: inside,
            embeddedDestination: outside)
        packet.decrementHopLimit(frame.header)
        return errorToEndpoint(frame, packet, other)
    }

    /// The flow whose packet an endpoint complains about; 0: none.
    @inline(__always) @_noAllocation @_noLocks
    func flowOfError(_ frame: RoutedFrame, _ packet: RoutedPacket) -> UInt32 {
        let embedded = packet.embedded
        guard embedded.source.hasSameAddress(as: packet.destination) else { return 0 }
        return flows.findOutgoing(
            embedded.proto, domain: frame.domain, inside: embedded.destination, remote: embedded.source)
    }

    @inline(__always) @_noAllocation @_noLocks
    private func errorToEndpoint(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ index: UInt32
    ) -> RoutingVerdict {
        let flow = flows.flow(index)
        let domain = flow.pointee.domain
        packet.rewriteEthernet(
            frame.header, source: gateway(domain).pointee.router.mac, destination: flow.pointee.insideMAC)
        return .toEndpoint(flow.pointee.insidePort, domain: domain)
    }
}
