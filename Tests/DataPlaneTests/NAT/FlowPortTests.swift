import DataPlane
import Testing

@Suite("Flow table: ports")
struct FlowPortTests {
    private typealias Rig = FlowRig

    @Test("300,000 connections to one remote, one after another, out of 4,096 ports")
    func sequential() {
        let rig = Rig()
        var failed = 0
        var last = [UInt16: Int]()
        var shortest = Int.max
        for index in 0..<300_000 {
            rig.now &+= 1
            // The inside's own ports come again too, as a kernel's do.
            let inside = Rig.inside(2, UInt16(32_768 + index % 28_232))
            var number = rig.findOut(Rig.tcp, inside, Rig.remote(1, 443))
            if number == 0 { number = rig.open(Rig.tcp, inside, Rig.remote(1, 443)) }
            if number == 0 || !rig.shake(number) || rig.state(number) != .established { failed += 1 }
            if !rig.close(number) || rig.state(number) != .closed { failed += 1 }
            let port = rig.port(number)
            if let before = last[port] { shortest = min(shortest, index - before) }
            last[port] = index
        }
        #expect(failed == 0)
        #expect(last.count == 4096)
        // A port rests until all others had their turn.
        #expect(shortest == 4096)
        #expect(rig.held(2).flows == 0)
        #expect(rig.count <= 4096)
        #expect(rig.isConsistent())
    }

    @Test("All ports towards one remote are taken; other remotes have all of them; a closed one is used at once")
    func exhaustion() {
        let rig = Rig()
        rig.table.limits.openingPerEndpoint = 10_000
        var numbers: [UInt32] = []
        for index in 0..<4096 {
            let number = rig.open(Rig.tcp, Rig.inside(2, UInt16(20_000 + index)), Rig.remote(1, 443))
            rig.shake(number)
            numbers.append(number)
        }
        #expect(!numbers.contains(0))
        #expect(Set(numbers.map { rig.port($0) }).count == 4096)
        #expect(rig.refusal(rig.out(Rig.tcp, Rig.inside(3, 1), Rig.remote(1, 443), endpoint: 3)) == .noPort)
        #expect(rig.open(Rig.tcp, Rig.inside(3, 1), Rig.remote(1, 444), endpoint: 3) != 0)
        #expect(rig.open(Rig.tcp, Rig.inside(3, 1), Rig.remote(2, 443), endpoint: 3) != 0)
        rig.close(numbers[77])
        let port = rig.port(numbers[77])
        // A try looks at some of the ports only, the next one at the others.
        var found: UInt32 = 0
        for _ in 0..<32 where found == 0 {
            found = rig.open(Rig.tcp, Rig.inside(3, 1), Rig.remote(1, 443), endpoint: 3)
        }
        #expect(rig.port(found) == port)
        #expect(rig.findOut(Rig.tcp, Rig.inside(2, 20_077), Rig.remote(1, 443)) == 0)
        #expect(rig.isConsistent())
    }

    @Test("UDP: thousands of sockets have different ports, in no order")
    func datagrams() {
        let rig = Rig()
        var ports: [UInt16] = []
        for index in 0..<3700 {
            let inside = Rig.inside(UInt32(2 + index / 1000), UInt16(20_000 + index))
            let number = rig.open(Rig.udp, inside, Rig.remote(UInt32(index), 80), endpoint: UInt16(2 + index / 1000))
            rig.pass(number, fromInside: true)
            rig.pass(number, fromInside: false)
            ports.append(rig.port(number))
        }
        #expect(!ports.contains(0))
        #expect(Set(ports).count == 3700)
        let steps = zip(ports, ports.dropFirst()).filter { $1 == $0 &+ 1 || $1 == $0 &+ 2 }
        #expect(steps.count < 40)
        #expect(rig.isConsistent())
    }

    @Test("UDP: one endpoint can't take all ports; questions to name servers that were answered don't count")
    func portsPerEndpoint() {
        let rig = Rig()
        rig.table.limits.portsPerEndpoint = 100
        for index in 0..<100 {
            let number = rig.open(Rig.udp, Rig.inside(2, UInt16(20_000 + index)), Rig.remote(1, 80))
            rig.pass(number, fromInside: false)
        }
        #expect(rig.refusal(rig.out(Rig.udp, Rig.inside(2, 1), Rig.remote(1, 80))) == .endpointLimit)
        #expect(rig.open(Rig.udp, Rig.inside(2, 20_005), Rig.remote(2, 80)) != 0)
        var refused = 0
        for index in 0..<50_000 {
            rig.now &+= 1
            let inside = Rig.inside(3, UInt16(10_000 + index))
            let number = rig.open(Rig.udp, inside, Rig.remote(3, 53), endpoint: 3)
            let isAnswered = rig.pass(number, fromInside: true) && rig.pass(number, fromInside: false)
            if number == 0 || !isAnswered || rig.state(number) != .closed { refused += 1 }
        }
        #expect(refused == 0)
        #expect(rig.held(3).ports == 0)
        #expect(rig.isConsistent())
        // A late answer, and a further question from the same socket.
        let late = rig.findOut(Rig.udp, Rig.inside(3, 59_999), Rig.remote(3, 53))
        #expect(rig.pass(late, fromInside: false))
        #expect(rig.pass(late, fromInside: true) && rig.state(late) == .established)
        #expect(rig.held(3).ports == 1)
        #expect(rig.isConsistent())
    }
}
