import DataPlane
import Testing

@Suite("Flow table: limits and fairness")
struct FlowLimitTests {
    private typealias Rig = FlowRig

    /// A hundred flows of endpoint 9 that are established.
    private func settled(_ rig: Rig) -> [UInt32] {
        (0..<100).map { index in
            let number = rig.open(Rig.tcp, Rig.inside(9, UInt16(20_000 + index)), Rig.remote(9, 443), endpoint: 9)
            rig.shake(number)
            return number
        }
    }

    private func areAlive(_ rig: Rig, _ numbers: [UInt32]) -> Bool {
        numbers.allSatisfy { number in
            let flow = rig.flow(number)
            return flow.state == .established && flow.insidePort == 9
                && rig.findOut(Rig.tcp, flow.inside, flow.remote) == number
        }
    }

    @Test(
        "An endpoint that opens 100,000 flows has its 16,384, and nobody else has fewer", arguments: [6, 17] as [UInt8])
    func greedy(proto: UInt8) {
        let rig = Rig()
        let others = settled(rig)
        var refused = [FlowRefusal: Int]()
        for index in 0..<100_000 {
            let number = rig.out(
                proto, Rig.inside(2, UInt16(30_000 + index % 400)), Rig.remote(UInt32(index / 400), 80))
            if let refusal = rig.refusal(number) {
                refused[refusal, default: 0] += 1
            } else if proto == Rig.tcp {
                rig.shake(rig.number(number))
            } else {
                rig.pass(rig.number(number), fromInside: false)
            }
        }
        #expect(refused == [.endpointLimit: 100_000 - 16_384])
        #expect(rig.held(2).flows == 16_384)
        #expect(areAlive(rig, others))
        #expect(rig.open(proto, Rig.inside(3, 1), Rig.remote(1, 80), endpoint: 3) != 0)
        #expect(rig.isConsistent())
    }

    @Test("An endpoint that opens 100,000 flows that nobody answers loses its own oldest")
    func scanning() {
        let rig = Rig()
        let others = settled(rig)
        let early = rig.open(Rig.tcp, Rig.inside(9, 1), Rig.remote(9, 443), endpoint: 9)
        var made = 0
        for index in 0..<100_000 {
            if rig.open(Rig.tcp, Rig.inside(2, UInt16(index & 0x7FFF)), Rig.remote(UInt32(index), 80)) != 0 {
                made += 1
            }
        }
        #expect(made == 100_000)
        #expect(rig.held(2).flows == 2048 && rig.held(2).opening == 2048)
        #expect(rig.findOut(Rig.tcp, Rig.inside(2, UInt16(99_999 & 0x7FFF)), Rig.remote(99_999, 80)) != 0)
        #expect(areAlive(rig, others))
        #expect(rig.state(early) == .opening && rig.held(9).flows == 101)
        #expect(rig.isConsistent())
    }

    @Test(
        "A SYN flood of 200,000 sources at each of ten published ports harms neither others nor the endpoint's own flows"
    )
    func flood() {
        let rig = Rig()
        let others = settled(rig)
        let (asked, own) = (
            rig.open(Rig.tcp, Rig.inside(9, 1), Rig.remote(9, 443), endpoint: 9),
            rig.open(Rig.tcp, Rig.inside(20, 1), Rig.remote(9, 443), endpoint: 20)
        )
        rig.segment(own, fromInside: true, TCP.syn, seq: 1)
        var lost = 0
        for index in 0..<200_000 {
            let endpoint = UInt16(20 + index % 10)
            let number = rig.number(
                rig.come(
                    Rig.tcp, to: Rig.outside(80 + endpoint), of: Rig.inside(UInt32(endpoint), 80),
                    from: Rig.remote(UInt32(index), 5), endpoint: endpoint))
            rig.segment(number, fromInside: false, TCP.syn, seq: 1)
            rig.segment(number, fromInside: true, TCP.synAck, seq: 7, ack: 2)
            // Meanwhile somebody opens and uses a connection of its own, out and in.
            if index % 1000 == 999 {
                let port = UInt16(1000 + index / 1000)
                let out = rig.open(Rig.tcp, Rig.inside(9, port), Rig.remote(10, 443), endpoint: 9)
                let come = rig.number(
                    rig.come(
                        Rig.tcp, to: Rig.outside(100), of: Rig.inside(20, 80), from: Rig.remote(0x1000_0000, port),
                        endpoint: 20))
                if out == 0 || come == 0 || !rig.shake(out) || !rig.shake(come) { lost += 1 }
                if rig.state(out) != .established || rig.state(come) != .established { lost += 1 }
            }
        }
        #expect(lost == 0)
        #expect(areAlive(rig, others))
        #expect(rig.findOut(Rig.tcp, Rig.inside(9, 1), Rig.remote(9, 443)) == asked)
        #expect(rig.findOut(Rig.tcp, Rig.inside(20, 1), Rig.remote(9, 443)) == own)
        #expect(rig.table.openingCount <= FlowTable.capacity / 8)
        #expect(rig.isConsistent())
    }

    @Test("A published UDP service: answers don't make flows of forged sources stay")
    func forgedDatagrams() {
        let rig = Rig()
        for index in 0..<50_000 {
            let number = rig.number(
                rig.come(Rig.udp, to: Rig.outside(53), of: Rig.inside(2, 53), from: Rig.remote(UInt32(index), 9)))
            rig.pass(number, fromInside: false)
            rig.pass(number, fromInside: true)
        }
        #expect(rig.held(2).flows == 2048 && rig.held(2).opening == 2048)
        let number = rig.number(
            rig.come(Rig.udp, to: Rig.outside(53), of: Rig.inside(2, 53), from: Rig.remote(60_000, 9)))
        rig.pass(number, fromInside: false)
        rig.pass(number, fromInside: true)
        rig.pass(number, fromInside: false)
        #expect(rig.state(number) == .established)
        // The endpoint's own flows need nobody's leave.
        #expect(rig.open(Rig.udp, Rig.inside(2, 5000), Rig.remote(1, 80)) != 0)
        #expect(rig.isConsistent())
    }

    @Test("At the endpoint's limit strangers go before its own flows, and closed ones don't count")
    func endpointLimit() {
        let rig = Rig()
        rig.table.limits.perEndpoint = 3
        var numbers = (UInt16(1)...3).map { rig.open(Rig.tcp, Rig.inside(2, $0), Rig.remote(1, 80)) }
        #expect(rig.refusal(rig.out(Rig.tcp, Rig.inside(2, 4), Rig.remote(1, 80))) == .endpointLimit)
        rig.shake(numbers[0])
        rig.close(numbers[0])
        let stranger = rig.number(
            rig.come(Rig.tcp, to: Rig.outside(80), of: Rig.inside(2, 80), from: Rig.remote(1, 1)))
        #expect(stranger != 0)
        #expect(
            rig.refusal(rig.come(Rig.tcp, to: Rig.outside(80), of: Rig.inside(2, 80), from: Rig.remote(1, 2)))
                == .endpointLimit)
        // The closed one may not live again beyond the limit.
        #expect(!rig.segment(numbers[0], fromInside: true, TCP.syn, seq: 77))
        numbers.append(rig.open(Rig.tcp, Rig.inside(2, 4), Rig.remote(1, 80)))
        #expect(numbers[3] != 0)
        #expect(rig.findIn(Rig.tcp, Rig.outside(80), Rig.remote(1, 1)) == 0)
        rig.table.remove(numbers[1])
        #expect(rig.segment(numbers[0], fromInside: true, TCP.syn, seq: 77))
        #expect(rig.state(numbers[0]) == .opening && rig.held(2).flows == 3)
        #expect(rig.isConsistent())
    }

    @Test("A full table: closed flows go first, oldest first, then opening ones, established ones never")
    func full() {
        let rig = Rig()
        rig.table.limits = FlowLimits(perEndpoint: .max, opening: .max, openingPerEndpoint: .max)
        func next(_ index: Int) -> UInt32 {
            rig.open(Rig.tcp, Rig.inside(2, UInt16(index & 0xFFF)), Rig.remote(UInt32(index >> 12), 80))
        }
        let numbers = (0..<131_071).map { index in
            let number = next(index)
            // Ten stay opening, ten are closed, the younger ones first.
            if index >= 10 { rig.shake(number) }
            return number
        }
        #expect(!numbers.contains(0) && rig.count == 131_071)
        for index in (10..<20).reversed() { rig.close(numbers[index]) }
        for index in 0..<20 {
            let gone = index < 10 ? 19 - index : index - 10
            let flow = rig.flow(numbers[gone])
            let number = next(200_000 + index)
            rig.shake(number)
            #expect(number == numbers[gone], "\(index)")
            #expect(rig.findOut(Rig.tcp, flow.inside, flow.remote) == 0)
        }
        #expect(rig.refusal(rig.out(Rig.tcp, Rig.inside(3, 1), Rig.remote(999, 80))) == .tableFull)
        #expect(rig.count == 131_071 && rig.isConsistent())
        rig.now &+= 7_440_000
        #expect(rig.age() == 131_071 && rig.count == 0)
        #expect(next(1) != 0)
    }
}
