extension Switch {
    /// Says how the endpoints of a domain reach each other and the LAN; nil: the domain has no parent.
    mutating func setParent(_ id: UInt16, mode: ParentMode?) {
        guard hasDomain(id) else { return }
        domain(id).pointee.hasParent = mode != nil
        domain(id).pointee.joinsEndpoints = mode == .bridge
        domain(id).pointee.acceptsReturned = mode == .vepa
        domain(id).pointee.isWire = mode == .passthru
    }

    /// Sets which port of a domain leads to the LAN.
    mutating func setParent(_ id: UInt16, port: UInt16) {
        guard hasDomain(id) else { return }
        domain(id).pointee.parentPort = port
    }

    /// What is asked of a frame, whose other checks are done, in a domain with a parent. Where an endpoint lives is
    /// known by its guard alone: what is heard on the LAN moves nobody. What is learned is only shown.
    @inline(never) @_noAllocation @_noLocks
    func admitByParent(_ arrival: inout Arrival) {
        let home = self.domain(arrival.domain).pointee
        arrival.learns = true
        if arrival.ingress != home.parentPort || home.isWire { return }
        // An endpoint's own frame, or one that pretends to be.
        arrival.owner = guardedStations.port(
            mac: arrival.look.source, vlan: arrival.identifier, domain: arrival.domain)
        if arrival.owner == 0 { return }
        arrival.learns = false
        if !home.acceptsReturned { arrival.reason = .guardedStation }
    }

    /// Where a frame that was admitted goes in a domain with a parent.
    @inline(never) @_noAllocation @_noLocks
    func decideByParent(_ arrival: Arrival) -> Verdict {
        let look = arrival.look
        let domain = arrival.domain
        let ingress = arrival.ingress
        let home = self.domain(domain).pointee
        let vlan = look.vlan
        let isGroup = Ethernet.isGroup(look.destination)
        if ingress == home.parentPort { return fromParent(arrival, isGroup: isGroup, home: home) }
        if home.joinsEndpoints {
            if isGroup { return flood(ingress: ingress, source: arrival.source, vlan: vlan) }
            let target = guardedStations.port(mac: look.destination, vlan: arrival.identifier, domain: domain)
            if target != 0 {
                return target == ingress
                    ? .drop(.samePort, domain: domain, vlan: vlan) : .forward(to: target, domain: domain, vlan: vlan)
            }
        }
        if home.parentPort == 0 { return .drop(.noParent, domain: domain, vlan: vlan) }
        return .forward(to: home.parentPort, domain: domain, vlan: vlan)
    }

    /// The same of a frame that came from the LAN.
    @inline(__always) @_noAllocation @_noLocks
    private func fromParent(_ arrival: Arrival, isGroup: Bool, home: Domain) -> Verdict {
        let vlan = arrival.look.vlan
        let domain = arrival.domain
        let owner = arrival.owner
        if home.isWire { return flood(ingress: arrival.ingress, source: arrival.source, vlan: vlan) }
        if isGroup {
            // Not back to its sender either.
            let members = home.memberCount &- (owner == 0 ? 1 : 2)
            if members <= 0 { return .drop(.noOtherPort, domain: domain, vlan: vlan) }
            return .flood(domain, vlan: vlan, besides: owner)
        }
        let target = guardedStations.port(mac: arrival.look.destination, vlan: arrival.identifier, domain: domain)
        if target == 0 { return .drop(.noEndpoint, domain: domain, vlan: vlan) }
        if target == owner { return .drop(.guardedStation, domain: domain, vlan: vlan) }
        return .forward(to: target, domain: domain, vlan: vlan)
    }
}
