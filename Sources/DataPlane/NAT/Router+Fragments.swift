/// Fragments follow their first one, which alone tells ports (RFC 4787, REQ-14).
extension Router {
    /// Notes the flow of a first fragment, which goes on. False: it must not, since its datagram had one already.
    @_noAllocation @_noLocks
    mutating func beginFragments(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ index: UInt32, isOutgoing: Bool
    ) -> Bool {
        let key = FragmentKey(packet, side: frame.ingress)
        // Of all that leave by one address: two endpoints may choose the same (RFC 7857, 9).
        identification &+= 1
        let isNew = fragments.remember(
            key, flow: index, isOutgoing: isOutgoing, newIdentification: identification, now: frame.now)
        if isNew, isOutgoing, packet.isIPv4 { packet.rewriteIdentification(frame.header, to: UInt32(identification)) }
        return isNew
    }

    /// A fragment without ports that an endpoint sent; `known`: whose it is. One whose first isn't known is the caller's to
    /// hold.
    @_noAllocation @_noLocks
    func laterFragmentOutgoing(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ known: FragmentFlow, _ decision: RouteDecision,
        _ gateway: Gateway
    ) -> RoutingVerdict {
        guard known.isFound else {
            if gateway.isRouted { return routeOutgoing(frame, packet, decision, gateway) }
            return .drop(.fragmentRefused)
        }
        guard !known.isSpoiled else { return .drop(.fragmentRefused) }
        let flow = flows.flow(known.flow)
        // Its flow may have ended meanwhile, and its number be another's.
        guard flow.pointee.domain == frame.domain, flow.pointee.inside.hasSameAddress(as: packet.source),
            flow.pointee.remote.hasSameAddress(as: packet.destination)
        else { return .drop(.noFlow) }
        let mac = nextHop(decision, packet.destination, of: known.flow)
        // It has been counted as seen, and can't wait.
        guard mac != 0 else { return .drop(.neighbourUnknown) }
        packet.rewriteLaterFragmentSource(frame.header, to: flow.pointee.outside)
        if packet.isIPv4 { packet.rewriteIdentification(frame.header, to: UInt32(known.newIdentification)) }
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(frame.header, source: uplink(decision.uplink).pointee.mac, destination: mac)
        return .toUplink(decision.uplink)
    }

    /// A fragment without ports that came by an uplink; see `laterFragmentOutgoing`.
    @_noAllocation @_noLocks
    func laterFragmentIncoming(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ known: FragmentFlow
    ) -> RoutingVerdict {
        guard known.isFound, !known.isSpoiled else { return .drop(.fragmentRefused) }
        let flow = flows.flow(known.flow)
        guard flow.pointee.outside.hasSameAddress(as: packet.destination),
            flow.pointee.remote.hasSameAddress(as: packet.source)
        else { return .drop(.noFlow) }
        if packet.hopLimit <= 1 { return .drop(.hopLimitExceeded) }
        let domain = flow.pointee.domain
        packet.rewriteLaterFragmentDestination(frame.header, to: flow.pointee.inside)
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(
            frame.header, source: gateway(domain).pointee.router.mac, destination: flow.pointee.insideMAC)
        return .toEndpoint(flow.pointee.insidePort, domain: domain)
    }

    /// A fragment without ports from an endpoint to one of the host's addresses: it follows its first one, if that went
    /// to another endpoint. Those that come before it are taken for the host's.
    @_noAllocation @_noLocks
    func laterFragmentHairpin(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ known: FragmentFlow
    ) -> RoutingVerdict {
        guard known.isFound else { return .toHost }
        guard !known.isSpoiled else { return .drop(.fragmentRefused) }
        let flow = flows.flow(known.flow)
        guard flow.pointee.domain == frame.domain, flow.pointee.inside.hasSameAddress(as: packet.source),
            flow.pointee.remote.hasSameAddress(as: packet.destination)
        else { return .drop(.noFlow) }
        let outside = flow.pointee.outside
        let other = flows.findIncoming(flow.pointee.proto, outside: flow.pointee.remote, remote: outside)
        guard other != 0 else { return .drop(.noFlow) }
        if packet.hopLimit <= 1 { return .drop(.hopLimitExceeded) }
        let target = flows.flow(other)
        let domain = target.pointee.domain
        packet.rewriteLaterFragmentSource(frame.header, to: outside)
        packet.rewriteLaterFragmentDestination(frame.header, to: target.pointee.inside)
        if packet.isIPv4 { packet.rewriteIdentification(frame.header, to: UInt32(known.newIdentification)) }
        packet.decrementHopLimit(frame.header)
        packet.rewriteEthernet(
            frame.header, source: gateway(domain).pointee.router.mac, destination: target.pointee.insideMAC)
        return .toEndpoint(target.pointee.insidePort, domain: domain)
    }

    /// Keeps one that came before its first. It counts as dropped until that comes.
    @_noAllocation @_noLocks
    mutating func hold(_ frame: RoutedFrame, _ key: FragmentKey) -> RoutingVerdict {
        _ = fragments.hold(
            key, header: UnsafeRawPointer(frame.header), length: frame.length, port: frame.ingress, now: frame.now)
        return .drop(.fragmentRefused)
    }
}
