import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What a user does, by the command line, and what the kernel then says.
@Suite("Daemon: networks and endpoints", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct AttachTests {
    @Test("A network is made, shown and removed", arguments: InputOutput.allCases)
    func network(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let status: Status = try lab.json("status")
            #expect(status.daemon.pid == Int(lab.daemon?.pid ?? 0))
            #expect(status.engine?.io == io.rawValue)
            #expect(status.engine?.workers == 1)

            let made: Network = try lab.json(
                "network", "create", "lan", "--subnet", "10.71.0.0/24", "--subnet", "fd71::/64", "--gateway",
                "10.71.0.254",
                "--ip-range", "10.71.0.128/25", "--mtu", "1400", "--internal")
            #expect(made.name == "lan" && made.driver == "bridge" && made.mtu == 1_400)
            #expect(made.internal && !made.isolated)
            #expect(made.subnets == ["10.71.0.0/24", "fd71::/64"])
            #expect(made.gateways == ["10.71.0.254", "fd71::1"])
            #expect(try lab.json("network", "inspect", "lan") == made)
            #expect(try lab.json("network", "ls") == [made])

            let hostPort = try #require(try lab.host.link("hd-" + made.id.prefix(12)))
            #expect(hostPort.isUp && hostPort.hasCarrier && hostPort.mtu == 1_400)
            #expect(try lab.host.addresses(hostPort.name) == ["10.71.0.254/24", "fd71::1/64"])

            #expect(try lab.heddle("network", "rm", "lan").status == 0)
            #expect(try lab.host.link(hostPort.name) == nil)
            let left: [Network] = try lab.json("network", "ls")
            #expect(left.isEmpty)
        }
    }

    @Test("An endpoint has what it was promised", arguments: InputOutput.allCases, ["tap", "veth"])
    func attach(io: InputOutput, via: String) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let web = try lab.makeSandbox("web", ipv6: true)
            let db = try lab.makeSandbox("db", ipv6: true)
            try lab.makeNetwork("lan", "10.72.0.0/24", "fd72::/64")
            let first: Endpoint = try lab.json("attach", "lan", web.name, "--via", via)
            let second: Endpoint = try lab.json(
                "attach", "lan", db.name, "--via", via, "--ip", "10.72.0.9", "--mac", "02:00:00:00:00:77", "--ifname",
                "net7", "--name", "db", "--alias", "sql", "--alias", "store")
            #expect(first.addresses == ["10.72.0.2/24", "fd72::2/64"])
            #expect(first.ifname == "eth0" && first.via == via && first.state == .up && first.sandbox == web.name)
            #expect(second.addresses == ["10.72.0.9/24", "fd72::2/64"] || second.addresses.last == "fd72::3/64")
            #expect(second.mac == "02:00:00:00:00:77" && second.ifname == "net7" && second.name == "db")
            #expect(second.aliases == ["sql", "store"])
            for (sandbox, endpoint) in [(web, first), (db, second)] {
                let link = try #require(try sandbox.link(endpoint.ifname))
                #expect(link.isUp && link.hasCarrier && link.mtu == 1_500)
                #expect(link.mac?.description == endpoint.mac)
                #expect(try sandbox.addresses(endpoint.ifname) == endpoint.addresses.sorted())
                #expect(try sandbox.defaultRoutes() == ["10.72.0.1 \(endpoint.ifname)", "fd72::1 \(endpoint.ifname)"])
                #expect(try lab.json("endpoint", "inspect", endpoint.id) == endpoint)
                #expect(try lab.json("endpoint", "inspect", String(endpoint.id.prefix(6))) == endpoint)
            }
            #expect(try lab.json("endpoint", "ls", "lan") == [first, second])
            #expect(try lab.json("endpoint", "ls") == [first, second])

            for address in second.addresses.map({ String($0.prefix { $0 != "/" }) }) {
                #expect(try lab.succeeds(["ping", "-c1", "-W2", address], in: web), "\(address)")
            }
            for gateway in ["10.72.0.1", "fd72::1"] {
                #expect(try lab.succeeds(["ping", "-c1", "-W2", gateway], in: db), "\(gateway)")
            }
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.72.0.9"], in: lab.host))

            #expect(try lab.heddle("network", "disconnect", "lan", web.name).status == 0)
            #expect(try lab.heddle("detach", "lan", db.name).status == 0)
            for sandbox in [web, db] { #expect(lab.foreignInterfaces(in: sandbox).isEmpty) }
            let left: [Endpoint] = try lab.json("endpoint", "ls")
            #expect(left.isEmpty)
        }
    }

    @Test("attach returns when traffic passes", arguments: InputOutput.allCases, ["tap", "veth"])
    func passesAtOnce(io: InputOutput, via: String) throws {
        try HeddleUnderTest.run(io: io) { lab in
            try lab.makeNetwork("wire")
            let speaker = try lab.makeSandbox("speaker")
            try lab.attach(speaker, to: "wire")
            let port = try FramePort(speaker, "eth0")
            let source = try MACAddress(parsing: "02:99:00:00:00:05")
            for round in 0..<20 {
                let box = try lab.makeSandbox("x\(round)")
                try lab.attach(box, to: "wire", via: via)
                // The very first frame, in both directions.
                let listener = try FramePort(box, "eth0")
                let frame = FramePort.frame(to: .broadcast, from: source, fill: UInt8(round))
                try port.send(frame)
                #expect(listener.receive(1).map(\.bytes) == [frame])
                try listener.send(frame)
                #expect(port.receive(1).map(\.bytes) == [frame])
            }
        }
    }

    @Test("The MAC address follows from network and address")
    func stableMAC() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            try lab.makeNetwork("one", "10.73.0.0/24")
            try lab.makeNetwork("two", "10.74.0.0/24")
            let first = try lab.attach(boxes[0], to: "one")
            let other = try lab.attach(boxes[1], to: "one", via: "veth")
            #expect(first.mac != other.mac)
            try lab.client.detach(network: "one", sandbox: boxes[0].name)
            // By another way, under another name: same network and address.
            let again = try lab.attach(boxes[0], to: "one", via: "veth", ip: "10.73.0.2", ifname: "lan0")
            #expect(again.mac == first.mac && again.addresses == first.addresses && again.id != first.id)
            let elsewhere = try lab.attach(boxes[1], to: "two", ip: "10.74.0.2")
            #expect(elsewhere.mac != first.mac)
            #expect(try boxes[0].link("lan0")?.mac?.description == first.mac)
        }
    }

    @Test("A second network is a second interface; the default route is the first one's, until the box leaves that")
    func secondNetwork() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("box")
            let peers = try ["p", "q"].map { try lab.makeSandbox($0) }
            for (name, subnet) in [("front", "10.75.0.0/24"), ("back", "10.76.0.0/24")] {
                try lab.makeNetwork(name, subnet)
            }
            let front = try lab.attach(box, to: "front")
            let back = try lab.attach(box, to: "back", via: "veth")
            #expect(front.ifname == "eth0" && back.ifname == "eth1")
            #expect(try box.defaultRoutes() == ["10.75.0.1 eth0"])
            for (peer, network, address) in [(peers[0], "front", "10.75.0.2"), (peers[1], "back", "10.76.0.2")] {
                try lab.attach(peer, to: network)
                #expect(try lab.succeeds(["ping", "-c1", "-W2", address], in: peer))
            }
            // Two networks are two switches.
            #expect(try !lab.succeeds(["ping", "-c1", "-W1", "10.76.0.3"], in: peers[0]))
            try lab.client.detach(network: "front", sandbox: box.name)
            #expect(try box.defaultRoutes() == ["10.76.0.1 eth1"])
            #expect(try box.link("eth0") == nil)
            #expect(try lab.attach(box, to: "front").ifname == "eth0")
            #expect(try box.defaultRoutes() == ["10.76.0.1 eth1"])
            try lab.client.detach(network: "back", sandbox: box.name)
            #expect(try box.defaultRoutes() == ["10.75.0.1 eth0"])
            try lab.client.detach(network: "front", sandbox: box.name)
            #expect(try box.defaultRoutes().isEmpty)
        }
    }

    @Test("The network bridge is made when a sandbox first joins it, in a subnet that is free")
    func defaultNetwork() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("box")
            // The first of the pools is a route of the host's.
            let lan = try lab.makeSandbox("lan")
            try join(lab, lan, host: "172.17.5.1/24", other: "172.17.5.2/24")
            #expect(throws: APIError.self) {
                try lab.client.attach(AttachRequest(network: "bridge", sandbox: "no-box"))
            }
            #expect(try lab.client.networks().isEmpty)
            let endpoint = try lab.attach(box, to: "bridge")
            #expect(endpoint.addresses == ["172.18.0.2/16"])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "172.18.0.1"], in: box))
            #expect(try lab.client.network(named: "bridge").driver == "bridge")
            let other = try lab.makeSandbox("other")
            #expect(try lab.attach(other, to: "bridge").addresses == ["172.18.0.3/16"])
        }
    }

    @Test("A sandbox can be named by a path and by a process")
    func otherNames() throws {
        try HeddleUnderTest.run { lab in
            let byPath = try lab.makeSandbox("path")
            let byProcess = try lab.makeSandbox("process")
            let sleeper = try RunningProgram(try Programs.system("sleep"), ["60"], in: try byProcess.open())
            defer { sleeper.kill() }
            try lab.makeNetwork("lan", "10.77.0.0/24")
            let first: Endpoint = try lab.json("attach", "lan", byPath.path)
            let second: Endpoint = try lab.json("attach", "lan", "pid:\(sleeper.pid)")
            #expect(first.sandbox == byPath.path && second.sandbox == "pid:\(sleeper.pid)")
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.77.0.3"], in: byPath))
            // The same namespace by another name is the same sandbox.
            let twice = try lab.heddle("attach", "lan", byProcess.name)
            #expect(twice.status == 1 && twice.errors.contains("pid:\(sleeper.pid)"))
            #expect(try lab.heddle("detach", "lan", byPath.name).status == 0)
            #expect(try lab.heddle("detach", "lan", "pid:\(sleeper.pid)").status == 0)
            #expect(lab.foreignInterfaces(in: byPath).isEmpty && lab.foreignInterfaces(in: byProcess).isEmpty)
        }
    }

    @Test("An internal network has no way out")
    func internalNetwork() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            let network: Network = try lab.json("network", "create", "lan", "--subnet", "10.78.0.0/24", "--internal")
            #expect(network.internal)
            for box in boxes {
                try lab.attach(box, to: "lan")
                #expect(try box.defaultRoutes().isEmpty)
            }
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.78.0.3"], in: boxes[0]))
        }
    }

    @Test("A network without a subnet gives an interface and no addresses")
    func pureLayer2() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            let network: Network = try lab.json("network", "create", "wire")
            #expect(network.subnets.isEmpty && network.gateways.isEmpty)
            #expect(lab.foreignInterfaces(in: lab.host).isEmpty)
            for (box, via) in zip(boxes, ["tap", "veth"]) {
                let endpoint = try lab.attach(box, to: "wire", via: via)
                #expect(endpoint.addresses.isEmpty)
                let link = try #require(try box.link("eth0"))
                #expect(link.isUp && link.hasCarrier && link.mac?.description == endpoint.mac)
                #expect(try box.addresses("eth0").isEmpty && box.defaultRoutes().isEmpty)
            }
            // No source guard: any station may speak.
            let (left, right) = (try FramePort(boxes[0], "eth0"), try FramePort(boxes[1], "eth0"))
            let stranger = try MACAddress(parsing: "02:99:00:00:00:01")
            let frame = FramePort.frame(to: .broadcast, from: stranger)
            try left.send(frame)
            #expect(right.receive(1).map(\.bytes) == [frame])
            let stations: [Station] = try lab.json("stations", "wire")
            #expect(stations.contains { $0.mac == stranger.description && $0.port == "eth0@\(boxes[0].name)" })
        }
    }
}
