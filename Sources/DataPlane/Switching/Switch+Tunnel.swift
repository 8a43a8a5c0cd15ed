extension Switch {
    /// What happens to a frame that came out of a tunnel. As for one that came by a port, but that the only guard there
    /// keeps others from speaking for endpoints that are here, and that it never leaves by a tunnel (split horizon).
    ///
    /// - Parameters:
    ///   - vtep: the number of the VTEP that sent it.
    ///   - domain: an overlay.
    ///   - header: the frame's virtio_net_hdr (10 bytes); it is made canonical.
    ///   - frame: from the destination address on.
    ///   - length: of the frame; of a super-frame only the headers need to lie at `frame`.
    ///   - now: milliseconds.
    @_noAllocation @_noLocks
    mutating func verdict(
        vtep: UInt16, domain: UInt16, header: UnsafeMutableRawPointer, frame: UnsafeRawPointer, length: Int,
        now: UInt32
    ) -> Verdict {
        let arrival = admit(vtep: vtep, domain: domain, header: header, frame: frame, length: length)
        if arrival.reason.isDrop { return arrival.dropped }
        if arrival.learns { _ = learn(arrival, now: now) }
        return decideFromTunnel(arrival, now: now, after: nil)
    }

    /// Checks a frame that came out of a tunnel. Changes nothing but the virtio_net_hdr, which is made canonical.
    @inline(__always) @_noAllocation @_noLocks
    func admit(
        vtep: UInt16, domain: UInt16, header: UnsafeMutableRawPointer, frame: UnsafeRawPointer, length: Int
    ) -> Arrival {
        var arrival = Arrival(by: vtep, source: port(0).pointee, domain: domain)
        arrival.look = examine(header, frame: frame, length: length, domain: domain, accessVLAN: 0)
        arrival.reason = arrival.look.reason
        if arrival.reason.isDrop { return arrival }
        // A guarded endpoint is here and speaks here only. The gateway is on every host, and its station doesn't move.
        if guardedStations.contains(mac: arrival.look.source, vlan: arrival.identifier, domain: domain),
            arrival.look.source != overlay(domain).pointee.router.mac
        {
            arrival.reason = .guardedStation
            return arrival
        }
        arrival.learns = overlay(domain).pointee.isLearning
        return arrival
    }

    /// Where a frame out of a tunnel goes that was admitted; see `decide`.
    @inline(__always) @_noAllocation @_noLocks
    func decideFromTunnel(_ arrival: Arrival, now: UInt32, after foresight: LearningForesight?) -> Verdict {
        let look = arrival.look
        let domain = arrival.domain
        if !Ethernet.isGroup(look.destination) {
            if let verdict = routed(look, domain: domain, ingress: 0) { return verdict }
            let target = target(arrival, now: now, after: foresight)
            if target >= VTEPTable.firstNumber { return .drop(.splitHorizon, domain: domain, vlan: look.vlan) }
            if target != 0, port(target).pointee.domain == domain {
                return .forward(to: target, domain: domain, vlan: look.vlan)
            }
        }
        let verdict = Verdict.flood(domain, vlan: look.vlan)
        var index = 0
        let members = floodMembers(domain)
        while index < members.count {
            // Port 0 is nobody's: not isolated, a trunk.
            if isMember(members[unchecked: index], ingress: 0, source: port(0).pointee, verdict: verdict) {
                return verdict
            }
            index &+= 1
        }
        return .drop(.noOtherPort, domain: domain, vlan: look.vlan)
    }
}

extension Switch {
    /// How a frame's tag changes on the way into a tunnel, which is a trunk: `passUnchanged`, `pushTag` or `setTag`.
    @inline(__always) @_noAllocation @_noLocks
    func egressToTunnel(from ingress: UInt16, verdict: Verdict) -> EgressAction {
        if !verdict.isVLANAware || port(ingress).pointee.accessVLAN == 0 { return EgressAction(kind: .passUnchanged) }
        return EgressAction(kind: verdict.isTagged ? .setTag : .pushTag, vlan: verdict.vlanIdentifier)
    }
}
