import DataPlane
import Testing

@testable import ControlPlane

@Suite("Counters as metrics show them")
struct CounterFloorTests {
    private func counters(received: UInt64 = 0, sent: UInt64, drops: [DropReason: UInt64] = [:]) -> PortCounters {
        var counters = PortCounters()
        counters.receivedFrames = received
        counters.sentFrames = sent
        counters.sentBytes = sent * 100
        counters.sentSuperframes = sent / 2
        counters.forwarded = sent
        counters.drops = drops
        return counters
    }

    @Test("what the data plane takes back is not taken back again")
    func takenBack() {
        var floor = CounterFloor()
        #expect(floor.raise(counters(sent: 10), port: 1) == counters(sent: 10))
        let after = floor.raise(counters(sent: 8, drops: [.egressFull: 2]), port: 1)
        #expect(after == counters(sent: 10, drops: [.egressFull: 2]))
        let fragment = floor.raise(counters(sent: 9, drops: [.egressFull: 1]), port: 1)
        #expect(fragment == counters(sent: 10, drops: [.egressFull: 2]))
        #expect(floor.raise(counters(sent: 12), port: 1) == counters(sent: 12, drops: [.egressFull: 2]))
    }

    @Test("a port is nobody else's, nor a tunnel side of the same number")
    func apart() {
        var floor = CounterFloor()
        _ = floor.raise(counters(sent: 10), port: 1)
        #expect(floor.raise(counters(sent: 3), port: 2).sentFrames == 3)
        #expect(floor.raise(counters(sent: 4), overlay: 1).sentFrames == 4)
        #expect(floor.raise(counters(sent: 2), overlay: 1).sentFrames == 4)
    }

    @Test("a port that begins anew does, and so do all with new tables")
    func anew() {
        var floor = CounterFloor()
        _ = floor.raise(counters(sent: 10), port: 1)
        _ = floor.raise(counters(sent: 10), overlay: 1)
        floor.forget(port: 1)
        #expect(floor.raise(counters(sent: 1), port: 1).sentFrames == 1)
        #expect(floor.raise(counters(sent: 1), overlay: 1).sentFrames == 10)
        floor.forget(overlay: 1)
        #expect(floor.raise(counters(sent: 1), overlay: 1).sentFrames == 1)
        // What was received is never taken back: these tables are others.
        _ = floor.raise(counters(received: 5, sent: 9), port: 1)
        #expect(floor.raise(counters(received: 4, sent: 2), port: 1) == counters(received: 4, sent: 2))
    }
}
