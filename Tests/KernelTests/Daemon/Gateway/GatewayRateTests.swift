import Foundation
import HeddleAPI
import HeddleClient
import Synchronization
import Testing

/// Connections one after another to one server, a flood, and many ports: what takes the machine for itself.
@Suite("Daemon: gateway, rates and times", .enabled(if: geteuid() == 0, "needs root"), .labAlone)
struct GatewayRateTests {
    /// HEDDLE_STORM_SECONDS: for a longer run by hand.
    private static let seconds =
        ProcessInfo.processInfo.environment["HEDDLE_STORM_SECONDS"].flatMap { Int($0) } ?? 5

    /// HEDDLE_FLOOD_RATE: another number of SYNs a second by hand; the machine's processors are the flooder's, too.
    private static let floodRate =
        ProcessInfo.processInfo.environment["HEDDLE_FLOOD_RATE"].flatMap { Int($0) } ?? 20_000

    @Test("5,000 connections a second to one server, none refused")
    func rate() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let (other, _) = try gateway.another("other")
            let server = try TakingServer(in: gateway.lan, GatewayLab.remote, port: 7_001)
            let verdict = ConnectionStorm.run(
                from: [gateway.box, other], to: GatewayLab.remote, port: 7_001, perSecond: 5_000,
                seconds: Self.seconds)
            print(
                "\(verdict.attempts) connections, \(verdict.rate) a second, \(verdict.failures) failed",
                "(error \(verdict.error)); \(server.taken) taken; drops",
                try gateway.drops().filter { $0.value > 0 })
            #expect(verdict.failures == 0)
            #expect(try gateway.drops("no-outside-port") == 0 && gateway.drops("flow-limit") == 0)
        }
    }

    @Test("1,000 ports, one by one and as a range")
    func many() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            let name = gateway.box.name
            var begun = ContinuousClock.now
            for port in 5_000..<6_000 {
                _ = try lab.client.publish(network: "web", sandbox: name, specs: ["\(port):\(port)"])
            }
            let single = ContinuousClock.now - begun
            begun = .now
            _ = try lab.client.publish(network: "web", sandbox: name, specs: ["10000-10999:5000-5999"])
            let range = ContinuousClock.now - begun
            let server = try LabServer(in: gateway.box, GatewayLab.inside, port: 5_777)
            for port in [UInt16(5_777), 10_777] {
                #expect(try server.converse(from: gateway.lan, GatewayLab.host, port: port) == GatewayLab.remote)
            }
            begun = .now
            try lab.replaceDaemon()
            let start = ContinuousClock.now - begun
            #expect(try lab.client.publishedPorts().count(where: { $0.state == .active }) == 1_001)
            #expect(try server.converse(from: gateway.lan, GatewayLab.host, port: 5_777) == GatewayLab.remote)
            begun = .now
            try lab.client.unpublish(network: "web", sandbox: name, spec: "10000-10999:5000-5999")
            let end = ContinuousClock.now - begun
            print(
                "1,000 ports one by one: \(single.text); as a range: \(range.text); the range's end: \(end.text);",
                "another daemon with all of them: \(start.text)")
            #expect(single < .seconds(4) && range < .milliseconds(500))
        }
    }

    /// A thread that sends SYNs from random sources to a published port.
    private final class Flood: Sendable {
        let isStopped = Atomic<Bool>(false)
        let sent = Atomic<Int>(0)
    }

    @Test("A SYN flood from random sources: a client connects")
    func synFlood() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["5000:80"])
            try gateway.ip("route add default via \(GatewayLab.remote)")
            gateway.settle()
            let mac = try gateway.addresses()
            let server = try TakingServer(in: gateway.box, GatewayLab.inside, port: 80)
            let (other, _) = try gateway.another("other")
            let established = try LabConnection(from: other, to: gateway.lan, GatewayLab.remote)
            let flood = Flood()
            let lan = gateway.lan
            let thread = LabThread {
                guard let wire = try? FramePort(lan, HeddleUnderTest.ownInterface) else { return }
                var random = Seeded(seed)
                let begun = MachineTime.monotonic
                while !flood.isStopped.load(ordering: .acquiring) {
                    let source =
                        "\(20 + random.below(80)).\(random.below(256)).\(random.below(256)).\(1 + random.below(250))"
                    guard
                        let segment = try? Packets.tcp(
                            from: (source, UInt16(1_024 + random.below(60_000))), to: (GatewayLab.host, 5_000),
                            flags: 2,
                            sequence: UInt32(truncatingIfNeeded: random.next())),
                        let packet = try? Packets.ip(from: source, to: GatewayLab.host, proto: 6, segment)
                    else { return }
                    try? wire.send(Packets.frame(to: mac.uplink, from: mac.lan, packet))
                    let sent = flood.sent.add(1, ordering: .relaxed).newValue
                    if sent % 16 == 0 {
                        MachineTime.sleep(until: begun + Int64(sent) * 1_000_000_000 / Int64(Self.floodRate))
                    }
                }
            }
            Patience.pass(.milliseconds(500))
            var reached = 0
            let begun = ContinuousClock.now
            for _ in 0..<300 {
                if try gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_000, isTaken: true) { reached += 1 }
            }
            let duration = ContinuousClock.now - begun
            let sent = flood.sent.load(ordering: .relaxed)
            _ = try established.exchange()
            flood.isStopped.store(true, ordering: .releasing)
            thread.join()
            print(
                "SYN flood: \(sent) SYNs; \(reached) of 300 connections in \(duration.text); \(server.taken) taken;",
                "drops", try gateway.drops().filter { $0.value > 0 })
            #expect(reached >= 297)
            #expect(try gateway.flows().count { $0.state == "new" } <= 2_048)
            #expect(try gateway.reaches(from: gateway.lan, GatewayLab.host, port: 5_000, isTaken: true))
        }
    }
}
