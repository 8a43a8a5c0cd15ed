import Foundation
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// `heddle trace --live` of real frames: what did happen to them.
@Suite("Daemon: live traces", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct LiveTraceTests {
    /// What one followed frame is told as.
    private struct Told: Decodable {
        var time: String
        var from: String
        var steps: [TraceReport.Step]
        var outcomes: [TraceReport.Outcome]
        var conclusion: String
    }

    /// Runs `heddle trace --live`, sends until it has seen enough, and returns what it told.
    private static func live(
        _ lab: HeddleUnderTest, _ words: [String], _ send: () throws -> Void
    ) throws -> [Told] {
        let program = try RunningProgram(
            Programs.client, ["--json", "trace", "--live"] + words, in: try lab.host.open(),
            environment: ["HEDDLE_SOCKET": lab.socket])
        for _ in 0..<200 where program.wait(within: .milliseconds(50)) == nil { try send() }
        let text = try program.readAll(within: .seconds(10))
        #expect(program.wait(within: .seconds(10)) == .exited(0))
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Told.self, from: Data($0.utf8)) }
    }

    @Test("frames of a port: what was forwarded, and what was dropped and why", arguments: InputOutput.allCases)
    func switched(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            try lab.makeNetwork("lan", "10.63.0.0/24")
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            try lab.attach(a, to: "lan", ip: "10.63.0.2")
            try lab.attach(b, to: "lan", ip: "10.63.0.3")
            #expect(try Patience.until { try lab.succeeds(["ping", "-c", "1", "-W", "1", "10.63.0.3"], in: a) })
            let port = try FramePort(a, "eth0")
            let foretold = try lab.trace("lan", from: a.name, "udp > 10.63.0.3:9999")
            let told = try Self.live(lab, ["-n", "2", "lan", "--from", a.name, "udp", "port", "9999"]) {
                try port.send(foretold.bytes)
            }
            #expect(told.count == 2)
            for frame in told {
                #expect(frame.steps.map(\.what) == ["arrived", "forwarded", "sent"], "\(frame.steps)")
                #expect(frame.from == foretold.from && frame.outcomes == foretold.outcomes, "\(frame)")
                #expect(frame.conclusion == foretold.conclusion)
            }
            let spoofed = try lab.trace("lan", from: a.name, "udp 10.63.0.77:9 > 10.63.0.3:9")
            let dropped = try Self.live(lab, ["lan", "src", "host", "10.63.0.77"]) { try port.send(spoofed.bytes) }
            #expect(dropped.map(\.outcomes) == [spoofed.outcomes], "\(dropped)")
            #expect(dropped.first?.steps.last?.text == spoofed.steps.last?.text, "\(dropped)")
        }
    }

    @Test("a packet is followed out of its network, where it is another one; a refused one back to its sender")
    func routed() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab)
            #expect(
                try Patience.until {
                    try lab.succeeds(["ping", "-c", "1", "-W", "1", GatewayLab.remote], in: gateway.box)
                })
            let port = try FramePort(gateway.box, "eth0")
            let frame = try lab.trace("web", from: gateway.box.name, "udp > \(GatewayLab.remote):9")
            let told = try Self.live(lab, ["web", "--from", gateway.box.name, "udp port 9"]) {
                try port.send(frame.bytes)
            }
            #expect(told.first?.steps.map(\.what) == ["arrived", "router-takes", "sent"], "\(told)")
            #expect(told.first?.conclusion == "sent to uplink@\(gateway.uplink)", "\(told)")
            #expect(told.first?.steps.last?.text.contains("IP 192.0.2.1.") == true, "\(told)")
            let expiring = try lab.trace("web", from: gateway.box.name, "icmp > \(GatewayLab.remote) ttl 1")
            let refused = try Self.live(lab, ["web", "--from", gateway.box.name, "icmp[icmptype] == icmp-echo"]) {
                try port.send(expiring.bytes)
            }
            #expect(refused.first?.outcomes.map(\.verdict) == expiring.outcomes.map(\.verdict), "\(refused)")
            #expect(refused.first?.conclusion == expiring.conclusion, "\(refused)")
        }
    }

    @Test("a frame is followed into the tunnel on one host, and out of it on the other")
    func overlay() throws {
        try OverlayFleet.run { fleet in
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes()
            let (near, far) = (fleet.labs[0], fleet.labs[1])
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: near))
            let port = try FramePort(boxes[0].box, "eth0")
            let mac = try #require(try boxes[1].box.link("eth0")?.mac)
            let foretold = try near.trace(
                "blue", from: boxes[0].box.name, "udp > \(boxes[1].address):9999 dmac \(mac)")
            let sent = try Self.live(near, ["blue", "--from", boxes[0].box.name, "udp port 9999"]) {
                try port.send(foretold.bytes)
            }
            #expect(sent.map(\.outcomes) == [foretold.outcomes], "\(sent)")
            #expect(sent.first?.conclusion == foretold.conclusion, "\(sent)")
            let arrived = try Self.live(far, ["blue", "udp port 9999"]) { try port.send(foretold.bytes) }
            #expect(arrived.first?.from == "vxlan", "\(arrived)")
            #expect(arrived.first?.conclusion == "sent to eth0@\(boxes[1].box.name)", "\(arrived)")
        }
    }
}
