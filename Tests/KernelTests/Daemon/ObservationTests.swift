import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// What can be seen of a running switch: stations, counters, and the JSON that scripts rely on.
@Suite("Daemon: stations, counters, isolation", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct ObservationTests {
    @Test("Counters tell exactly what went through", arguments: InputOutput.allCases, ["tap", "veth"])
    func counters(io: InputOutput, via: String) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let boxes = try ["a", "b", "c"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("wire")
            let macs = try boxes.map { try MACAddress(parsing: lab.attach($0, to: "wire", via: via).mac) }
            let ports = try boxes.map { try FramePort($0, "eth0") }
            // Nothing speaks in these sandboxes but this test, and what attaching announced has no addresses to tell.
            #expect(try lab.client.statistics().ports.allSatisfy { $0.rx.frames == 0 && $0.tx.frames == 0 })

            // b becomes known by one flooded frame, then a sends it a hundred of 200 bytes.
            try ports[1].send(FramePort.frame(to: .broadcast, from: macs[1], count: 60))
            #expect(ports[0].receive(1).count == 1)
            for _ in 0..<100 { try ports[0].send(FramePort.frame(to: macs[1], from: macs[0], count: 200)) }
            #expect(ports[1].receive(100).count == 100)
            // Seven to a reserved address, which no bridge forwards; three to itself.
            let reserved = try MACAddress(parsing: "01:80:c2:00:00:0e")
            for _ in 0..<7 { try ports[2].send(FramePort.frame(to: reserved, from: macs[2])) }
            for _ in 0..<3 { try ports[2].send(FramePort.frame(to: macs[2], from: macs[2])) }

            #expect(try row(lab, boxes[2]) { $0.rx.frames == 10 })
            #expect(try row(lab, boxes[1]) { $0.tx.frames == 100 })
            let rows = try lab.client.statistics().ports
            let (a, b, c) = (rows[0], rows[1], rows[2])
            #expect(a.port == "eth0@\(boxes[0].name)" && a.network == "wire")
            #expect(a.rx == .init(frames: 100, bytes: 20_000, superframes: 0))
            #expect(a.forwarded == 100 && a.flooded == 0 && a.drops.isEmpty)
            #expect(a.tx == .init(frames: 1, bytes: 60, superframes: 0))
            #expect(b.rx == .init(frames: 1, bytes: 60, superframes: 0) && b.flooded == 1 && b.forwarded == 0)
            #expect(b.tx == .init(frames: 100, bytes: 20_000, superframes: 0) && b.drops.isEmpty)
            #expect(c.rx == .init(frames: 10, bytes: 640, superframes: 0))
            #expect(c.tx == .init(frames: 1, bytes: 60, superframes: 0))
            #expect(c.drops == ["reserved-group": 7, "same-port": 3])
            #expect(ports[2].waiting().map(\.bytes.count) == [60])
        }
    }

    private func row(
        _ lab: HeddleUnderTest, _ box: TestSandbox, _ fits: (Statistics.Port) -> Bool
    ) throws -> Bool {
        try Patience.until { try lab.client.statistics().ports.contains { $0.port.hasSuffix(box.name) && fits($0) } }
    }

    @Test("Stations are learned, move, and grow old", arguments: InputOutput.allCases)
    func stations(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("wire")
            for box in boxes { try lab.attach(box, to: "wire") }
            let ports = try boxes.map { try FramePort($0, "eth0") }
            let nomad = try MACAddress(parsing: "02:99:00:00:00:02")
            func station() throws -> Station? {
                try lab.client.stations(network: "wire").first { $0.mac == nomad.description }
            }
            try ports[0].send(FramePort.frame(to: .broadcast, from: nomad))
            #expect(try Patience.until { try station()?.port == "eth0@\(boxes[0].name)" })
            let young = try #require(try station()?.ageMilliseconds)
            Patience.pass(.milliseconds(400))
            let old = try #require(try station())
            #expect(old.ageMilliseconds >= young + 350 && old.ageMilliseconds < young + 5_000)
            #expect(!old.isStatic && old.vtep == nil && old.vlan == nil)

            try ports[1].send(FramePort.frame(to: .broadcast, from: nomad))
            #expect(try Patience.until { try station()?.port == "eth0@\(boxes[1].name)" })
            #expect(try #require(try station()).ageMilliseconds < old.ageMilliseconds)
            // A port's stations go with it.
            try lab.client.detach(network: "wire", sandbox: boxes[1].name)
            #expect(try Patience.until { try station() == nil })
        }
    }

    @Test("Ports of an isolated network reach the gateway only")
    func isolated() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            let network: Network = try lab.json("network", "create", "lan", "--subnet", "10.81.0.0/24", "--isolated")
            #expect(network.isolated)
            for box in boxes { try lab.attach(box, to: "lan") }
            for box in boxes { #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.81.0.1"], in: box)) }
            #expect(try !lab.succeeds(["ping", "-c2", "-i0.2", "-W1", "10.81.0.3"], in: boxes[0]))
            // The question who has the address is flooded to the gateway alone.
            let rows = try lab.client.statistics().ports
            let stranger = try #require(rows.first { $0.port.hasSuffix(boxes[1].name) })
            let gatewayPings: UInt64 = 2
            #expect(stranger.tx.frames <= gatewayPings)
        }
    }

    @Test("Access ports of one VLAN reach each other, others see the tag")
    func vlan() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b", "c", "trunk"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("wire")
            for (box, vlan) in zip(boxes, ["10", "10", "20"]) {
                let endpoint: Endpoint = try lab.json("attach", "wire", box.name, "--vlan", vlan)
                #expect(endpoint.vlan == Int(vlan))
            }
            try lab.attach(boxes[3], to: "wire", via: "veth")
            let ports = try boxes.map { try FramePort($0, "eth0") }
            let source = try MACAddress(parsing: "02:99:00:00:00:03")
            let frame = FramePort.frame(to: .broadcast, from: source)
            try ports[0].send(frame)
            #expect(ports[1].receive(1) == [.init(bytes: frame, vlan: nil)])
            #expect(ports[3].receive(1) == [.init(bytes: frame, vlan: 10)])
            #expect(ports[2].waiting().isEmpty)
            let stations = try lab.client.stations(network: "wire")
            #expect(stations.contains { $0.mac == source.description && $0.vlan == 10 })
        }
    }

    @Test("A source that is not the endpoint's is dropped and counted")
    func sourceGuard() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("lan", "10.82.0.0/24")
            for box in boxes { try lab.attach(box, to: "lan") }
            let (left, right) = (try FramePort(boxes[0], "eth0"), try FramePort(boxes[1], "eth0"))
            let stranger = try MACAddress(parsing: "02:99:00:00:00:04")
            for _ in 0..<5 { try left.send(FramePort.frame(to: .broadcast, from: stranger)) }
            #expect(try row(lab, boxes[0]) { $0.drops["guard-mac"] == 5 })
            #expect(right.waiting().isEmpty)
            #expect(try lab.client.stations(network: "lan").allSatisfy { $0.mac != stranger.description })
        }
    }

    @Test("JSON has the keys that scripts rely on")
    func keys() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("a")
            func has(_ object: [String: Any], _ keys: String) {
                for key in keys.split(separator: " ") {
                    #expect(object[String(key)] != nil, "\(key) in \(object.keys)")
                }
            }
            has(
                try lab.jsonObject("network", "create", "lan", "--subnet", "10.83.0.0/24"),
                "name id driver subnets gateways mtu internal isolated options")
            has(try lab.jsonObject("network", "ls"), "name id driver subnets gateways mtu internal isolated options")
            let endpoint = "id network sandbox ifname via mac addresses name aliases publish state"
            has(try lab.jsonObject("attach", "lan", box.name), endpoint)
            has(try lab.jsonObject("endpoint", "ls"), endpoint)
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.83.0.1"], in: box))
            has(try lab.jsonObject("stations", "lan"), "mac port age_ms static")
            let statistics = try lab.jsonObject("stats")
            #expect(Array(statistics.keys) == ["ports"])
            let port = try #require((statistics["ports"] as? [[String: Any]])?.first)
            has(port, "port network rx tx drops")
            for direction in ["rx", "tx"] { has(try #require(port[direction] as? [String: Any]), "frames bytes") }
            let status = try lab.jsonObject("status")
            has(try #require(status["daemon"] as? [String: Any]), "pid version uptime_s")
            has(try #require(status["engine"] as? [String: Any]), "pid version uptime_s io workers")
        }
    }
}
