import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Sandboxes and strangers that mean harm hurt themselves alone.
@Suite("Daemon: gateway, hostile", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct HostileTests {
    /// What the hostile sandbox does.
    enum Attack: String, CaseIterable, Sendable {
        case datagrams
        case synFlood
        case spoofedSources
        case forgedErrors
        case overlappingFragments
        case unfinishedFragments
        case hopLimit
    }

    @Test("A hostile sandbox: its neighbour's connections go on and new ones begin", arguments: Attack.allCases)
    func sandbox(attack: Attack) throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            let (neighbour, _) = try gateway.another("other", publish: ["5001:80"])
            let mac = try gateway.addresses()
            let server = try LabServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let own = try LabServer(in: neighbour, "10.81.0.3", port: 80)
            let old = try LabConnection(from: neighbour, to: gateway.lan, GatewayLab.remote)
            let known = try gateway.flows()
            let near = try FramePort(gateway.box, "eth0")
            let sniffer = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            var spoofed = 0
            let rounds = 20
            for round in 0..<rounds {
                for number in 0..<count(attack) {
                    for packet in try packets(attack, round * count(attack) + number, known) {
                        // A full queue is the attacker's loss.
                        try? near.send(Packets.frame(to: mac.router, from: mac.box, packet))
                    }
                }
                _ = try old.exchange()
                #expect(try server.converse(from: neighbour, GatewayLab.remote, port: 7_001) == GatewayLab.host)
                #expect(try own.converse(from: gateway.lan, GatewayLab.host, port: 5_001) == GatewayLab.remote)
                spoofed += sniffer.waiting { $0.isFrom("10.81.0.3") || $0.isFrom("198.18.7.7") || $0.holdsInside }.count
            }
            #expect(spoofed == 0)
            let drops = try gateway.drops()
            print("\(attack): drops \(drops.filter { $0.value > 0 })")
            switch attack {
            case .datagrams: #expect(drops["flow-limit", default: 0] > 50_000)
            case .synFlood: #expect(try gateway.flows().count { $0.state == "new" } <= 2_048)
            case .spoofedSources: #expect(drops["guard-ipv4", default: 0] >= 2_000)
            case .forgedErrors: #expect(drops["no-flow", default: 0] >= 1_000)
            case .overlappingFragments: #expect(drops["fragment", default: 0] >= 1_000)
            case .unfinishedFragments: break
            case .hopLimit: #expect(drops["hop-limit", default: 0] >= 2_000)
            }
            #expect(try gateway.flows().contains { $0.inside.hasPrefix("10.81.0.3:") && $0.state == "established" })
        }
    }

    /// Packets in each of twenty rounds.
    private func count(_ attack: Attack) -> Int {
        switch attack {
        case .datagrams: 5_000
        case .synFlood: 1_500
        default: 150
        }
    }

    private func packets(_ attack: Attack, _ number: Int, _ known: [Flow]) throws -> [[UInt8]] {
        let (inside, remote) = (GatewayLab.inside, GatewayLab.remote)
        let port = UInt16(1_024 + number % 60_000)
        switch attack {
        case .datagrams:
            let datagram = try Packets.udp(from: (inside, port), to: (remote, UInt16(1 + number % 64_000)), [1])
            return [try Packets.ip(from: inside, to: remote, proto: 17, datagram)]
        case .synFlood:
            let segment = try Packets.tcp(from: (inside, port), to: (remote, UInt16(8_000 + number % 100)), flags: 2)
            return [try Packets.ip(from: inside, to: remote, proto: 6, segment)]
        case .spoofedSources:
            let source = number % 2 == 0 ? "10.81.0.3" : "198.18.7.7"
            let datagram = try Packets.udp(from: (source, port), to: (remote, 7_777), [1])
            return [try Packets.ip(from: source, to: remote, proto: 17, datagram)]
        case .forgedErrors:
            // About the neighbour's connection, and to the neighbour itself.
            let host = known.first?.outside.split(separator: ":").last.flatMap { UInt16($0) } ?? 61_440
            let segment = try Packets.tcp(from: (remote, 7_008), to: (GatewayLab.host, host), flags: 0x10)
            let quoted = try Packets.ip(from: remote, to: GatewayLab.host, proto: 6, segment)
            let message = Packets.icmp(type: 3, code: UInt8(number % 4), quoted)
            return [try Packets.ip(from: inside, to: remote, proto: 1, message)]
        case .overlappingFragments:
            let data = [UInt8](repeating: 1, count: 64)
            let first = try Packets.udp(from: (inside, port), to: (remote, 7_777), data)
            let identification = UInt16(truncatingIfNeeded: number)
            return try [(0x2000, first), (0x2004, data), (0x0002, data)].map { word, bytes in
                try Packets.ip(
                    from: inside, to: remote, proto: 17, Array(bytes.prefix(64)), identification: identification,
                    fragment: UInt16(word))
            }
        case .unfinishedFragments:
            return [
                try Packets.ip(
                    from: inside, to: remote, proto: 17, [UInt8](repeating: 1, count: 64),
                    identification: UInt16(truncatingIfNeeded: number), fragment: number % 2 == 0 ? 0x2008 : 0x2000)
            ]
        case .hopLimit:
            let datagram = try Packets.udp(from: (inside, port), to: (remote, 7_777), [1])
            return [try Packets.ip(from: inside, to: remote, proto: 17, datagram, ttl: 1)]
        }
    }
}
