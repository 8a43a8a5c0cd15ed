import Foundation
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What a trace foretells is what then happens to the very frame.
@Suite("Daemon: traces", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct TraceTests {
    /// A network with two sandboxes that have seen each other.
    private static func run(
        io: InputOutput = .uring, vlans: (Int, Int)? = nil, isolated: Bool = false,
        at location: SourceLocation = #_sourceLocation,
        _ body: (HeddleUnderTest, _ a: TestSandbox, _ b: TestSandbox) throws -> Void
    ) throws {
        try HeddleUnderTest.run(io: io, at: location) { lab in
            try lab.makeNetwork("lan", "10.63.0.0/24", isolated: isolated)
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            for (sandbox, ip, vlan) in [(a, "10.63.0.2", vlans?.0), (b, "10.63.0.3", vlans?.1)] {
                _ = try lab.client.attach(
                    AttachRequest(network: "lan", sandbox: sandbox.name, ip: [ip], vlan: vlan))
            }
            try body(lab, a, b)
        }
    }

    private static func meet(_ lab: HeddleUnderTest, _ a: TestSandbox) throws {
        let isThere = try Patience.until { try lab.succeeds(["ping", "-c", "1", "-W", "1", "10.63.0.3"], in: a) }
        try #require(isThere)
    }

    @Test("to a neighbour: where it goes and why, and there it goes", arguments: InputOutput.allCases)
    func neighbour(io: InputOutput) throws {
        try Self.run(io: io) { lab, a, b in
            try Self.meet(lab, a)
            let report = try lab.trace("lan", from: a.name, "udp > 10.63.0.3:9999 length 10")
            #expect(report.from == "eth0@\(a.name)" && report.conclusion == "sent to eth0@\(b.name)", "\(report)")
            #expect(report.summary == "IP 10.63.0.2.49152 > 10.63.0.3.9999: UDP, length 10")
            #expect(report.assumed.count == 3 && report.assumed[2].hasSuffix("of eth0@\(b.name)"), "\(report.assumed)")
            #expect(report.step("guard-passed") != nil && report.step("looked-up")?.result == "station", "\(report)")
            #expect(report.step("looked-up")?.text.contains("(eth0@\(b.name)) is behind eth0@\(b.name)") == true)
            #expect(report.outcomes == [.init(verdict: "sent", port: "eth0@\(b.name)")])
            let (from, to) = (try FramePort(a, "eth0"), try FramePort(b, "eth0"))
            try from.send(report.bytes)
            #expect(to.receive(1) { $0.bytes == report.bytes }.count == 1)
            // The port may be named in all ways, and the frame may be given as bytes.
            for name in ["eth0@\(a.name)", a.name] {
                #expect(try lab.trace("lan", from: name, report.frame).conclusion == report.conclusion)
            }
            #expect(try lab.succeeds(["ping", "-c", "1", "-W", "1", "10.63.0.3"], in: a))
        }
    }

    @Test("what is dropped at the way in has its reason, and is counted with it when it is sent")
    func refused() throws {
        try Self.run { lab, a, b in
            try Self.meet(lab, a)
            let port = try FramePort(a, "eth0")
            let cases = [
                ("udp > 10.63.0.3:9 smac 03:00:00:00:00:01", "group-source"),
                ("udp > 10.63.0.3:9 smac 02:00:00:00:00:01", "guard-mac"),
                ("udp 10.63.0.77:9 > 10.63.0.3:9", "guard-ipv4"), ("arp 10.63.0.3 tell 10.63.0.77", "guard-arp"),
                ("ether > 01:80:c2:00:00:00", "reserved-group"), ("0200", "too-short"),
            ]
            for (text, reason) in cases {
                let report = try lab.trace("lan", from: a.name, text)
                #expect(report.outcomes == [.init(verdict: "dropped", port: report.from, reason: reason)], "\(report)")
                #expect(report.conclusion == "dropped at \(report.from): \(reason)")
                #expect(report.steps.last?.text.hasPrefix("\(reason): ") == true, "\(report.steps)")
                // The kernel takes no frame that is shorter than its header.
                if reason == "too-short" { continue }
                let before = try lab.drops(reason, at: report.from)
                try port.send(report.bytes)
                let isCounted = try Patience.until { try lab.drops(reason, at: report.from) == before + 1 }
                #expect(isCounted, "\(reason)")
            }
        }
    }

    @Test("a device that is down is named, and what is sent there is dropped as foretold")
    func down() throws {
        try Self.run { lab, a, b in
            try Self.meet(lab, a)
            let before = try lab.trace("lan", from: a.name, "udp > 10.63.0.3:9")
            #expect(before.conclusion == "sent to eth0@\(b.name)" && before.step("port-state") == nil, "\(before)")
            #expect(try lab.succeeds(["ip", "link", "set", "eth0", "down"], in: b))
            let report = try lab.trace("lan", from: a.name, "udp > 10.63.0.3:9")
            #expect(report.step("port-state")?.result == "down", "\(report)")
            #expect(
                report.outcomes == [.init(verdict: "dropped", port: "eth0@\(b.name)", reason: "egress-down")],
                "\(report)")
            let count = try lab.drops("egress-down", at: "eth0@\(b.name)")
            try FramePort(a, "eth0").send(report.bytes)
            let isCounted = try Patience.until { try lab.drops("egress-down", at: "eth0@\(b.name)") > count }
            #expect(isCounted)
        }
    }

    @Test("a flood names every way out, and reaches those")
    func flood() throws {
        try Self.run { lab, a, b in
            let host = try lab.client.network(named: "lan").id
            let report = try lab.trace("lan", from: a.name, "arp 10.63.0.99")
            let sent = Set(report.outcomes.compactMap(\.port))
            #expect(sent.contains("eth0@\(b.name)") && sent.contains { host.hasPrefix($0.dropFirst(3)) }, "\(report)")
            #expect(!sent.contains(report.from) && report.step("looked-up")?.result == "group", "\(report)")
            let (from, to) = (try FramePort(a, "eth0"), try FramePort(b, "eth0"))
            try from.send(report.bytes)
            #expect(to.receive(1) { $0.bytes == report.bytes }.count == 1)
            // The other way round, by the host's port.
            let back = try lab.trace("lan", from: "host", "arp 10.63.0.2")
            #expect(back.conclusion.contains("eth0@\(a.name)"), "\(back)")
        }
    }

    @Test("isolated ports and VLANs keep apart what the trace says they do")
    func apart() throws {
        try Self.run(isolated: true) { lab, a, b in
            // The destination has to be known to be refused for that.
            try FramePort(b, "eth0").send(try lab.trace("lan", from: b.name, "arp 10.63.0.1").bytes)
            let isKnown = try Patience.until {
                try lab.client.stations(network: "lan").contains { $0.port == "eth0@\(b.name)" }
            }
            #expect(isKnown)
            let report = try lab.trace("lan", from: a.name, "icmp > 10.63.0.3")
            #expect(report.conclusion == "dropped at eth0@\(a.name): isolated", "\(report)")
        }
        try Self.run(vlans: (10, 20)) { lab, a, b in
            let port = try FramePort(b, "eth0")
            let report = try lab.trace("lan", from: a.name, "icmp > 10.63.0.3")
            #expect(report.step("classified")?.text == "it belongs to VLAN 10, by its port", "\(report)")
            #expect(!report.outcomes.contains { $0.verdict == "sent" && $0.port == "eth0@\(b.name)" }, "\(report)")
            try FramePort(a, "eth0").send(report.bytes)
            #expect(port.receive(1, within: .milliseconds(300)) { $0.bytes == report.bytes }.isEmpty)
        }
    }

    @Test("impairments are named; a frame that is too long for a port says so")
    func ports() throws {
        try Self.run { lab, a, b in
            try Self.meet(lab, a)
            #expect(try lab.heddle("impair", b.name, "--out", "--delay", "5ms", "--loss", "1%").status == 0)
            let report = try lab.trace("lan", from: a.name, "udp > 10.63.0.3:7")
            #expect(report.step("impaired-out")?.text.contains("delay 5ms, loss 1%") == true, "\(report)")
            let long = try lab.trace("lan", from: a.name, "udp > 10.63.0.3:7 length 3000")
            #expect(long.conclusion == "dropped at eth0@\(b.name): exceeds-mtu", "\(long)")
            let name = "eth0@\(b.name)"
            let before = try lab.drops("exceeds-mtu", at: name)
            try a.ask { route in
                guard let link = try route.link(named: "eth0") else { return }
                try route.setMTU(link: link.index, 9_000)
            }
            try FramePort(a, "eth0").send(long.bytes)
            #expect(try Patience.until { try lab.drops("exceeds-mtu", at: name) == before + 1 })
        }
    }

    @Test("out of the host and in again: routes, translation, publishes, and the packets on the wire are the foretold")
    func gateway() throws {
        try HeddleUnderTest.run { lab in
            let gateway = try GatewayLab(lab, publish: ["8080:80/udp"])
            let outside = try FramePort(gateway.lan, HeddleUnderTest.ownInterface)
            // Who the next hop is is known once somebody has spoken with it.
            #expect(
                try Patience.until {
                    try lab.succeeds(["ping", "-c", "1", "-W", "1", GatewayLab.remote], in: gateway.box)
                })
            let out = try lab.trace("web", from: gateway.box.name, "udp > \(GatewayLab.remote):9")
            #expect(out.outcomes.map(\.verdict) == ["sent"], "\(out)")
            #expect(out.conclusion == "sent to uplink@\(gateway.uplink)", "\(out)")
            #expect(out.step("translated")?.text.contains("source 10.81.0.2:49152 becomes 192.0.2.1") == true, "\(out)")
            #expect(
                out.step("flow")?.result == "new" && out.step("routed")?.port == "uplink@\(gateway.uplink)", "\(out)")
            try FramePort(gateway.box, "eth0").send(out.bytes)
            let seen = outside.receive(1) { Array($0.bytes.dropFirst(36).prefix(2)) == [0, 9] }
            #expect(seen.first.map { Array($0.bytes[26..<30]) } == [192, 0, 2, 1], "\(seen)")
            // A way to nowhere.
            let nowhere = try lab.trace("web", from: gateway.box.name, "icmp > 203.0.113.9")
            #expect(nowhere.outcomes.first?.reason == "no-route", "\(nowhere)")
            // From the LAN to what is published, and to what isn't.
            let name = "uplink@\(gateway.uplink)"
            let incoming = try lab.trace("web", from: name, "udp \(GatewayLab.remote):4000 > \(GatewayLab.host):8080")
            #expect(incoming.conclusion == "sent to eth0@\(gateway.box.name)", "\(incoming)")
            #expect(incoming.step("published")?.text.contains("10.81.0.2:80") == true, "\(incoming)")
            let box = try FramePort(gateway.box, "eth0")
            try outside.send(incoming.bytes)
            #expect(!box.receive(1) { Array($0.bytes.dropFirst(36).prefix(2)) == [0, 80] }.isEmpty)
            let stranger = try lab.trace("web", from: name, "udp \(GatewayLab.remote):4000 > \(GatewayLab.host):8081")
            #expect(stranger.outcomes == [.init(verdict: "host", port: name)], "\(stranger)")
            let received = { try lab.client.statistics().ports.first { $0.port == name }?.rx.frames }
            let before = try received()
            try outside.send(stranger.bytes)
            Patience.pass(.milliseconds(200))
            #expect(try received() == before)
        }
    }

    @Test("across an overlay: the VTEP, the VNI, and who gets copies")
    func overlay() throws {
        try OverlayFleet.run { fleet in
            for index in 0..<2 { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes()
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: fleet.labs[0]))
            let lab = fleet.labs[0]
            let mac = try fleet.labs[1].client.endpoints().first?.mac ?? ""
            let report = try lab.trace(
                OverlayFleet.network, from: boxes[0].box.name, "icmp > \(boxes[1].address) dmac \(mac)")
            #expect(report.conclusion.contains("vtep 198.18.0.2"), "\(report)")
            #expect(
                report.step("encapsulated")?.text.contains("VNI 42 to 198.18.0.2, UDP port 4789") == true, "\(report)")
            let flooded = try lab.trace(OverlayFleet.network, from: boxes[0].box.name, "arp 10.42.9.9")
            #expect(flooded.step("replicated") != nil, "\(flooded)")
            let far = try FramePort(boxes[1].box, "eth0")
            try FramePort(boxes[0].box, "eth0").send(report.bytes)
            #expect(far.receive(1) { $0.bytes == report.bytes }.count == 1)
        }
    }

    @Test("what can't be traced is refused with words; strange frames harm nobody")
    func strange() throws {
        try Self.run { lab, a, b in
            try Self.meet(lab, a)
            for (words, status, text) in [
                (["nothere", "--from", a.name, "arp 10.63.0.3"], Int32(1), "there is no network \"nothere\""),
                (["lan", "--from", "nobody", "arp 10.63.0.3"], 1, "there is no port \"nobody\" in the network lan"),
                (["lan", "--from", a.name, "tcp > 10.63.0.77:80"], 1, "nobody in lan is known to have 10.63.0.77"),
                (["lan", "--from", a.name, "tcp > 10.63.0.3"], 64, "the destination has no port"),
                (["lan", "--from", a.name, "udp > 10.63.0.3:7 length 9200"], 1, "At most 9216 can be traced"),
            ] {
                let outcome = try lab.heddle(["trace"] + words)
                #expect(outcome.status == status && outcome.errors.contains(text), "\(outcome)")
            }
            var random = SystemRandomNumberGenerator()
            for length in [1, 13, 14, 15, 34, 60, 1_514, 9_000, 9_216] {
                let sane = try lab.trace("lan", from: a.name, "tcp > 10.63.0.3:80").bytes
                for head in [[], Array(sane.prefix(38))] {
                    let frame = (head + (0..<length).map { _ in UInt8.random(in: 0 ... .max, using: &random) }).prefix(
                        length)
                    let text = frame.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                    let report = try lab.client.trace(TraceRequest(network: "lan", from: a.name, frame: text))
                    #expect(!report.outcomes.isEmpty, "\(text.prefix(100)): \(report.steps)")
                }
            }
            #expect(try lab.succeeds(["ping", "-c", "1", "-W", "1", "10.63.0.3"], in: a))
        }
    }
}
