import Addresses
import DataPlane
import Testing

@Suite("What a worker answers itself")
struct TunnelAnswerTests {
    private typealias Make = TestFrames
    private static let bobIPv6: UInt128 = 0x2001_0DB8_0000_0000_0000_0000_0000_0003

    private func tooBig(_ frame: [UInt8], mtu: Int = 1_450, router: TooBigMessage.Router = .init()) -> [UInt8] {
        let memory = ExactBytes(frame)
        let buffer = ExactBytes([UInt8](repeating: 0, count: TooBigMessage.maximumLength))
        let count = TooBigMessage.write(
            for: memory.start, length: memory.count, mtu: mtu, router: router, into: buffer.start)
        return Array(buffer.bytes.prefix(count))
    }

    private func frame(_ flow: TunnelFlow, packet: Int) -> [UInt8] {
        let headers = flow.headerLength - flow.networkOffset
        return flow.frame([UInt8](repeating: 5, count: packet - headers))
    }

    @Test(
        "1,450 bytes of packet and tags fit, one more is answered with ICMP", arguments: [true, false],
        [[], Make.tag(7)])
    func tooBig(isIPv4: Bool, tags: [UInt8]) throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        let flow = TunnelFlow(tags: tags, isIPv4: isIPv4)
        let mtu = 1_450 - tags.count
        let fits = frame(flow, packet: mtu)
        #expect(rig.put(fits, into: 1).map { $0.inner() } == [[fits]])
        let large = frame(flow, packet: mtu + 1)
        let answers = rig.put(large, into: 1)
        #expect(answers.map(\.port) == [1] && answers.map(\.bytes) == [Make.vnet() + tooBig(large, mtu: mtu)])
        #expect(rig.overlayCounters().drops == [.exceedsTunnelMTU: 1] && rig.overlayCounters().sentFrames == 1)
        #expect(rig.counters(1).sentFrames == 1 && rig.counters(1).forwarded == 2)
        // A super-frame is as large as its segments.
        let bytes = [UInt8](repeating: 1, count: 4_000)
        let headers = flow.headerLength - flow.networkOffset
        let superframe = flow.frame(bytes, partial: true)
        #expect(
            rig.put(superframe, into: 1, header: flow.header(segment: mtu - headers)).allSatisfy { $0.port > 100 })
        let refused = rig.put(superframe, into: 1, header: flow.header(segment: mtu + 1 - headers))
        #expect(refused.map(\.bytes) == [Make.vnet() + tooBig(superframe, mtu: mtu)])
        // One whose payload is less than a segment is as large as it is.
        let small = flow.frame([1, 2, 3], partial: true)
        #expect(
            rig.put(small, into: 1, header: flow.header(segment: 9_000)).map { $0.inner() } == [
                [flow.frame([1, 2, 3])]
            ])
        rig.expectTunnelSound()
    }

    @Test("the network's router says so, where there is one")
    func router() throws {
        var overlay = ScriptedWorker.overlay()
        overlay.mtu = 1_300
        overlay.routerMAC = MACAddress(value: 0x0200_0A00_00FE)
        overlay.routerIPv4 = IPv4Address(value: 0x0A00_0001)
        overlay.routerIPv6 = IPv6Address(high: 0x2001_0DB8 << 32, low: 1)
        let rig = try ScriptedWorker(overlay: overlay)
        try rig.addRemote(Make.bob)
        let router = TooBigMessage.Router(
            mac: 0x0200_0A00_00FE, ipv4: 0x0A00_0001, ipv6High: 0x2001_0DB8 << 32, ipv6Low: 1)
        for isIPv4 in [true, false] {
            let large = frame(TunnelFlow(isIPv4: isIPv4), packet: 1_301)
            let expected = Make.vnet() + tooBig(large, mtu: 1_300, router: router)
            #expect(rig.put(large, into: 1).map(\.bytes) == [expected])
        }
        rig.expectTunnelSound()
    }

    @Test("an access port gets its answer without the tag that the tunnel would have had")
    func accessPort() throws {
        let rig = try ScriptedWorker(overlay: nil, ports: [])
        try rig.addPort(1, accessVLAN: 7)
        try rig.addPort(2)
        try rig.addRemote(Make.bob, vlan: 7)
        for tags in [[], Make.tag(0, priority: 3)] {
            // The tag that it gets needs room.
            let large = frame(TunnelFlow(tags: tags), packet: 1_447)
            #expect(rig.put(large, into: 1).map(\.bytes) == [Make.vnet() + tooBig(large, mtu: 1_446)])
        }
        rig.expectTunnelSound()
    }

    @Test("what isn't IP, or for a group, is only counted; ports of the host get it all the same")
    func unanswered() throws {
        let rig = try ScriptedWorker(overlay: nil)
        for large in [
            Make.plain(length: 1_465), Make.plain(to: Make.broadcast, length: 1_465),
            frame(TunnelFlow(destination: Make.broadcast), packet: 1_451),
        ] {
            #expect(rig.put(large, into: 1).map(\.port) == [2])
        }
        #expect(rig.overlayCounters().drops == [.exceedsTunnelMTU: 3])
        rig.expectTunnelSound()
    }

    @Test("four answers a millisecond, and four in the next")
    func rate() throws {
        let rig = try ScriptedWorker(overlay: nil)
        try rig.addRemote(Make.bob)
        let large = frame(TunnelFlow(), packet: 1_451)
        for round in UInt64(1)...3 {
            for _ in 0..<10 { rig.device.deliver(.frame(port: 1, bytes: Make.vnet() + large)) }
            rig.step(after: 1_000_000)
            #expect(rig.device.take().sent.map(\.bytes) == Array(repeating: Make.vnet() + tooBig(large), count: 4))
            #expect(rig.overlayCounters().drops == [.exceedsTunnelMTU: 10 * round])
        }
        rig.expectTunnelSound()
    }

    private func add(_ mac: UInt64, _ address: IPAddress, to rig: ScriptedWorker) {
        let neighbour = NeighbourConfiguration(domain: 1, address: address, mac: MACAddress(value: mac))
        #expect(rig.perform(.addNeighbour(neighbour)) == 0)
    }

    private func request(for address: UInt32 = 0x0A00_0003) -> [UInt8] {
        Make.ethernet(
            to: Make.broadcast, type: 0x0806, Make.arp(operation: 1, senderIP: 0x0A00_0002, targetIP: address))
    }

    private static let reply = Make.ethernet(
        to: Make.alice, from: Make.bob, type: 0x0806,
        Make.arp(operation: 2, sender: Make.bob, senderIP: 0x0A00_0003, target: Make.alice, targetIP: 0x0A00_0002))

    private static let solicitation: [UInt8] = {
        let message = [135, 0, 0, 0, 0, 0, 0, 0] + Make.big(bobIPv6) + [1, 1] + Make.big(Make.alice, 6)
        return Make.ethernet(to: 0x3333_FF00_0003, type: 0x86DD, Make.ipv6(from: bobIPv6 - 1, next: 58, message))
    }()

    @Test("questions for known neighbours are answered and go nowhere else; others are flooded")
    func neighbours() throws {
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(answersNeighbours: true))
        add(Make.bob, Underlay.ipv4(0x0A00_0003), to: rig)
        add(Make.bob, .v6(IPv6Address(high: UInt64(Self.bobIPv6 >> 64), low: 3)), to: rig)
        let answers = rig.put(request(), into: 1)
        #expect(answers.map(\.port) == [1] && answers.map(\.bytes) == [Make.vnet() + Self.reply])
        let advertisement = rig.put(Self.solicitation, into: 1)
        try #require(advertisement.map(\.port) == [1])
        #expect(advertisement[0].frame.starts(with: Make.big(Make.alice, 6) + Make.big(Make.bob, 6) + [0x86, 0xDD]))
        #expect(advertisement[0].frame[54] == 136)
        #expect(rig.counters(1).consumed == 2 && rig.counters(1).sentFrames == 2)
        #expect(rig.overlayCounters().sentFrames == 0)
        #expect(rig.put(request(for: 0x0A00_0004), into: 1).count == 3, "not known")
        let forgotten = NeighbourConfiguration(domain: 1, address: Underlay.ipv4(0x0A00_0003), mac: .zero)
        #expect(rig.perform(.removeNeighbour(forgotten)) == 0)
        #expect(rig.perform(.removeNeighbour(forgotten)) == 2, "ENOENT")
        #expect(rig.put(request(), into: 1).count == 3)
        #expect(rig.put(Self.solicitation, into: 1).count == 1)
        // An overlay that is taken away takes its neighbours along.
        try rig.setOverlay(nil)
        try rig.setOverlay(ScriptedWorker.overlay(answersNeighbours: true))
        _ = rig.device.take()
        #expect(rig.put(Self.solicitation, into: 1).count == 3)
        rig.expectTunnelSound()
    }

    @Test("without answersNeighbours, or in another domain, nothing is answered")
    func notAsked() throws {
        let rig = try ScriptedWorker(overlay: nil)
        add(Make.bob, Underlay.ipv4(0x0A00_0003), to: rig)
        #expect(rig.put(request(), into: 1).count == 3)
        #expect(rig.perform(.setDomain(DomainConfiguration(id: 2))) == 0)
        try rig.addPort(8, domain: 2)
        try rig.addPort(9, domain: 2)
        _ = rig.device.take()
        #expect(rig.put(request(), into: 8).map(\.port) == [9])
        rig.expectTunnelSound()
    }

    @Test("a question is answered also where it can be flooded to nobody")
    func alone() throws {
        let rig = try ScriptedWorker(overlay: ScriptedWorker.overlay(peers: [], answersNeighbours: true), ports: [1])
        add(Make.bob, Underlay.ipv4(0x0A00_0003), to: rig)
        #expect(rig.put(request(), into: 1).map(\.bytes) == [Make.vnet() + Self.reply])
        #expect(rig.counters(1).consumed == 1)
        #expect(rig.put(request(for: 5), into: 1).isEmpty)
        #expect(rig.counters(1).drops == [.noOtherPort: 1])
        rig.expectTunnelSound()
    }
}
