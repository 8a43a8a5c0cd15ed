/// Where the next hop of a packet is, and what waits until that is known.
extension Router {
    /// The address of a packet's next hop, without a port: the gateway, or on the link the destination itself.
    @inline(__always) @_noAllocation @_noLocks
    func hop(_ decision: RouteDecision, _ destination: TransportAddress) -> TransportAddress {
        let isOnLink = decision.gatewayHigh | decision.gatewayLow == 0
        return TransportAddress(
            high: isOnLink ? destination.high : decision.gatewayHigh,
            low: isOnLink ? destination.low : decision.gatewayLow, port: 0)
    }

    /// The MAC address of a packet's next hop; 0: not known.
    @inline(__always) @_noAllocation @_noLocks
    func nextHop(_ decision: RouteDecision, _ destination: TransportAddress) -> UInt64 {
        let hop = hop(decision, destination)
        return nextHops.lookup(uplink: decision.uplink, high: hop.high, low: hop.low)
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
        let hop = hop(decision, destination)
        if nextHops.shouldAsk(uplink: decision.uplink, high: hop.high, low: hop.low, now: frame.now) {
            questions.ask(uplink: decision.uplink, high: hop.high, low: hop.low)
        }
        let isKept = pending.keep(frame, uplink: decision.uplink, high: hop.high, low: hop.low)
        return isKept ? .held : .drop(.neighbourUnknown)
    }
}
