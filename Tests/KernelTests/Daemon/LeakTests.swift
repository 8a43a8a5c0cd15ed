import CLinux
import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// Sandboxes come and go a hundred times, and nothing of them stays.
@Suite("Daemon: nothing leaks", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct LeakTests {
    private static let rounds = 100

    @Test("100 × attach, and the sandbox is deleted", arguments: ["tap", "veth"])
    func sandboxDeleted(via: String) throws {
        try HeddleUnderTest.run { lab in
            let watch = try Watch(lab)
            var latencies: [Duration] = []
            for round in 0..<Self.rounds {
                let box = try lab.makeSandbox("x\(round)")
                let begun = ContinuousClock.now
                try lab.attach(box, to: "lan", via: via)
                latencies.append(.now - begun)
                #expect(try lab.finish(try Programs.system("ip"), ["netns", "del", box.name]).status == 0)
            }
            // The namespaces die although their endpoints are remembered.
            #expect(try lab.observer.survivors { $0.contains("-x") } == [])
            #expect(try Patience.until { try lab.client.endpoints().allSatisfy { $0.state == .gone } })
            let endpoints = try lab.client.endpoints()
            #expect(endpoints.count == Self.rounds)
            #expect(try lab.inconsistencies() == [])
            try watch.expectDescriptors(of: lab)
            for endpoint in endpoints { try lab.client.detach(network: "lan", sandbox: endpoint.sandbox) }
            try watch.expectUnchanged(lab)
            let median = latencies.sorted()[Self.rounds / 2]
            print("attach of a \(via), median of \(Self.rounds): \(median.text)")
        }
    }

    @Test("100 × attach and detach", arguments: ["tap", "veth"])
    func detached(via: String) throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("box", ipv6: true)
            let watch = try Watch(lab)
            for _ in 0..<Self.rounds {
                let endpoint = try lab.attach(box, to: "lan", via: via)
                #expect(endpoint.addresses == ["10.56.0.2/24"])
                try lab.client.detach(network: "lan", sandbox: box.name)
            }
            #expect(lab.foreignInterfaces(in: box).isEmpty)
            #expect(try box.defaultRoutes().isEmpty)
            try watch.expectUnchanged(lab)
        }
    }

    @Test("100 × a network is made and removed")
    func networks() throws {
        try HeddleUnderTest.run { lab in
            let watch = try Watch(lab)
            for _ in 0..<Self.rounds {
                try lab.makeNetwork("other", "10.55.0.0/24", "fd55::/64")
                try lab.client.removeNetwork(named: "other")
            }
            try watch.expectUnchanged(lab)
        }
    }

    @Test("Deleted after both processes had died and a daemon attached to the TAP from inside the sandbox")
    func deletedAfterRecovery() throws {
        try HeddleUnderTest.run { lab in
            let watch = try Watch(lab)
            let boxes = try (0..<5).map { try lab.makeSandbox("x\($0)") }
            for (box, via) in zip(boxes, ["tap", "tap", "tap", "veth", "veth"]) {
                try lab.attach(box, to: "lan", via: via)
            }
            let engine = try lab.enginePID()
            try lab.killDaemon()
            kill(engine, SIGKILL)
            try lab.start()
            #expect(try lab.client.endpoints().allSatisfy { $0.state == .up })
            for box in boxes { box.remove() }
            #expect(try lab.observer.survivors { $0.contains("-x") } == [])
            #expect(try Patience.until { try lab.client.endpoints().allSatisfy { $0.state == .gone } })
            #expect(try lab.inconsistencies() == [])
            for box in boxes { try lab.client.detach(network: "lan", sandbox: box.name) }
            try watch.expectInterfaces(of: lab)
        }
    }

    /// What was there before, and must be there after.
    private struct Watch {
        let world: World

        init(_ lab: HeddleUnderTest) throws {
            try lab.makeNetwork("lan", "10.56.0.0/24")
            // What is made once and kept is made now.
            let warm = try lab.makeSandbox("warm")
            for via in ["tap", "veth"] {
                try lab.attach(warm, to: "lan", via: via)
                try lab.client.detach(network: "lan", sandbox: warm.name)
            }
            world = try lab.settledWorld()
        }

        func expectUnchanged(_ lab: HeddleUnderTest) throws {
            #expect(try lab.changes(since: world) == [])
        }

        /// As many descriptors as before, by both processes' numbers of them.
        func expectDescriptors(of lab: HeddleUnderTest) throws {
            func counts(_ world: World) -> [String] { world.lines.filter { $0.hasSuffix("descriptors") } }
            var now: [String] = []
            _ = try Patience.until(.seconds(3)) {
                now = try counts(lab.world())
                return now == counts(world)
            }
            let open = try lab.descriptors(of: lab.client.status().daemon.pid)
            #expect(now == counts(world), "\(open.sorted())")
        }

        /// As many interfaces, addresses, networks and files as before; the processes are others.
        func expectInterfaces(of lab: HeddleUnderTest) throws {
            func rest(_ world: World) -> [String] { world.lines.filter { !$0.hasSuffix("descriptors") } }
            #expect(try rest(lab.world()) == rest(world))
        }
    }
}
