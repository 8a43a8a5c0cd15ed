/// What the switch would do with a frame, found without doing it.
struct SwitchExplanation {
    /// What `verdict` would answer.
    let verdict: Verdict
    /// What learning the source would do; nil: nothing is learned from it.
    let learning: LearningForesight?
    /// Ports that would send or drop it, at most `listed` of them, in the order of sending.
    var egress: [EgressForesight] = []
    /// Ports that would send it, listed or not.
    var sending = 0
    /// Ports that would drop it, listed or not.
    var dropping = 0

    /// Ways out that are listed; the rest is counted.
    static let listed = 64

    /// What would happen at one way out; never `skip`.
    struct EgressForesight {
        let port: UInt16
        let action: EgressAction
    }
}

extension Switch {
    /// What `verdict` and then `egress` for each way out would say of the same frame at the same time.
    ///
    /// Changes nothing: not the stations, and of the caller's bytes only the virtio_net_hdr, as `verdict` does. The
    /// decisions are `verdict`'s own. Allocates: not for each frame. Cost: O(members of the domain).
    ///
    /// - Parameters: as of `verdict`.
    func explain(ingress: UInt16, header: UnsafeMutableRawPointer, length: Int, now: UInt32) -> SwitchExplanation {
        let arrival = admit(ingress: ingress, header: header, length: length)
        if arrival.reason.isDrop { return SwitchExplanation(verdict: arrival.dropped, learning: nil) }
        let foresight = arrival.learns ? foresee(arrival, now: now) : nil
        let verdict = decide(arrival, now: now, after: foresight)
        return explainEgress(verdict, foresight, ingress: ingress, length: length)
    }

    /// The same of a frame that came out of a tunnel.
    func explain(
        vtep: UInt16, domain: UInt16, header: UnsafeMutableRawPointer, frame: UnsafeRawPointer, length: Int,
        now: UInt32
    ) -> SwitchExplanation {
        let arrival = admit(vtep: vtep, domain: domain, header: header, frame: frame, length: length)
        if arrival.reason.isDrop { return SwitchExplanation(verdict: arrival.dropped, learning: nil) }
        let foresight = arrival.learns ? foresee(arrival, now: now) : nil
        let verdict = decideFromTunnel(arrival, now: now, after: foresight)
        return explainEgress(verdict, foresight, ingress: 0, length: length)
    }

    private func foresee(_ arrival: Arrival, now: UInt32) -> LearningForesight {
        stations.foresee(
            mac: arrival.look.source, vlan: arrival.identifier, domain: arrival.domain, port: arrival.ingress, now: now)
    }

    /// Adds the ways out: those of a tunnel or a route are beyond the switch.
    private func explainEgress(
        _ verdict: Verdict, _ learning: LearningForesight?, ingress: UInt16, length: Int
    ) -> SwitchExplanation {
        var explanation = SwitchExplanation(verdict: verdict, learning: learning)
        switch verdict.kind {
        case .drop, .tunnel, .route:
            break
        case .forward:
            add(verdict.port, verdict, ingress: ingress, length: length, to: &explanation)
        case .flood:
            for member in floodMembers(verdict.domain) where member != ingress {
                add(member, verdict, ingress: ingress, length: length, to: &explanation)
            }
        }
        return explanation
    }

    private func add(
        _ port: UInt16, _ verdict: Verdict, ingress: UInt16, length: Int, to explanation: inout SwitchExplanation
    ) {
        let action = egress(to: port, from: ingress, verdict: verdict, length: length)
        switch action.kind {
        case .skip: return
        case .drop: explanation.dropping += 1
        case .passUnchanged, .pushTag, .popTag, .setTag: explanation.sending += 1
        }
        if explanation.egress.count < SwitchExplanation.listed {
            explanation.egress.append(SwitchExplanation.EgressForesight(port: port, action: action))
        }
    }
}
