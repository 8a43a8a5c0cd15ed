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
        let look = examine(header, frame: frame, length: length, domain: domain, accessVLAN: 0)
        if look.reason.isDrop { return .drop(look.reason, domain: domain, vlan: look.vlan) }
        let identifier = look.vlan & VLANTag.identifierMask
        // A guarded endpoint is here and speaks here only. The gateway is on every host, and its station doesn't move.
        if guardedStations.contains(mac: look.source, vlan: identifier, domain: domain),
            look.source != overlay(domain).pointee.router.mac
        {
            return .drop(.guardedStation, domain: domain, vlan: look.vlan)
        }
        if overlay(domain).pointee.isLearning {
            _ = stations.learn(mac: look.source, vlan: identifier, domain: domain, port: vtep, now: now)
        }
        if !Ethernet.isGroup(look.destination) {
            if let verdict = routed(look, domain: domain, ingress: 0) { return verdict }
            let target = stations.lookup(mac: look.destination, vlan: identifier, domain: domain, now: now)
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
