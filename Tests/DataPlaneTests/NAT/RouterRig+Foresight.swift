import Testing

@testable import DataPlane

/// Every packet that a test gives the router is foreseen first: what was foreseen must come, byte by byte, and foreseeing
/// must not change anything.
extension RouterRig {
    struct Foresight {
        let verdict: RoutingVerdict
        let bytes: [UInt8]
        let steps: [ExplanationStep]

        func expect(_ real: RoutingVerdict, _ left: [UInt8]) {
            #expect(verdict.kind == real.kind && verdict.reason == real.reason, "\(steps)")
            #expect(verdict.port == real.port && verdict.fragmentMTU == real.fragmentMTU, "\(steps)")
            // A packet that waits is kept with what it waits for.
            if real.kind != .held { #expect(verdict.domain == real.domain, "\(steps)") }
            let isForetold = !steps.contains { $0.kind == .flow && $0.end(1)?.port == 0 && $0.first == 0 }
            if isForetold { #expect(bytes == left, "\(steps)") }
        }
    }

    func foresee(
        _ header: [UInt8], _ frame: [UInt8], ingress: UInt16, domain: UInt16, isSuperframe: Bool
    ) -> Foresight {
        guard let memory = ExplanationMemory(frame: []) else { fatalError("no memory") }
        let copy = ExactBytes(header + frame)
        let before = counts
        let routed = DataPlane.RoutedFrame(
            header: copy.start, length: frame.count, ingress: ingress, domain: domain, isSuperframe: isSuperframe,
            now: now)
        let verdict =
            domain == 0
            ? router.foreseeIncoming(routed, &memory.log) : router.foreseeOutgoing(routed, &memory.log)
        #expect(counts == before)
        return Foresight(verdict: verdict, bytes: copy.bytes, steps: memory.steps)
    }

    /// What would tell of a change.
    private var counts: [UInt64] {
        let statistics = router.flows.statistics
        return [
            statistics.made, statistics.expired, statistics.evicted, statistics.reused, statistics.refused,
            router.flows.drawn, UInt64(router.flows.fresh), UInt64(router.flows.count),
            UInt64(router.flows.openingCount), UInt64(router.fragments.count), UInt64(router.fragments.heldCount),
            UInt64(router.pending.count), UInt64(router.questions.count), UInt64(router.identification),
        ]
    }
}
