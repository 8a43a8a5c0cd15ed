import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// What others do to Heddle's interfaces is found and put right.
@Suite("Daemon: repair", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct RepairTests {
    @Test("A host port that somebody deletes is made again, with the same MAC address", arguments: InputOutput.allCases)
    func hostPortDeleted(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let network = try lab.makeNetwork("lan", "10.44.0.0/24", "fd44::/64")
            let box = try lab.makeSandbox("box", ipv6: true)
            try lab.attach(box, to: "lan")
            let name = "hd-" + network.id.prefix(12)
            let before = try #require(try lab.host.link(name))
            try lab.host.ask { try $0.deleteLink(named: name) }
            #expect(try Patience.until { try lab.host.addresses(name) == ["10.44.0.1/24", "fd44::1/64"] })
            let after = try #require(try lab.host.link(name))
            #expect(after.mac == before.mac && after.alias == before.alias && after.mtu == before.mtu)
            for gateway in ["10.44.0.1", "fd44::1"] {
                #expect(try lab.succeeds(["ping", "-c1", "-W2", gateway], in: box), "\(gateway)")
            }
            // And while there is no daemon.
            try lab.killDaemon()
            try lab.host.ask { try $0.deleteLink(named: name) }
            try lab.start()
            #expect(try lab.host.addresses(name) == ["10.44.0.1/24", "fd44::1/64"])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.44.0.1"], in: box))
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("An interface that was renamed in its sandbox is found again", arguments: ["tap", "veth"], [false, true])
    func renamed(via: String, isEngineKilled: Bool) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.44.0.0/24")
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            for box in boxes { try lab.attach(box, to: "lan", via: via) }
            try boxes[1].ask { route in
                guard let link = try route.link(named: "eth0") else { throw LabError("there is no eth0") }
                try route.rename(link: link.index, to: try InterfaceName(parsing: "other7"))
            }
            let engine = try lab.enginePID()
            try lab.killDaemon()
            if isEngineKilled { kill(engine, SIGKILL) }
            try lab.start()
            #expect(try lab.client.endpoints().map(\.state) == [.up, .up])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.44.0.3"], in: boxes[0]))
            try lab.client.detach(network: "lan", sandbox: boxes[1].name)
            #expect(lab.foreignInterfaces(in: boxes[1]).isEmpty)
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("What goes while nobody runs is gone at the next start", arguments: ["tap", "veth"])
    func goneMeanwhile(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.44.0.0/24")
            let boxes = try ["a", "b", "c"].map { try lab.makeSandbox($0) }
            for box in boxes { try lab.attach(box, to: "lan", via: via) }
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            boxes[1].remove()
            try boxes[2].ask { try $0.deleteLink(named: "eth0") }
            #expect(try lab.observer.survivors { $0 == boxes[1].name } == [])
            try lab.start()
            #expect(try lab.client.endpoints().map(\.state) == [.up, .gone, .gone])
            #expect(try lab.inconsistencies() == [])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.44.0.1"], in: boxes[0]))
            for box in boxes.dropFirst() { try lab.client.detach(network: "lan", sandbox: box.name) }
            try lab.attach(boxes[2], to: "lan", via: via)
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.44.0.2"], in: boxes[2]))
        }
    }

    @Test("A sandbox whose name is deleted while a process is in it goes on", arguments: ["tap", "veth"])
    func nameless(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.44.0.0/24")
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            for box in boxes { try lab.attach(box, to: "lan", via: via) }
            let stream = try DatagramStream(from: boxes[0], to: boxes[1], "10.44.0.3")
            #expect(stream.waitForFresh() != nil)
            // The stream's receiving socket is what keeps it.
            boxes[1].remove()
            #expect(stream.waitForFresh() != nil)
            try lab.replaceDaemon()
            #expect(stream.waitForFresh() != nil)
            #expect(try lab.client.endpoints().map(\.state) == [.up, .up])
            let verdict = try #require(stream.stop())
            #expect(verdict.lost.isEmpty)
            stream.endReceiving()
            #expect(try lab.observer.survivors { $0 == boxes[1].name } == [])
            #expect(try Patience.until { try lab.client.endpoints().last?.state == .gone })
        }
    }
}
