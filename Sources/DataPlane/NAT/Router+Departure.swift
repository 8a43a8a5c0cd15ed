/// What is known of a packet from inside before its flow is looked for.
struct RouterDeparture {
    /// What is to be done with it.
    enum Course: UInt8 {
        /// Nothing is left to decide.
        case decided
        /// It is a question for the name service.
        case names
        /// It is for one of the host's addresses.
        case host
        /// It may leave.
        case leaves
    }

    let course: Course
    /// Of `decided`.
    let verdict: RoutingVerdict
    /// The way out; not found unless it was looked for.
    let decision: RouteDecision
    /// The largest packet of that way.
    let mtu: Int

    @inline(__always) @_noAllocation @_noLocks
    init(
        _ course: Course, _ verdict: RoutingVerdict = .toHost, by decision: RouteDecision = RouteDecision(),
        mtu: Int = 0
    ) {
        self.course = course
        self.verdict = verdict
        self.decision = decision
        self.mtu = mtu
    }

    /// The verdict of a packet that goes out by the way, which may have to be cut.
    @inline(__always) @_noAllocation @_noLocks
    func cut(_ verdict: RoutingVerdict, _ frame: RoutedFrame, _ packet: RoutedPacket) -> RoutingVerdict {
        guard packet.packetLength > mtu, !frame.isSuperframe else { return verdict }
        var cut = verdict
        cut.fragmentMTU = mtu
        return cut
    }
}

extension Router {
    /// What `outgoing` asks of a packet before its flow. Changes nothing.
    @inline(__always) @_noAllocation @_noLocks
    func consider(
        _ frame: RoutedFrame, _ packet: RoutedPacket, _ gateway: UnsafeMutablePointer<Gateway>
    ) -> RouterDeparture {
        switch packet.kind {
        // ARP, and what the host's own VLAN devices may want.
        case .notIP: return RouterDeparture(.decided, .toHost)
        case .tagged: return RouterDeparture(.decided, frame.isHiddenPacket ? .drop(.untranslatable) : .toHost)
        case .malformed: return RouterDeparture(.decided, .drop(.packetMalformed))
        case .tcp, .udp, .echo, .icmpError, .laterFragment, .other: break
        }
        if isQuestion(packet, gateway.pointee) { return RouterDeparture(.names) }
        // The router's own addresses are the host's even before it is known what others the host has.
        if hostAddresses.contains(high: packet.destination.high, low: packet.destination.low)
            || isRouter(packet.destination, gateway.pointee)
        {
            return RouterDeparture(.host)
        }
        if packet.isUnroutable {
            // Neighbour discovery goes on below IP addresses that are routed. All else the host might send on.
            return RouterDeparture(.decided, packet.isDiscoverable ? .toHost : .drop(.martian))
        }
        if packet.isMartianSource || packet.isLinkLocalSource { return RouterDeparture(.decided, .drop(.martian)) }
        if gateway.pointee.isInternal {
            return RouterDeparture(.decided, .refuse(.internalNetwork, .unreachable(.prohibited)))
        }
        if packet.hopLimit <= 1 { return RouterDeparture(.decided, .refuse(.hopLimitExceeded, .timeExceeded)) }
        let decision = routes.lookup(high: packet.destination.high, low: packet.destination.low)
        guard decision.isFound, !decision.isRefused, decision.uplink != 0, uplink(decision.uplink).pointee.isPresent
        else {
            return RouterDeparture(.decided, .refuse(.noRoute, .unreachable(.network)), by: decision)
        }
        let mtu = mtu(of: decision)
        if exceeds(frame, packet, mtu: mtu), !mayBeCut(frame, packet) {
            return RouterDeparture(.decided, .refuse(.exceedsUplinkMTU, .tooBig(mtu)), by: decision, mtu: mtu)
        }
        return RouterDeparture(.leaves, by: decision, mtu: mtu)
    }
}
