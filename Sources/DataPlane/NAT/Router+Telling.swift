/// The steps of an explanation that are the router's.
extension Router {
    /// Tells how a packet was rewritten that goes on; `packet` is as it came.
    func finish(
        _ verdict: RoutingVerdict, _ frame: RoutedFrame, _ packet: RoutedPacket, _ log: inout ExplanationLog
    ) -> RoutingVerdict {
        switch verdict.kind {
        case .toUplink, .toEndpoint: break
        case .drop, .refuse, .toHost, .held, .toNames: return verdict
        }
        let left = RoutedPacket(frame.frame, length: frame.length, isSuperframe: frame.isSuperframe)
        if left.source.isSame(as: packet.source), left.destination.isSame(as: packet.destination) { return verdict }
        log.add(.translated, first: UInt64(packet.proto))
        log.append(packet.source)
        log.append(packet.destination)
        log.append(left.source)
        log.append(left.destination)
        return verdict
    }

    /// Tells the route of a packet.
    func tell(_ departure: RouterDeparture, _ packet: RoutedPacket, _ log: inout ExplanationLog) {
        let decision = departure.decision
        let to = packet.destination
        let bits = decision.isFound ? routes.prefixLength(high: to.high, low: to.low) : 0
        log.add(.routed, port: decision.uplink, first: UInt64(bits), second: UInt64(max(0, departure.mtu)))
        log.append(high: to.high, low: to.low)
        guard decision.isFound, !decision.isRefused else { return }
        let hop = hop(decision, to)
        log.append(high: hop.high, low: hop.low)
    }

    /// Tells whether a next hop is known.
    func tellHop(
        _ decision: RouteDecision, _ destination: TransportAddress, _ mac: UInt64, _ log: inout ExplanationLog
    ) {
        let hop = hop(decision, destination)
        log.add(.nextHop, port: decision.uplink, first: mac)
        log.append(high: hop.high, low: hop.low)
    }

    /// Tells of a flow; `index`: 0 if it would be made.
    func tell(_ flow: Flow, _ index: UInt32, _ meaning: ExplainedFlow, _ log: inout ExplanationLog) {
        log.add(.flow, port: flow.insidePort, first: UInt64(index), second: meaning.rawValue)
        log.append(flow.inside)
        log.append(flow.outside)
        log.append(flow.remote)
    }

    /// Tells why a packet is the host's.
    func tellHost(_ packet: RoutedPacket, _ gateway: Gateway, _ log: inout ExplanationLog) {
        let reason: ExplainedHostReason
        switch packet.kind {
        case .notIP: reason = .notIP
        case .tagged: reason = .tagged
        default:
            let isAddress = isHosts(packet.destination) || isRouter(packet.destination, gateway)
            reason = isAddress ? .address : .discovery
        }
        log.add(.toHost, port: gateway.port, first: reason.rawValue)
    }
}
