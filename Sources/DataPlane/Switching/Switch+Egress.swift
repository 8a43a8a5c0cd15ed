extension Switch {
    /// What happens to a frame at one way out: the port of a `forward`, or each of `floodMembers` of a `flood`.
    ///
    /// - Parameters:
    ///   - target: the way out.
    ///   - ingress: the port by which the frame came.
    ///   - verdict: the frame's, a `forward` or a `flood`.
    ///   - length: of the frame as it came, without the virtio_net_hdr.
    @_noAllocation @_noLocks
    public func egress(to target: UInt16, from ingress: UInt16, verdict: Verdict, length: Int) -> EgressAction {
        let out = port(target).pointee
        if out.domain != verdict.domain || out.domain == 0 { return EgressAction(kind: .skip) }
        if case .flood = verdict.kind {
            let source = port(ingress).pointee
            if !isMember(target, ingress: ingress, source: source, verdict: verdict) {
                return EgressAction(kind: .skip)
            }
        }
        var leaving = length
        var kind = EgressAction.Kind.passUnchanged
        if verdict.isVLANAware {
            kind = tagging(out, from: port(ingress).pointee, verdict: verdict)
            switch kind {
            case .pushTag: leaving &+= VLANTag.length
            case .popTag: leaving &-= VLANTag.length
            case .drop: return EgressAction(kind: .drop, reason: .vlanMismatch)
            case .skip, .passUnchanged, .setTag: break
            }
        }
        if leaving > Int(out.maximumLength), !verdict.isSuperframe {
            return EgressAction(kind: .drop, reason: .exceedsMTU)
        }
        return EgressAction(kind: kind, vlan: verdict.vlanIdentifier)
    }

    /// How a frame's tag changes on the way from one port to another; `drop` if the way out doesn't carry its VLAN.
    @inline(__always) @_noAllocation @_noLocks
    private func tagging(_ out: SwitchPort, from source: SwitchPort, verdict: Verdict) -> EgressAction.Kind {
        if out.accessVLAN != 0 {
            if out.accessVLAN != verdict.vlanIdentifier { return .drop }
            return verdict.isTagged ? .popTag : .passUnchanged
        }
        // From trunk to trunk tags pass untouched.
        if source.accessVLAN == 0 { return .passUnchanged }
        return verdict.isTagged ? .setTag : .pushTag
    }
}
