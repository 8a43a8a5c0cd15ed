import DataPlane
import Testing

@Suite("Drop reasons")
struct DropReasonTests {
    @Test("Names are unique kebab-case, and fit the counters")
    func names() {
        let names = DropReason.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count < 80)
        for name in names {
            #expect(name.allSatisfy { $0.isLowercase || $0 == "-" || $0.isNumber }, "\(name)")
        }
        #expect(!DropReason.none.isDrop)
        #expect(DropReason.allCases.filter(\.isDrop).count == names.count - 1)
    }

    @Test("Each reason belongs to one direction")
    func directions() {
        let egress = DropReason.allCases.filter { $0.direction == .egress }
        #expect(
            egress == [
                .exceedsMTU, .vlanMismatch, .egressFull, .egressDown, .egressRejected, .egressGone, .exceedsTunnelMTU,
                .noTunnel, .impairmentLossOut, .impairmentQueueOut,
            ])
        #expect(DropReason.allCases.filter { $0.direction == .kernel } == [.kernelQueue, .receiveFailed])
    }
}
