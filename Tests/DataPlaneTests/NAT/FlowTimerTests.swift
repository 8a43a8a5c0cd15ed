import DataPlane
import Testing

@Suite("Flow table: timers")
struct FlowTimerTests {
    private typealias Rig = FlowRig

    /// A flow is there just before its time, not found at its time, swept then, and its count given back.
    private func expect(_ rig: Rig, _ number: UInt32, after timer: UInt32, _ comment: Comment) {
        let start = rig.flow(number).seen
        let flow = rig.flow(number)
        rig.now = start &+ timer &- 1
        #expect(rig.findOut(flow.proto, flow.inside, flow.remote) == number, comment)
        #expect(rig.findIn(flow.proto, flow.outside, flow.remote) == number, comment)
        #expect(rig.age() == 0, comment)
        rig.now = start &+ timer
        #expect(rig.findOut(flow.proto, flow.inside, flow.remote) == 0, comment)
        #expect(rig.findIn(flow.proto, flow.outside, flow.remote) == 0, comment)
        #expect(rig.age() == 1, comment)
        #expect(rig.count == 0 && rig.held(2).flows == 0 && rig.held(2).ports == 0, comment)
        #expect(rig.isConsistent(), comment)
    }

    /// The clock comes round while they run.
    private func rig() -> Rig {
        Rig(now: .max - 20_000)
    }

    @Test("UDP 300 s, 60 s towards port 53 (RFC 4787, REQ-5); echo 60 s (RFC 5508, REQ-2)")
    func datagrams() {
        for isAnswered in [false, true] {
            for (proto, port, timer) in [
                (Rig.udp, 80, 300_000), (Rig.udp, 53, 60_000), (Rig.echo, 0, 60_000), (58, 0, 60_000),
            ] as [(UInt8, UInt16, UInt32)] {
                let rig = rig()
                let number = rig.open(proto, Rig.inside(2, 5000), Rig.remote(1, port))
                rig.pass(number, fromInside: true)
                if isAnswered { rig.pass(number, fromInside: false) }
                expect(rig, number, after: timer, "\(proto) \(port) \(isAnswered)")
            }
        }
    }

    @Test("TCP: 7,440 s when established, else 240 s (RFC 5382, REQ-5)")
    func segments() {
        let opening = rig()
        var number = opening.open(Rig.tcp, Rig.inside(2, 5000), Rig.remote(1, 80))
        opening.segment(number, fromInside: true, TCP.syn, seq: 1)
        expect(opening, number, after: 240_000, "opening")
        let established = rig()
        number = established.open(Rig.tcp, Rig.inside(2, 5000), Rig.remote(1, 80))
        established.shake(number)
        expect(established, number, after: 7_440_000, "established")
        let closing = rig()
        number = closing.open(Rig.tcp, Rig.inside(2, 5000), Rig.remote(1, 80))
        closing.shake(number)
        closing.segment(number, fromInside: false, TCP.finAck, seq: 5000, ack: 1000)
        #expect(closing.state(number) == .closing)
        expect(closing, number, after: 240_000, "closing")
        let closed = rig()
        number = closed.open(Rig.tcp, Rig.inside(2, 5000), Rig.remote(1, 80))
        closed.shake(number)
        closed.close(number)
        #expect(closed.state(number) == .closed && closed.held(2).flows == 0)
        expect(closed, number, after: 240_000, "closed")
    }

    @Test("REQ-6: what comes from outside keeps a published flow alive, not an outgoing one")
    func refreshing() {
        let rig = rig()
        let out = rig.open(Rig.udp, Rig.inside(2, 5000), Rig.remote(1, 80))
        let come = rig.number(
            rig.come(Rig.udp, to: Rig.outside(53), of: Rig.inside(3, 53), from: Rig.remote(1, 53), endpoint: 3))
        let start = rig.now
        rig.now &+= 200_000
        rig.pass(out, fromInside: false)
        rig.pass(come, fromInside: false)
        rig.now = start &+ 300_000
        #expect(rig.findIn(Rig.udp, rig.flow(out).outside, Rig.remote(1, 80)) == 0)
        #expect(rig.findIn(Rig.udp, Rig.outside(53), Rig.remote(1, 53)) == come)
        rig.now = start &+ 499_999
        #expect(rig.findIn(Rig.udp, Rig.outside(53), Rig.remote(1, 53)) == come)
        rig.now &+= 1
        #expect(rig.findIn(Rig.udp, Rig.outside(53), Rig.remote(1, 53)) == 0)
        #expect(rig.age() == 2)
    }

    @Test("A flow that is expired but not swept makes way for the same one, and a permission ends with it")
    func notSwept() {
        let rig = rig()
        let inside = Rig.inside(2, 5000)
        let first = rig.open(Rig.udp, inside, Rig.remote(1, 80))
        let outside = rig.flow(first).outside
        rig.now &+= 299_999
        #expect(rig.admit(outside, Rig.remote(1, 81)) != 0)
        rig.now &+= 1
        #expect(rig.admit(outside, Rig.remote(1, 82)) == 0)
        let created = rig.now
        let second = rig.open(Rig.udp, inside, Rig.remote(1, 80))
        #expect(second != 0 && rig.flow(second).created == created)
        #expect(rig.count == 2)
        #expect(rig.isConsistent())
    }

    @Test("A time that lies ahead counts as now; sweeping in slices sees every entry")
    func slices() {
        let rig = rig()
        for index in UInt16(0)..<1000 { _ = rig.open(Rig.echo, Rig.inside(2, index), Rig.remote(1, 0)) }
        let start = rig.now
        rig.now = start &- 1000
        #expect(rig.age() == 0)
        rig.now = start &+ 60_000
        var swept = 0
        for _ in 0..<11 { swept += rig.age(all: false) }
        #expect(swept == 1000 && rig.count == 0)
        #expect(rig.statistics.expired == 1000)
    }
}
