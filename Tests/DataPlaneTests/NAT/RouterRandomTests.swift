import Addresses
import Testing

@testable import DataPlane

@Suite("Random packets through a router whose configuration changes")
struct RouterRandomTests {
    typealias Rig = RouterRig

    private struct World {
        let rig = Rig()
        var random: SeededGenerator
        /// Inside addresses that a port has sent from.
        var sources: [UInt16: Set<[UInt8]>] = [2: [], 3: [], 20: [], 30: []]
        /// Frames that went out or to an endpoint, to be answered.
        var heard: [RoutedPacket] = []
        var counts: [String: Int] = [:]

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            rig.publish()
        }

        mutating func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }
    }

    /// Bytes of an address.
    private static func bytes(_ address: TransportAddress, isIPv4: Bool) -> [UInt8] {
        isIPv4
            ? TestFrames.big(UInt64(address.ipv4), 4)
            : TestFrames.big(address.high, 8) + TestFrames.big(address.low, 8)
    }

    private static func frame(_ world: inout World, fromInside: Bool, domain: UInt16) -> RoutedFrame {
        let isIPv4 = world.random.below(3) > 0
        let body = world.pick([RoutedFrame.Body.tcp, .tcp, .udp, .udp, .echoRequest, .echoReply])
        var frame = RoutedFrame(isIPv4: isIPv4, body: body)
        let remotes: [UInt128] =
            isIPv4
            ? [
                Rig.remote, Rig.remote + 1, Rig.neighbour, Rig.host, Rig.secondHost, 0xAC10_0001, 0xC000_0209,
                0x7F00_0001,
            ]
            : [Rig.remote6, Rig.remote6 + 1, Rig.host6, 1, 0xFE80 << 112 | 9]
        let insides: [UInt128] =
            isIPv4
            ? [Rig.alice, Rig.bob, 0x0A02_0002, Rig.routedStation, 0x0A00_0007]
            : [Rig.alice6, Rig.alice6 + 1, Rig.routedStation6]
        frame.source = world.random.below(20) == 0 ? world.pick(insides) : world.pick(fromInside ? insides : remotes)
        if fromInside, world.random.below(4) > 0 {
            let own: UInt128 = domain == 1 ? 0x0A00_0002 : domain == 2 ? 0x0A02_0002 : 0x0A03_0002
            frame.source = isIPv4 ? own : domain == 3 ? Rig.routedStation6 : Rig.alice6
        }
        frame.destination = world.random.below(12) == 0 ? world.pick(insides) : world.pick(remotes)
        if !fromInside, world.random.below(3) > 0 { frame.destination = isIPv4 ? Rig.host : Rig.host6 }
        frame.sourcePort = world.pick([40_000, 40_001, 61_440, 80, 53])
        frame.destinationPort = world.pick([80, 443, 8_080, 8_081, 61_440, 61_441, 40_000])
        frame.flags = world.pick([TCP.syn, TCP.syn, TCP.ack, TCP.synAck, TCP.finAck, TCP.rst, TCP.rstAck])
        frame.hopLimit = world.random.below(20) == 0 ? UInt8(world.random.below(3)) : 64
        frame.payload = (0..<world.random.below(40)).map { _ in UInt8(truncatingIfNeeded: world.random.next()) }
        if isIPv4, body == .udp, world.random.below(3) == 0 {
            frame.fragment = world.pick([0x2000, 0x2002, 2, 0x4000])
            frame.identification = UInt16(world.random.below(4))
            frame.payload = [UInt8](repeating: 9, count: 8)
        }
        // An answer to what was heard.
        if world.random.below(2) == 0, let packet = world.heard.last, packet.isIPv4 == isIPv4 {
            frame.source = number(packet.destination)
            frame.destination = number(packet.source)
            if body == .tcp || body == .udp {
                frame.sourcePort = packet.destination.port
                frame.destinationPort = packet.source.port
            } else {
                frame.sourcePort = packet.source.port
            }
            frame.flags = world.pick([TCP.synAck, TCP.ack])
        }
        guard world.random.below(6) == 0 else { return frame }
        var quoted = frame
        swap(&quoted.source, &quoted.destination)
        swap(&quoted.sourcePort, &quoted.destinationPort)
        quoted.fragment = 0
        return quoted.error(isIPv4 ? 3 : 1, 1, from: frame.source, count: world.pick([28, 48, 200]))
    }

    private static func number(_ address: TransportAddress) -> UInt128 {
        address.isIPv4 ? UInt128(address.ipv4) : UInt128(address.high) << 64 | UInt128(address.low)
    }

    /// A change of what the control side told.
    private static func change(_ world: inout World) {
        let rig = world.rig
        rig.now &+= UInt32(world.random.below(40_000))
        switch world.random.below(14) {
        case 0: rig.router.setRoutes(Array(Rig.routes.dropFirst(world.random.below(4))))
        case 1: rig.router.setRoutes(Rig.routes)
        case 2: rig.router.setHostAddresses(Array(Rig.addresses.dropFirst(world.random.below(3))))
        case 3: rig.router.setHostAddresses(Rig.addresses)
        case 4: rig.know(Rig.v4(Rig.neighbour), world.random.below(2) == 0 ? nil : 0x55)
        case 5: rig.know(Rig.v4(0xC633_64FE), world.random.below(3) == 0 ? nil : Rig.nextHopMAC)
        case 6: rig.router.unpublish(world.pick([10, 11, 20, 21]))
        case 7: rig.publish()
        case 8: rig.router.removePort(world.pick([2, 3, 30]))
        case 9: rig.router.removeUplink(Rig.secondUplink)
        case 10: rig.setUplinks(mtu: world.pick([1_500, 1_280]))
        case 11: rig.know(Rig.v4(Rig.routedStation), 0x88, uplink: Rig.hostPorts[2])
        case 12: rig.router.fragments.expire(now: rig.now)
        default: _ = rig.router.flows.age(budget: FlowTable.capacity, now: rig.now)
        }
    }

    /// What must hold of a frame that went somewhere. `isWhole`: its checksums were right before.
    private static func check(
        _ world: inout World, _ outcome: Rig.Outcome, domain: UInt16, isWhole: Bool, _ note: Comment
    ) {
        let packet = outcome.packet
        world.counts["\(outcome.kind)", default: 0] += 1
        switch outcome.kind {
        case .toUplink:
            let gateway = world.rig.router.gateway(1).pointee
            let secret = world.rig.router.gateway(2).pointee
            for subnets in [gateway.subnets, secret.subnets] {
                #expect(!subnets.0.contains(packet.source) && !subnets.1.contains(packet.source), note)
            }
            if packet.kind == .icmpError, domain != 3 {
                let told = packet.embedded.destination
                #expect(!gateway.subnets.0.contains(told) && !gateway.subnets.1.contains(told), note)
            }
            if domain != 3 {
                // An uplink's own, even while the list of the host's addresses is told without it.
                let isHosts = [Rig.host, Rig.host6, Rig.secondHost].contains(number(packet.source))
                #expect(isHosts, note)
            }
            let mac = outcome.verdict.port == Rig.uplink ? Rig.uplinkMAC : Rig.secondUplinkMAC
            #expect(Array(outcome.frame[6..<12]) == TestFrames.big(mac, 6), note)
        case .toEndpoint:
            if outcome.verdict.domain == 3, outcome.verdict.port == 0 {
                let gateway = world.rig.router.gateway(3).pointee
                #expect(
                    gateway.subnets.0.contains(packet.destination) || gateway.subnets.1.contains(packet.destination),
                    note)
            } else {
                // One that it has sent from, or one that is published.
                let own = bytes(packet.destination, isIPv4: packet.isIPv4)
                let published = packet.isIPv4 ? TestFrames.big(UInt64(Rig.alice), 4) : TestFrames.big(Rig.alice6)
                let isOwn = world.sources[outcome.verdict.port]?.contains(own) ?? false
                #expect(isOwn || outcome.verdict.port == 2 && own == published, note)
            }
        case .drop, .refuse, .toHost, .held, .toNames: return
        }
        if isWhole { #expect(isRight(outcome.frame), note) }
        world.heard.append(packet)
        if world.heard.count > 8 { world.heard.removeFirst() }
    }

    /// Whether all checksums are right, summed from scratch.
    private static func isRight(_ frame: [UInt8]) -> Bool {
        let isIPv4 = frame[12] == 8
        let header = isIPv4 ? 20 : 40
        if isIPv4, TunnelFlow.sum(Array(frame[14..<34])) != 0xFFFF { return false }
        if isIPv4, (UInt16(frame[20]) << 8 | UInt16(frame[21])) & 0x3FFF != 0 { return true }
        let proto = isIPv4 ? frame[23] : frame[20]
        let rest = Array(frame[(14 + header)...])
        var pseudo: [UInt8] = []
        if proto != 1 {
            pseudo =
                Array(isIPv4 ? frame[26..<34] : frame[22..<54]) + [0, proto] + TestFrames.big(UInt64(rest.count), 2)
        }
        return TunnelFlow.sum(pseudo + rest) == 0xFFFF
    }

    @Test(
        "what leaves has an address of the host or of a routed network, what enters is for who gets it, all checksums right",
        arguments: [1, 2, 3, UInt64.random(in: 4 ... .max)])
    func oracle(seed: UInt64) {
        var world = World(seed: seed)
        for number in 0..<4_000 {
            if world.random.below(25) == 0 { Self.change(&world) }
            let note: Comment = "seed \(seed), number \(number)"
            let fromInside = world.random.below(2) == 0
            let domain: UInt16 = fromInside ? world.pick([1, 1, 1, 2, 3]) : 0
            let port: UInt16 = domain == 1 ? world.pick([2, 3]) : domain == 2 ? 20 : 30
            let made = Self.frame(&world, fromInside: fromInside, domain: domain)
            var bytes = made.frame
            let isWhole = world.random.below(5) > 0
            if !isWhole {
                bytes[12 + world.random.below(bytes.count - 12)] ^= UInt8(1 << world.random.below(8))
                if world.random.below(4) == 0 { bytes.removeLast(world.random.below(bytes.count - 14)) }
                if made.isIPv4, bytes.count >= 34 { bytes = RoutedFrame.mended(bytes) }
            }
            if fromInside {
                let packet = routed(bytes)
                world.sources[port]?.insert(Self.bytes(packet.source, isIPv4: packet.isIPv4))
            }
            let outcome =
                fromInside
                ? world.rig.send(raw: bytes, from: port, domain: domain)
                : world.rig.come(raw: bytes, by: world.pick([Rig.uplink, Rig.uplink, Rig.secondUplink]))
            Self.check(&world, outcome, domain: domain, isWhole: isWhole, note)
            // Held ones of that datagram.
            if let key = outcome.verdict.followers {
                while let held = world.rig.router.fragments.takeHeld(key) {
                    let kept = UnsafeRawBufferPointer(
                        start: held.header + VirtioNetHeader.length, count: held.length)
                    let again =
                        fromInside
                        ? world.rig.send(raw: Array(kept), from: held.port, domain: domain)
                        : world.rig.come(raw: Array(kept), by: held.port)
                    Self.check(&world, again, domain: domain, isWhole: false, note)
                    if again.verdict.isDrop(.fragmentRefused) { break }
                }
            }
            while world.rig.router.pending.takeStale(from: 0, now: world.rig.now &+ 3_000) >= 0 {}
            world.rig.router.questions.clear()
        }
        for kind in ["drop", "refuse", "toHost", "toUplink", "toEndpoint", "held"] {
            #expect(world.counts[kind, default: 0] > 10, "seed \(seed): \(world.counts)")
        }
    }
}
