import Addresses
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// Sandboxes that go and come back while others talk.
@Suite("Daemon: sandboxes come and go", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct SandboxLifeTests {
    @Test("A sandbox deleted under a running flow, and back", arguments: InputOutput.allCases, ["tap", "veth"])
    func deletedUnderFlow(io: InputOutput, via: String) throws {
        try HeddleUnderTest.run(io: io) { lab in
            try lab.makeNetwork("lan", "10.54.0.0/24")
            let boxes = try ["a", "b", "c", "d"].map { try lab.makeSandbox($0) }
            for box in boxes { try lab.attach(box, to: "lan", via: via) }
            let before = try lab.client.endpoints()
            let others = try DatagramStream(from: boxes[2], to: boxes[3], "10.54.0.5")
            let flow = try DatagramStream(from: boxes[0], to: boxes[1], "10.54.0.3")
            let bulk = try ByteStream(from: boxes[0], to: boxes[1], "10.54.0.3")
            #expect(others.waitForFresh() != nil && flow.waitForFresh() != nil && bulk.waitForMore())

            // Sockets hold a namespace, so that those in it are closed; the senders send on.
            boxes[1].remove()
            flow.endReceiving()
            bulk.endReceiving()
            #expect(try lab.observer.survivors { $0 == boxes[1].name } == [])
            #expect(try Patience.until { try lab.client.endpoints()[1].state == .gone })
            #expect(try lab.client.endpoints().map(\.state) == [.up, .gone, .up, .up])
            #expect(try lab.inconsistencies() == [])

            let again = try lab.makeSandbox("b")
            #expect(try Patience.until { try lab.client.endpoints()[1].state == .up })
            #expect(try lab.client.endpoints() == before)
            #expect(try again.link("eth0")?.mac?.description == before[1].mac)
            #expect(try again.addresses("eth0") == before[1].addresses)
            #expect(try again.defaultRoutes() == ["10.54.0.1 eth0"])
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.54.0.3"], in: boxes[0]))
            #expect(try lab.inconsistencies() == [])
            let verdict = try #require(others.stop())
            #expect(verdict.lost.isEmpty && verdict.overtaken == 0, "\(verdict.lost.count) of \(verdict.sent) lost")
            _ = flow.stop()
            _ = bulk.stop()
        }
    }

    @Test("An endpoint that is gone keeps its address until it is detached", arguments: ["tap", "veth"])
    func gone(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.54.0.0/24")
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            try lab.attach(boxes[0], to: "lan", via: via)
            boxes[0].remove()
            #expect(try Patience.until { try lab.client.endpoints().first?.state == .gone })
            let taken = #expect(throws: APIError.self) { try lab.attach(boxes[1], to: "lan", ip: "10.54.0.2") }
            #expect(taken?.code == .conflict)
            #expect(try lab.attach(boxes[1], to: "lan").addresses == ["10.54.0.3/24"])
            let list: [Endpoint] = try lab.json("endpoint", "ls")
            #expect(list.map(\.state) == [.gone, .up])
            #expect(try lab.heddle("endpoint", "ls").output.contains("gone"))
            // A new daemon finds it so, too.
            try lab.replaceDaemon()
            #expect(try lab.client.endpoints().map(\.state) == [.gone, .up])
            #expect(try lab.heddle("detach", "lan", boxes[0].name).status == 0)
            #expect(try lab.client.endpoints().map(\.sandbox) == [boxes[1].name])
        }
    }

    @Test(
        "A sandbox that comes back while there is no daemon gets its endpoint from the next",
        arguments: ["tap", "veth"])
    func backWithoutDaemon(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.54.0.0/24")
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            for box in boxes { try lab.attach(box, to: "lan", via: via) }
            let before = try lab.client.endpoints()
            try lab.killDaemon()
            boxes[1].remove()
            let again = try lab.makeSandbox("b")
            try lab.start()
            #expect(try Patience.until { try lab.client.endpoints() == before })
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.54.0.2"], in: again))
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("An interface that somebody deletes in the sandbox leaves its endpoint gone", arguments: ["tap", "veth"])
    func interfaceDeleted(via: String) throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.54.0.0/24")
            let box = try lab.makeSandbox("a")
            try lab.attach(box, to: "lan", via: via)
            try box.ask { try $0.deleteLink(named: "eth0") }
            #expect(try Patience.until { try lab.client.endpoints().first?.state == .gone })
            #expect(try lab.inconsistencies() == [])
            try lab.client.detach(network: "lan", sandbox: box.name)
            try lab.attach(box, to: "lan", via: via)
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.54.0.1"], in: box))
        }
    }

    @Test("An interface that goes down and up again works as before", arguments: InputOutput.allCases, ["tap", "veth"])
    func flap(io: InputOutput, via: String) throws {
        try HeddleUnderTest.run(io: io) { lab in
            try lab.makeNetwork("lan", "10.54.0.0/24")
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            for box in boxes { try lab.attach(box, to: "lan", via: via) }
            let stream = try DatagramStream(from: boxes[0], to: boxes[1], "10.54.0.3")
            for _ in 0..<3 {
                #expect(stream.waitForFresh() != nil)
                for isUp in [false, true] {
                    try boxes[1].ask { route in
                        guard let link = try route.link(named: "eth0") else { throw LabError("there is no eth0") }
                        try route.setUp(link: link.index, isUp)
                    }
                }
            }
            #expect(stream.waitForFresh() != nil)
            #expect(try lab.client.endpoints().allSatisfy { $0.state == .up })
            _ = stream.stop()
        }
    }
}
