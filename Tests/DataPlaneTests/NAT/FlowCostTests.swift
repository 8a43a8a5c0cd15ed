import CAllocationCounter
import DataPlane
import Testing

@Suite("Flow table: allocations and cost")
struct FlowCostTests {
    private typealias Rig = FlowRig

    /// Everything that frames do to a table.
    private func drive(_ rig: Rig, rounds: Int) -> Int {
        var made = 0
        for round in 0..<rounds {
            rig.now &+= 7
            let inside = Rig.inside(UInt32(2 + round & 3), UInt16(truncatingIfNeeded: round &* 7))
            let remote = Rig.remote(UInt32(round & 63), round & 1 == 0 ? 53 : 80)
            for proto in UInt8(0)..<20 where proto == 6 || proto == 17 || proto == 1 {
                let number = rig.open(proto, inside, remote, endpoint: UInt16(2 + round & 3))
                if number == 0 { continue }
                made &+= 1
                if proto == 6 {
                    rig.shake(number)
                    if round & 1 == 0 { rig.close(number) }
                    if round & 7 == 1 { rig.segment(number, fromInside: false, TCP.rst, seq: 5000) }
                } else {
                    rig.pass(number, fromInside: true)
                    rig.pass(number, fromInside: false)
                    made &+= Int(rig.admit(rig.flow(number).outside, Rig.remote(UInt32(round & 63), 99)) & 1)
                }
                if round & 15 == 0 { rig.table.remove(number) }
            }
            let come = rig.come(
                6, to: Rig.outside(80), of: Rig.inside(9, 80), from: Rig.remote(UInt32(round), 5), endpoint: 9)
            rig.segment(rig.number(come), fromInside: false, TCP.syn, seq: 1)
            made &+= rig.table.age(budget: 64, now: rig.now)
        }
        return made
    }

    @Test("A hundred thousand rounds of flows that come and go allocate nothing")
    func nothing() {
        let rig = Rig(foresees: false)
        rig.table.limits.perEndpoint = 2000
        _ = drive(rig, rounds: 100)
        let before = heddle_thread_allocations()
        let made = drive(rig, rounds: 100_000)
        let after = heddle_thread_allocations()
        #expect(made > 100_000)
        #expect(after == before)
        #expect(rig.isConsistent())
    }

    @Test("What a lookup costs, of few flows and of many: printed, not judged")
    func cost() {
        for count in [1_000, 100_000] {
            let rig = Rig(foresees: false)
            rig.table.limits = FlowLimits(perEndpoint: .max, opening: .max, openingPerEndpoint: .max)
            var numbers: [UInt32] = []
            for index in 0..<count {
                let inside = Rig.inside(UInt32(index & 7), UInt16(1000 + index / 8 % 500))
                numbers.append(rig.open(6, inside, Rig.remote(UInt32(index / 4000), UInt16(index / 4000))))
            }
            #expect(!numbers.contains(0))
            let ends = numbers.map { number in
                let flow = rig.flow(number)
                return (inside: flow.inside, outside: flow.outside, remote: flow.remote)
            }
            // In no order, so that the cache has no easy life.
            var generator = SeededGenerator(seed: 1)
            let order = (0..<1_000_000).map { _ in generator.below(count) }
            var missed = 0
            let clock = ContinuousClock()
            // What reading the ends costs is no lookup.
            let reading = clock.measure {
                for place in order where ends[place].inside.isSame(as: ends[place].remote) { missed += 1 }
            }
            let out = clock.measure {
                for place in order {
                    let end = ends[place]
                    let found = rig.table.findOutgoing(6, domain: 1, inside: end.inside, remote: end.remote)
                    if found != numbers[place] { missed += 1 }
                }
            }
            let back = clock.measure {
                for place in order {
                    let end = ends[place]
                    let found = rig.table.findIncoming(6, outside: end.outside, remote: end.remote)
                    if found != numbers[place] { missed += 1 }
                }
            }
            let none = clock.measure {
                for place in order {
                    let end = ends[place]
                    if rig.table.findIncoming(17, outside: end.outside, remote: end.remote) != 0 { missed += 1 }
                }
            }
            #expect(missed == 0)
            func nanoseconds(_ duration: Duration) -> Int {
                Int((duration - reading) / .nanoseconds(1)) / order.count
            }
            print(
                "flow table: \(count) flows: \(nanoseconds(out)) ns outgoing, \(nanoseconds(back)) ns incoming, "
                    + "\(nanoseconds(none)) ns not found")
        }
    }
}
