import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Networks that span hosts: several daemons on one wire, and hosts of the kernel's.
@Suite("Daemon: overlays", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct OverlayNetworkTests {
    @Test("Two hosts: ping and TCP each way, and what can be seen of it", arguments: InputOutput.allCases)
    func twoHosts(io: InputOutput) throws {
        try twoHosts(.v4, overhead: 50, io)
    }

    @Test("Two hosts over IPv6")
    func twoHostsIPv6() throws {
        try twoHosts(.v6, overhead: 70, .uring)
    }

    private func twoHosts(_ family: IPAddress.Family, overhead: Int, _ io: InputOutput) throws {
        try OverlayFleet.run(family, io: io) { fleet in
            for index in fleet.labs.indices {
                let network = try fleet.makeOverlay(on: index)
                #expect(network.driver == "overlay" && network.mtu == 1_500 - overhead)
                #expect(network.options["vni"] == "42" && network.options["peer"] == fleet.address(1 - index))
            }
            let boxes = try fleet.makeBoxes()
            #expect(boxes.map(\.address) == ["10.42.1.0", "10.42.2.0"])
            #expect(try boxes[0].box.link("eth0")?.mtu == UInt32(1_500 - overhead))
            for (near, far) in [(0, 1), (1, 0)] {
                #expect(try fleet.reaches(boxes[far].address, from: boxes[near].box, of: fleet.labs[near]))
                let stream = try ByteStream(from: boxes[near].box, to: boxes[far].box, boxes[far].address)
                #expect(stream.waitForMore(20 << 20))
                #expect(stream.stop().failure == nil)
                // The gateway's address is on every host.
                #expect(try fleet.reaches("10.42.0.1", from: boxes[near].box, of: fleet.labs[near]))

                let mac = try #require(try boxes[far].box.link("eth0")?.mac).description
                let station = try #require(
                    try fleet.labs[near].client.stations(network: "blue").first { $0.mac == mac })
                #expect(station.vtep == fleet.address(far) && station.port == nil && !station.isStatic)
                let shown = try fleet.labs[near].heddle("stations", "blue").output
                #expect(shown.contains("VTEP") && shown.contains(fleet.address(far)), "\(shown)")
                let side = try fleet.tunnelSide(of: fleet.labs[near])
                #expect(side.rx.frames > 10 && side.tx.frames > 10 && side.drops == [:], "\(side)")
                #expect(try fleet.tunnel(of: near).drops == [:])
            }
        }
    }

    @Test("A host of the kernel's is a peer like any other", arguments: [IPAddress.Family.v4, .v6])
    func kernelPeer(family: IPAddress.Family) throws {
        try OverlayFleet.run(hosts: 1, family) { fleet in
            let lab = fleet.labs[0]
            try fleet.makeOverlay(on: 0, peers: [1])
            let near = try fleet.makeBox(lab)
            let far = try fleet.makeKernelHost()
            #expect(try fleet.reaches(far.address, from: near.box, of: lab))
            #expect(try fleet.reaches(near.address, from: far.box, of: lab))
            for (source, target, address) in [(near.box, far.box, far.address), (far.box, near.box, near.address)] {
                let stream = try ByteStream(from: source, to: target, address)
                #expect(stream.waitForMore(20 << 20))
                #expect(stream.stop().failure == nil)
            }
            #expect(try lab.client.stations(network: "blue").contains { $0.vtep == fleet.address(1) })
        }
    }

    @Test("Three hosts: what one floods comes to each of the others exactly once", arguments: InputOutput.allCases)
    func broadcast(io: InputOutput) throws {
        try OverlayFleet.run(hosts: 3, io: io) { fleet in
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index, subnet: nil) }
            let boxes = try fleet.makeBoxes(via: "veth").map(\.box)
            let ports = try boxes.map { try FramePort($0, "eth0") }
            let macs = try boxes.map { try #require(try $0.link("eth0")?.mac) }
            for sender in boxes.indices {
                let frames = (0..<5).map { number in
                    FramePort.frame(to: .broadcast, from: macs[sender], count: 100, fill: UInt8(sender * 16 + number))
                }
                for frame in frames { try ports[sender].send(frame) }
                for receiver in boxes.indices where receiver != sender {
                    #expect(ports[receiver].receive(5).map(\.bytes) == frames, "from \(sender) to \(receiver)")
                }
            }
            // Known by now: to one host only.
            let direct = FramePort.frame(to: macs[2], from: macs[0], count: 100, fill: 0xEE)
            try ports[0].send(direct)
            #expect(ports[2].receive(1).map(\.bytes) == [direct])
            // Copies would have come by now: after the frame that was sent last.
            for port in ports { #expect(port.waiting().isEmpty) }
            for lab in fleet.labs { #expect(try fleet.tunnelSide(of: lab).drops == [:]) }
        }
    }

    @Test("kill -9 of daemon, of engine, of both, while traffic runs")
    func deaths() throws {
        try OverlayFleet.run { fleet in
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes()
            let (near, far) = (fleet.labs[0], fleet.labs[1])
            let bytes = try ByteStream(from: boxes[1].box, to: boxes[0].box, boxes[0].address)
            /// What numbered datagrams from one host to the other notice of `body`.
            func datagrams(
                _ when: String, during body: (_ isFlowing: () -> Bool) throws -> Void
            ) throws -> DatagramStream.Verdict {
                let stream = try DatagramStream(from: boxes[0].box, to: boxes[1].box, boxes[1].address)
                func isFlowing() -> Bool { stream.waitForFresh(within: .seconds(10)) != nil && bytes.waitForMore() }
                #expect(isFlowing(), "before \(when)")
                try body(isFlowing)
                #expect(isFlowing(), "after \(when)")
                let verdict = try #require(stream.stop())
                #expect(verdict.duplicates == 0, "\(when)")
                return verdict
            }

            let daemon = try datagrams("the daemon's death") { isFlowing in
                let engine = try near.enginePID()
                try near.killDaemon()
                #expect(isFlowing(), "without a daemon")
                try near.start()
                #expect(try near.enginePID() == engine)
            }
            #expect(daemon.lost == [])
            for lab in fleet.labs {
                let engine = try datagrams("an engine's death") { _ in
                    let killed = try lab.killEngine()
                    #expect(try Patience.until { try lab.client.status().engine.map { $0.pid != killed } ?? false })
                }
                // What it had in its hands when it died; all else waits in the kernel's queues.
                #expect(engine.lost.count <= DeathTests.slotsOfPort, "\(engine.lost)")
            }
            // The sockets are lost with the last who held them, and opened anew. Of three tries one is not slowed by what
            // else the machine does.
            var outages: [Duration] = []
            while outages.count < 3, outages.allSatisfy({ $0 >= .seconds(1) }) {
                let both = try datagrams("the death of both") { _ in
                    let orphan = try far.enginePID()
                    try far.killDaemon()
                    kill(orphan, SIGKILL)
                    #expect(Patience.until { !far.processes(in: far.host).contains { $0.pid == orphan } })
                    try far.start()
                }
                outages.append(both.longestOutage)
            }
            #expect(outages.contains { $0 < .seconds(1) }, "\(outages)")
            #expect(bytes.stop().failure == nil)
            for lab in fleet.labs {
                #expect(try lab.client.endpoints().map(\.state) == [.up])
                #expect(try lab.client.peers(network: "blue").count == 1)
            }
        }
    }

    @Test("The MTU follows the underlay, also while no daemon runs")
    func mtu() throws {
        try OverlayFleet.run(hosts: 1, mtu: 9_000) { fleet in
            let lab = fleet.labs[0]
            try fleet.makeOverlay(on: 0, peers: [1])
            try fleet.makeOverlay(on: 0, name: "fixed", vni: 43, peers: [1], subnet: "10.43", "--mtu", "1400")
            let boxes = try ["tap", "veth"].map { try fleet.makeBox(lab, $0, via: $0).box }
            let fixed = try fleet.makeBox(lab, "fixed", network: "fixed").box
            func expect(_ mtu: Int, _ when: String) throws {
                let isThere = try Patience.until {
                    let network = try lab.client.network(named: "blue")
                    let host = try lab.host.link("hd-" + network.id.prefix(12))
                    return try network.mtu == mtu && host?.mtu == UInt32(mtu)
                        && boxes.allSatisfy { try $0.link("eth0")?.mtu == UInt32(mtu) }
                }
                #expect(isThere, "\(mtu) \(when)")
                #expect(try fixed.link("eth0")?.mtu == 1_400)
            }
            try expect(8_950, "at first")
            try fleet.setUplinkMTU(of: 0, 1_500)
            try expect(1_450, "after the interface's MTU")
            // A route with an MTU of its own, which is smaller.
            #expect(
                try lab.succeeds(
                    ["ip", "route", "add", "198.18.0.2/32", "dev", "u0", "src", "198.18.0.1", "mtu", "1400"],
                    in: lab.host))
            try expect(1_350, "after the route's MTU")
            #expect(try lab.heddle("peer", "rm", "blue", "198.18.0.2").status == 0)
            try expect(1_450, "without that peer")
            #expect(try lab.heddle("peer", "add", "blue", "198.18.0.2").status == 0)
            try expect(1_350, "with it")
            try lab.killDaemon()
            #expect(try lab.succeeds(["ip", "route", "del", "198.18.0.2/32"], in: lab.host))
            try lab.start()
            try expect(1_450, "after the daemon was away")
            let refused = try lab.heddle(
                [
                    "network", "create", "x", "--driver", "overlay", "--vni", "7", "--local", "198.18.0.1", "--mtu",
                    "1451",
                ])
            #expect(refused.status == 1 && refused.errors.contains("1450"), "\(refused.errors)")
        }
    }

    @Test("Peers come and go, and with them the traffic")
    func peers() throws {
        try OverlayFleet.run { fleet in
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index, peers: []) }
            let boxes = try fleet.makeBoxes()
            let (near, far) = (fleet.labs[0], fleet.labs[1])
            func passes() throws -> Bool {
                try fleet.reaches(boxes[1].address, from: boxes[0].box, of: near, tries: 1)
            }
            #expect(try !passes())
            #expect(try near.heddle("peer", "add", "blue", fleet.address(1)).status == 0)
            // The other host doesn't know this one yet, and says why nothing passes.
            let isRefused = try Patience.until(.seconds(10)) {
                #expect(try !passes())
                return try fleet.tunnelSide(of: far).drops["unknown-vtep"] ?? 0 > 0
            }
            #expect(isRefused)
            #expect(try far.heddle("peer", "add", "blue", fleet.address(0)).status == 0)
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: near))
            let listed: [Peer] = try near.json("peer", "ls", "blue")
            #expect(listed.map(\.vtep) == [fleet.address(1)])

            let again = try near.heddle("peer", "add", "blue", fleet.address(1))
            #expect(again.status == 1 && again.errors.contains("already"), "\(again.errors)")
            #expect(try near.heddle("peer", "rm", "blue", fleet.address(1)).status == 0)
            #expect(try !passes())
            #expect(try !near.client.stations(network: "blue").contains { $0.vtep != nil })
            // Durable.
            try near.replaceDaemon()
            #expect(try near.client.peers(network: "blue").isEmpty)
            let missing = try near.heddle("peer", "rm", "blue", fleet.address(1))
            #expect(missing.status == 1 && missing.errors.contains("no peer"), "\(missing.errors)")
            try near.makeNetwork("lan")
            let bridge = try near.heddle("peer", "ls", "lan")
            #expect(bridge.status == 1 && bridge.errors.contains("has no peers"), "\(bridge.errors)")
        }
    }

    @Test("A peer that comes later is told who is there: what it knew of their addresses is out of date")
    func latePeer() throws {
        try OverlayFleet.run { fleet in
            try fleet.makeOverlay(on: 0)
            try fleet.makeOverlay(on: 1, peers: [])
            let boxes = try fleet.makeBoxes()
            let mac = try #require(try boxes[1].box.link("eth0")?.mac)
            let stale = ["neigh", "replace", boxes[1].address, "lladdr", "02:00:00:00:00:99", "nud", "stale"]
            #expect(try fleet.labs[0].succeeds(["ip"] + stale + ["dev", "eth0"], in: boxes[0].box))
            #expect(try fleet.labs[1].heddle("peer", "add", "blue", fleet.address(0)).status == 0)
            let isKnown = try Patience.until {
                try boxes[0].box.ask { route in
                    try route.neighbours().contains { "\($0.address)" == boxes[1].address && $0.mac == mac }
                }
            }
            #expect(isKnown)
        }
    }

    @Test("--accept-any-peer: answers whoever speaks")
    func anyPeer() throws {
        try OverlayFleet.run { fleet in
            try fleet.makeOverlay(on: 0, peers: [], "--accept-any-peer")
            try fleet.makeOverlay(on: 1, peers: [0])
            let boxes = try fleet.makeBoxes()
            #expect(try fleet.reaches(boxes[0].address, from: boxes[1].box, of: fleet.labs[1]))
            #expect(try fleet.tunnelSide(of: fleet.labs[0]).drops == [:])
            #expect(try fleet.labs[0].client.network(named: "blue").options["accept-any-peer"] == "true")
        }
    }

    @Test("Without learning: static stations, and questions for their addresses are answered here")
    func withoutLearning() throws {
        try OverlayFleet.run { fleet in
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index, "--learning", "off") }
            let boxes = try fleet.makeBoxes()
            let macs = try boxes.map { try #require(try $0.box.link("eth0")?.mac).description }
            for index in fleet.labs.indices {
                let other = 1 - index
                let outcome = try fleet.labs[index].heddle(
                    "stations", "blue", "add", macs[other], "--vtep", fleet.address(other), "--ip", boxes[other].address
                )
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let questions = try fleet.tunnelSide(of: fleet.labs[0]).tx.frames
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: fleet.labs[0]))
            // One echo request; the question who has the address did not leave this host.
            #expect(try fleet.tunnelSide(of: fleet.labs[0]).tx.frames <= questions + 2)
            let lab = fleet.labs[0]
            func station() throws -> Station? {
                try lab.client.stations(network: "blue").first { $0.mac == macs[1] }
            }
            #expect(try station()?.isStatic == true && station()?.vtep == fleet.address(1))
            // Durable, and told to the next engine.
            try lab.killDaemon()
            try lab.start()
            try lab.killEngine()
            #expect(try Patience.until { try lab.client.status().engine != nil && station()?.isStatic == true })
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: lab))
            // A peer with a static station stays.
            let kept = try lab.heddle("peer", "rm", "blue", fleet.address(1))
            #expect(kept.status == 1 && kept.errors.contains(macs[1]), "\(kept.errors)")
            #expect(try lab.heddle("stations", "blue", "rm", macs[1]).status == 0)
            #expect(try station() == nil)
        }
    }

    @Test("Networks share a tunnel; its sockets go with the last of them")
    func sharedTunnel() throws {
        try OverlayFleet.run { fleet in
            let lab = fleet.labs[0]
            let boxes = try fleet.labs.map { lab in try ["blue", "red"].map { try lab.makeSandbox($0) } }
            let before = try lab.settledWorld()
            for index in fleet.labs.indices {
                try fleet.makeOverlay(on: index)
                try fleet.makeOverlay(on: index, name: "red", vni: 43, subnet: "10.43")
                try fleet.labs[index].attach(boxes[index][0], to: "blue")
                try fleet.labs[index].attach(boxes[index][1], to: "red", via: "veth")
            }
            #expect(try fleet.reaches("10.42.2.0", from: boxes[0][0], of: lab))
            #expect(try fleet.reaches("10.43.2.0", from: boxes[0][1], of: lab))
            #expect(try lab.inconsistencies() == [])
            let taken = try lab.heddle(
                "network", "create", "green", "--driver", "overlay", "--vni", "43", "--local", fleet.address(0))
            #expect(taken.status == 1 && taken.errors.contains("red"), "\(taken.errors)")

            try lab.client.detach(network: "red", sandbox: boxes[0][1].name)
            try lab.client.removeNetwork(named: "red")
            #expect(try fleet.reaches("10.42.2.0", from: boxes[0][0], of: lab))
            try lab.client.detach(network: "blue", sandbox: boxes[0][0].name)
            try lab.client.removeNetwork(named: "blue")
            #expect(try lab.changes(since: before) == [])
            // And its UDP port is free.
            let descriptor = try lab.host.inside { try InternetSocket.datagram(fleet.address(0)) }
            defer { close(descriptor) }
            try InternetSocket.bind(descriptor, fleet.address(0), port: 4_789)
        }
    }

    @Test("A local address that is not there yet is waited for")
    func lateAddress() throws {
        try OverlayFleet.run { fleet in
            for index in fleet.labs.indices { try fleet.makeOverlay(on: index) }
            let boxes = try fleet.makeBoxes()
            let lab = fleet.labs[0]
            let second = try fleet.makeBox(lab, "second")
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            try fleet.setAddress(of: 0, isThere: false)
            try lab.start()
            // This host's endpoints reach each other all the same.
            #expect(try fleet.reaches(second.address, from: boxes[0].box, of: lab))
            #expect(lab.logText.contains("is not an address of this host"))
            try fleet.setAddress(of: 0, isThere: true)
            #expect(try fleet.reaches(boxes[1].address, from: boxes[0].box, of: lab))
        }
    }

    @Test("What is wrong with an overlay is said before anything is made")
    func refusals() throws {
        try OverlayFleet.run(hosts: 1) { fleet in
            let lab = fleet.labs[0]
            let before = try lab.settledWorld()
            let cases: [(words: String, reasons: [String])] = [
                ("--vni 5 --local 198.18.0.9", ["198.18.0.9 is not on this host", "ip address"]),
                ("--vni 16777216 --local 198.18.0.1", ["16777216", "0 to 16777215"]),
                ("--local 198.18.0.1", ["needs a VNI", "--vni"]), ("--vni 5", ["--local"]),
                ("--vni 5 --local 198.18.0.1 --peer fd00::2", ["IPv6", "IPv4"]),
                ("--vni 5 --local 198.18.0.1 --peer 198.18.0.1", ["own address"]),
                ("--vni 5 --local 198.18.0.1 --peer 198.18.0.2 --peer 198.18.0.2", ["twice"]),
                ("--vni 5 --local 198.18.0.1 --peer 198.18.0.255", ["198.18.0.255", "broadcast address"]),
                ("--vni 5 --local 198.18.0.1 --peer 224.0.0.9", ["multicast"]),
                ("--vni 5 --local 198.18.0.1 --peer 0.0.0.0", ["unspecified"]),
                ("--vni 5 --local 198.18.0.1 --port 0", ["1 to 65535"]),
                ("--vni 5 --local 198.18.0.1 --learning maybe", ["on or off"]),
            ]
            for (words, reasons) in cases {
                let outcome = try lab.heddle(
                    ["network", "create", "x", "--driver", "overlay"] + words.split(separator: " ").map(String.init))
                #expect(outcome.status == 1, "\(words)")
                for reason in reasons { #expect(outcome.errors.contains(reason), "\(words): \(outcome.errors)") }
            }
            // Somebody else has the UDP port: nothing is left of the try.
            let descriptor = try lab.host.inside { try InternetSocket.datagram("198.18.0.1") }
            try InternetSocket.bind(descriptor, "198.18.0.1", port: 4_789)
            let busy = try lab.heddle(
                "network", "create", "x", "--driver", "overlay", "--vni", "5", "--local", "198.18.0.1")
            close(descriptor)
            #expect(busy.status == 1 && busy.errors.contains("UDP port 4789 is in use"), "\(busy.errors)")
            try fleet.makeOverlay(on: 0, peers: [], subnet: nil)
            let shown = try lab.heddle("network", "inspect", "blue").output
            #expect(!shown.contains(" peer="), "\(shown)")
            for peer in ["198.18.0.255", "255.255.255.255", "239.1.1.1", "0.0.0.0"] {
                let outcome = try lab.heddle("peer", "add", "blue", peer)
                #expect(outcome.status == 1 && outcome.errors.contains("can't be a VTEP"), "\(outcome.errors)")
            }
            #expect(try lab.heddle("network", "rm", "blue").status == 0)
            #expect(try lab.changes(since: before) == [])
        }
    }
}
