import DataPlane
import Testing

@Suite("Flow table: creation and lookup")
struct FlowCreationTests {
    private typealias Rig = FlowRig

    @Test("A flow is 128 bytes, and holds what it was made of")
    func fields() {
        #expect(MemoryLayout<Flow>.size == 128)
        #expect(MemoryLayout<Flow>.stride == 128)
        #expect(FlowTable.bytes == 4096 + 131_072 * 128)
        let rig = Rig()
        let inside = TransportAddress(high: 0xFD00_0000_0000_0001, low: 2, port: 40_000)
        let remote = TransportAddress(high: 0x2001_0DB8_0000_0000, low: 9, port: 443)
        let made = rig.table.createOutgoing(
            6, domain: 4095, insidePort: 16_383, insideMAC: 0xFEDC_BA98_7654, inside: inside, remote: remote,
            outsideHigh: 0x2001_0DB8_FFFF_0000, outsideLow: 1, uplink: 16_382, now: rig.now)
        let number = rig.number(made)
        let flow = rig.flow(number)
        #expect(number != 0)
        #expect(flow.proto == 6 && flow.domain == 4095 && flow.insidePort == 16_383 && flow.uplink == 16_382)
        #expect(flow.insideMAC == 0xFEDC_BA98_7654 && flow.publish == 0 && !flow.isIncoming && !flow.isInsideIPv4)
        #expect(flow.inside.isSame(as: inside) && flow.remote.isSame(as: remote))
        #expect(flow.outside.high == 0x2001_0DB8_FFFF_0000 && flow.outside.low == 1)
        #expect((61_440...65_535).contains(flow.outside.port))
        #expect(flow.created == rig.now && flow.seen == rig.now && flow.state == .opening)
        #expect(rig.findOut(6, inside, remote, domain: 4095) == number)
        #expect(rig.findIn(6, flow.outside, remote) == number)
        #expect(rig.findOut(17, inside, remote, domain: 4095) == 0)
        #expect(rig.findOut(6, inside, remote, domain: 4094) == 0)
        #expect(rig.findOut(6, remote, inside, domain: 4095) == 0)
        #expect(rig.findIn(6, remote, flow.outside) == 0)
        rig.table.flow(number).pointee.uplink = 17
        rig.table.flow(number).pointee.insideMAC = 0x0102_0304_0506
        #expect(rig.flow(number).uplink == 17 && rig.flow(number).insideMAC == 0x0102_0304_0506)
        #expect(rig.flow(number).isSound)
        rig.table.remove(number)
        #expect(rig.findOut(6, inside, remote, domain: 4095) == 0)
        #expect(rig.findIn(6, flow.outside, remote) == 0)
        #expect(rig.count == 0)
    }

    @Test("Any number is safe, and 0 is nobody")
    func numbers() {
        let rig = Rig()
        for number in [0, 1, 131_071, 131_072, UInt32.max] {
            #expect(rig.state(number) == .unused)
            #expect(!rig.pass(number, fromInside: true))
            rig.table.remove(number)
        }
        #expect(rig.count == 0)
    }

    @Test("Counters of a flow go on beyond 32 bits")
    func counters() {
        let rig = Rig()
        let number = rig.open(Rig.udp, Rig.inside(2, 5000), Rig.remote(1, 80))
        for _ in 0..<3 {
            #expect(rig.pass(number, fromInside: true, bytes: 0xFFFF_FFFF, frames: .max))
            #expect(rig.pass(number, fromInside: false, bytes: 70, frames: 2))
        }
        let flow = rig.flow(number)
        #expect(flow.outFrames == 3 * 0xFFFF_FFFF && flow.outBytes == 3 * 0xFFFF_FFFF)
        #expect(flow.inFrames == 6 && flow.inBytes == 210)
        #expect(flow.isSound)
    }

    @Test("The same again is the same flow; of another endpoint it is a new one")
    func again() {
        let rig = Rig()
        for proto in [Rig.tcp, Rig.udp, Rig.echo, 58] {
            let first = rig.open(proto, Rig.inside(2, 5000), Rig.remote(1, 80))
            #expect(first != 0)
            #expect(rig.open(proto, Rig.inside(2, 5000), Rig.remote(1, 80)) == first)
            let port = rig.port(first)
            let second = rig.open(proto, Rig.inside(2, 5000), Rig.remote(1, 80), endpoint: 3)
            #expect(second != 0)
            #expect(rig.flow(second).insidePort == 3)
            #expect(rig.findOut(proto, Rig.inside(2, 5000), Rig.remote(1, 80)) == second)
            if rig.port(second) != port { #expect(rig.findIn(proto, Rig.outside(port), Rig.remote(1, 80)) == 0) }
            // The same ends in another network are others.
            let third = rig.open(proto, Rig.inside(2, 5000), Rig.remote(1, 80), endpoint: 4, domain: 2)
            #expect(third != second && rig.port(third) != rig.port(second))
        }
        #expect(rig.isConsistent())
    }

    @Test("UDP: one outside port whatever the remote (RFC 4787, REQ-1), and nobody else's (REQ-3)")
    func endpointIndependent() {
        let rig = Rig()
        let flows = (UInt32(1)...3).map { rig.open(Rig.udp, Rig.inside(2, 5000), Rig.remote($0, UInt16(1000 + $0))) }
        #expect(Set(flows).count == 3 && !flows.contains(0))
        #expect(Set(flows.map { rig.port($0) }).count == 1)
        let other = rig.open(Rig.udp, Rig.inside(3, 5000), Rig.remote(1, 1001), endpoint: 3)
        #expect(other != 0 && rig.port(other) != rig.port(flows[0]))
        // The first of the flows goes; the mapping stays as long as there is one.
        rig.table.remove(flows[2])
        rig.table.remove(flows[0])
        let again = rig.open(Rig.udp, Rig.inside(2, 5000), Rig.remote(9, 9))
        #expect(rig.port(again) == rig.port(flows[1]))
        #expect(rig.held(2).ports == 1)
        #expect(rig.isConsistent())
    }

    @Test("Two inside ends with the same port have different ports outside", arguments: [6, 17, 1, 58] as [UInt8])
    func sameInsidePort(proto: UInt8) {
        let rig = Rig()
        let own = [UInt16(62_000), 5000]
        for port in own {
            let first = rig.open(proto, Rig.inside(2, port), Rig.remote(1, 80))
            let second = rig.open(proto, Rig.inside(3, port), Rig.remote(1, 80), endpoint: 3)
            #expect(first != 0 && second != 0 && rig.port(first) != rig.port(second))
            if port == 62_000 { #expect(rig.port(first) == 62_000) }
        }
    }

    @Test("UDP keeps parity (REQ-4), TCP the inside's own port if it is in the pool", arguments: [4096, 4095, 7])
    func parity(count: Int) {
        let rig = Rig()
        rig.table.setPool(first: 61_440, count: count, excluding: [61_442, 61_443])
        var ports = Set<UInt16>()
        for number in UInt32(1)...5 {
            let port = UInt16(5000 + number % 2)
            let flow = rig.open(Rig.udp, Rig.inside(number, port), Rig.remote(1, 80), endpoint: UInt16(number))
            #expect(flow != 0)
            ports.insert(rig.port(flow))
            // Of seven ports with two excluded three are even: enough for two even and three odd sockets but for one.
            if count > 7 { #expect(rig.port(flow) & 1 == port & 1) }
        }
        #expect(ports.count == 5 && !ports.contains(61_442) && !ports.contains(61_443))
        if count == 7 {
            let sixth = rig.out(Rig.udp, Rig.inside(9, 5000), Rig.remote(1, 80))
            #expect(rig.refusal(sixth) == .noPort)
        }
        #expect(rig.port(rig.open(Rig.tcp, Rig.inside(1, 61_444), Rig.remote(1, 80))) == 61_444)
    }

    @Test("No pool, no outgoing flow")
    func noPool() {
        let rig = Rig()
        rig.table.setPool(first: 61_440, count: 0, excluding: [])
        for proto in [Rig.tcp, Rig.udp, Rig.echo] {
            #expect(rig.refusal(rig.out(proto, Rig.inside(2, 61_440), Rig.remote(1, 80))) == .noPort)
        }
        rig.table.setPool(first: 65_000, count: 4096, excluding: [])
        #expect(rig.port(rig.open(Rig.tcp, Rig.inside(2, 1), Rig.remote(1, 80))) >= 65_000)
        #expect(rig.statistics.refused == 3)
    }

    @Test("A published port's flow is found both ways, and answers go by it")
    func incoming() {
        let rig = Rig()
        let (inside, outside, remote) = (Rig.inside(2, 80), Rig.outside(8080), Rig.remote(1, 40_000))
        let number = rig.number(rig.come(Rig.tcp, to: outside, of: inside, from: remote))
        #expect(rig.findIn(Rig.tcp, outside, remote) == number)
        #expect(rig.findOut(Rig.tcp, inside, remote) == number)
        #expect(rig.flow(number).isIncoming && rig.flow(number).publish == 7)
        #expect(rig.number(rig.come(Rig.tcp, to: outside, of: inside, from: remote)) == number)
        // By another outside port the endpoint couldn't tell them apart.
        let twin = rig.come(Rig.tcp, to: Rig.outside(8081), of: inside, from: remote)
        #expect(rig.refusal(twin) == .noPort)
        // A publish that leads elsewhere now.
        let moved = rig.come(Rig.tcp, to: outside, of: Rig.inside(3, 80), from: remote, endpoint: 3, publish: 8)
        #expect(rig.number(moved) != 0)
        #expect(rig.findOut(Rig.tcp, inside, remote) == 0)
        #expect(rig.count == 1)
        #expect(rig.isConsistent())
    }

    @Test("UDP: only addresses that the inside has sent to may send (REQ-8), from any port")
    func admission() {
        let rig = Rig()
        let inside = Rig.inside(2, 5000)
        let number = rig.open(Rig.udp, inside, Rig.remote(1, 80))
        rig.pass(number, fromInside: true)
        let outside = rig.flow(number).outside
        #expect(rig.admit(outside, Rig.remote(2, 80)) == 0)
        #expect(rig.admit(Rig.outside(outside.port ^ 1), Rig.remote(1, 81)) == 0)
        let further = rig.admit(outside, Rig.remote(1, 81))
        #expect(further != 0 && further != number)
        #expect(rig.admit(outside, Rig.remote(1, 81)) == further)
        #expect(rig.admit(outside, Rig.remote(1, 80)) == number)
        #expect(rig.findOut(Rig.udp, inside, Rig.remote(1, 81)) == further)
        #expect(!rig.flow(further).isIncoming && rig.port(further) == outside.port)
        // What came from outside keeps nothing alive (REQ-6), and isn't a permission for more.
        #expect(rig.pass(further, fromInside: false))
        rig.table.remove(number)
        #expect(rig.admit(outside, Rig.remote(1, 82)) == 0)
        // Now the inside has sent to that address again.
        #expect(rig.pass(further, fromInside: true))
        #expect(rig.state(further) == .established)
        #expect(rig.admit(outside, Rig.remote(1, 82)) != 0)
        #expect(rig.isConsistent())
    }

    @Test("Everything of a network, an endpoint, a publish, an uplink, an address")
    func removal() {
        let rig = Rig()
        for number in UInt32(1)...40 {
            _ = rig.open(
                Rig.udp, Rig.inside(number, 5000), Rig.remote(1, 80), endpoint: UInt16(number),
                domain: UInt16(1 + number % 4))
        }
        _ = rig.come(Rig.tcp, to: Rig.outside(80), of: Rig.inside(50, 80), from: Rig.remote(1, 1), endpoint: 50)
        #expect(rig.remove(where: { $0.removeAll(publish: 0) }) == 0)
        #expect(rig.remove(where: { $0.removeAll(publish: 7) }) == 1)
        #expect(rig.remove(where: { $0.removeAll(domain: 2) }) == 10)
        #expect(rig.remove(where: { $0.removeAll(insidePort: 3) }) == 1)
        #expect(rig.remove(where: { $0.removeAll(insidePort: 3) }) == 0)
        #expect(rig.remove(where: { $0.removeAll(uplink: 2) }) == 0)
        #expect(rig.remove(where: { $0.removeAll(outsideHigh: 0, low: 1) }) == 0)
        #expect(rig.count == 29)
        #expect(rig.isConsistent())
        #expect(rig.remove(where: { $0.removeAll(outsideHigh: Rig.host.high, low: Rig.host.low) }) == 29)
        #expect(rig.count == 0)
    }
}
