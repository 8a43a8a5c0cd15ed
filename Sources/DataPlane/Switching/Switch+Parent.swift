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

    /// The verdict of a frame, whose checks are done, in a domain with a parent. Where an endpoint lives is known by its
    /// guard alone: what is heard on the LAN moves nobody. What is learned is only shown.
    @inline(never) @_noAllocation @_noLocks
    mutating func parentVerdict(_ look: Examination, ingress: UInt16, domain: UInt16, now: UInt32) -> Verdict {
        let home = self.domain(domain).pointee
        let vlan = look.vlan
        let identifier = vlan & VLANTag.identifierMask
        let isGroup = Ethernet.isGroup(look.destination)
        if ingress == home.parentPort {
            return fromParent(look, isGroup: isGroup, home: home, domain: domain, now: now)
        }
        _ = stations.learn(mac: look.source, vlan: identifier, domain: domain, port: ingress, now: now)
        if home.joinsEndpoints {
            if isGroup { return flood(ingress: ingress, source: port(ingress).pointee, vlan: vlan) }
            let target = guardedStations.port(mac: look.destination, vlan: identifier, domain: domain)
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
    private mutating func fromParent(
        _ look: Examination, isGroup: Bool, home: Domain, domain: UInt16, now: UInt32
    ) -> Verdict {
        let vlan = look.vlan
        let identifier = vlan & VLANTag.identifierMask
        let parent = home.parentPort
        if home.isWire {
            _ = stations.learn(mac: look.source, vlan: identifier, domain: domain, port: parent, now: now)
            return flood(ingress: parent, source: port(parent).pointee, vlan: vlan)
        }
        // An endpoint's own frame, or one that pretends to be.
        let owner = guardedStations.port(mac: look.source, vlan: identifier, domain: domain)
        if owner == 0 {
            _ = stations.learn(mac: look.source, vlan: identifier, domain: domain, port: parent, now: now)
        } else if !home.acceptsReturned {
            return .drop(.guardedStation, domain: domain, vlan: vlan)
        }
        if isGroup {
            // Not back to its sender either.
            let members = home.memberCount &- (owner == 0 ? 1 : 2)
            if members <= 0 { return .drop(.noOtherPort, domain: domain, vlan: vlan) }
            return .flood(domain, vlan: vlan, besides: owner)
        }
        let target = guardedStations.port(mac: look.destination, vlan: identifier, domain: domain)
        if target == 0 { return .drop(.noEndpoint, domain: domain, vlan: vlan) }
        if target == owner { return .drop(.guardedStation, domain: domain, vlan: vlan) }
        return .forward(to: target, domain: domain, vlan: vlan)
    }
}
