/// What the switch would do with a frame, found without doing it.
struct SwitchForesight {
    /// What is known of the frame before it is decided where it goes.
    let arrival: Switch.Arrival
    /// What learning the source would do; nil: nothing is learned from it.
    let learning: LearningForesight?
    /// What `verdict` would answer.
    let verdict: Verdict
}

extension Switch {
    /// What `verdict` would say of the same frame at the same time.
    ///
    /// Changes nothing: not the stations, and of the caller's bytes only the virtio_net_hdr, as `verdict` does. The
    /// decisions are `verdict`'s own.
    ///
    /// - Parameters: as of `verdict`.
    @_noAllocation @_noLocks
    func foresee(ingress: UInt16, header: UnsafeMutableRawPointer, length: Int, now: UInt32) -> SwitchForesight {
        let arrival = admit(ingress: ingress, header: header, length: length)
        if arrival.reason.isDrop {
            return SwitchForesight(arrival: arrival, learning: nil, verdict: arrival.dropped)
        }
        let learning = arrival.learns ? foresee(arrival, now: now) : nil
        return SwitchForesight(
            arrival: arrival, learning: learning, verdict: decide(arrival, now: now, after: learning))
    }

    /// The same of a frame that came out of a tunnel.
    @_noAllocation @_noLocks
    func foresee(
        vtep: UInt16, domain: UInt16, header: UnsafeMutableRawPointer, frame: UnsafeRawPointer, length: Int,
        now: UInt32
    ) -> SwitchForesight {
        let arrival = admit(vtep: vtep, domain: domain, header: header, frame: frame, length: length)
        if arrival.reason.isDrop {
            return SwitchForesight(arrival: arrival, learning: nil, verdict: arrival.dropped)
        }
        let learning = arrival.learns ? foresee(arrival, now: now) : nil
        return SwitchForesight(
            arrival: arrival, learning: learning, verdict: decideFromTunnel(arrival, now: now, after: learning))
    }

    @_noAllocation @_noLocks
    private func foresee(_ arrival: Arrival, now: UInt32) -> LearningForesight {
        stations.foresee(
            mac: arrival.look.source, vlan: arrival.identifier, domain: arrival.domain, port: arrival.ingress, now: now)
    }

    /// What the destination of a frame that was admitted is, and the port or VTEP that it is behind; 0: none.
    func describe(_ foresight: SwitchForesight, now: UInt32) -> (kind: ExplainedTarget, place: UInt16) {
        let arrival = foresight.arrival
        if Ethernet.isGroup(arrival.look.destination) { return (.group, 0) }
        if case .route = foresight.verdict.kind { return (.router, foresight.verdict.port) }
        let home = domain(arrival.domain).pointee
        if home.hasParent, arrival.ingress < VTEPTable.firstNumber {
            let isFromLAN = arrival.ingress == home.parentPort
            // On a wire all that comes is for the one endpoint.
            if isFromLAN, home.isWire { return (.endpoint, 0) }
            guard isFromLAN || home.joinsEndpoints else { return (.lan, home.parentPort) }
            let target = guardedStations.port(
                mac: arrival.look.destination, vlan: arrival.identifier, domain: arrival.domain)
            if target != 0 { return (.endpoint, target) }
            return isFromLAN ? (.unknown, 0) : (.lan, home.parentPort)
        }
        let target = target(arrival, now: now, after: foresight.learning)
        if target == 0 { return (.unknown, 0) }
        if target >= VTEPTable.firstNumber {
            return (overlay(arrival.domain).pointee.isPresent ? .remoteStation : .stale, target)
        }
        return (port(target).pointee.domain == arrival.domain ? .station : .stale, target)
    }
}
