import Addresses
import Bench
import Glibc
import Netlink
import Testing

/// Real frames through real interfaces, in namespaces of the test's own.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root")) struct FrameTrialTests {
    private func workspace(_ name: String) -> Workspace {
        Workspace(prefix: "hdt-\(getpid())-\(name)-")
    }

    @Test(arguments: [60, 512, 1_514]) func everyFrameOverAVethIsCounted(length: Int) throws {
        let workspace = workspace("count")
        defer { workspace.remove() }
        let path = try PlainVeth().setUp(in: workspace)
        try path.waitUntilItWorks()
        let outcome = try FrameTrial(frameLength: length, rate: 20_000, seconds: 5, frameLimit: 5_000).run(on: path)
        #expect(outcome.sent == 5_000)
        #expect(outcome.received == 5_000)
        #expect(outcome.lost == 0)
        #expect(outcome.sinkDrops == 0)
        #expect(outcome.duplicated == 0)
        #expect(outcome.reordered == 0)
        #expect(outcome.damaged == 0)
        #expect(outcome.foreign == 0)
        #expect(outcome.stale == 0)
        #expect(outcome.latency.count == 5_000)
        #expect(outcome.latency.minimum > 0)
        #expect(outcome.latency.maximum < 1_000_000_000)
        // The schedule: 5000 frames at 20,000 a second are a quarter of a second.
        #expect(outcome.sendingSeconds > 0.2)
    }

    @Test func theAccountClosesUnderFullLoad() throws {
        let workspace = workspace("flood")
        defer { workspace.remove() }
        let path = try KernelBridge().setUp(in: workspace)
        try path.waitUntilItWorks()
        let outcome = try FrameTrial(frameLength: 60, seconds: 0.3).run(on: path)
        #expect(outcome.sent > 1_000)
        #expect(outcome.received + outcome.lost + outcome.sinkDrops == outcome.sent)
        #expect(outcome.deliveredRate > 1_000)
    }

    @Test func lossInThePathIsToldFromLossInTheSink() throws {
        let workspace = workspace("loss")
        defer { workspace.remove() }
        let path = try KernelBridge().setUp(in: workspace)
        try path.waitUntilItWorks()
        let host = try NetworkNamespace.open(name: "hdt-\(getpid())-loss-bridge")
        let routes = RouteSocket(transport: try NetlinkSocket(in: host))
        let port = try #require(try routes.link(named: "port2"))
        let trial = FrameTrial(frameLength: 60, rate: 10_000, seconds: 0.4)
        let running = try BenchThread.start { try trial.run(on: path) }
        // The receiver's port goes down in the middle: what comes after is the path's loss.
        MachineClock.sleep(seconds: 0.2)
        try routes.setUp(link: port.index, false)
        let outcome = try running.join()
        #expect(outcome.received > 0)
        #expect(outcome.lost > 0)
        #expect(outcome.sinkDrops == 0)
        #expect(outcome.received + outcome.lost == outcome.sent)
    }

    @Test func aFullRingIsTheSinksFault() throws {
        let workspace = workspace("ring")
        defer { workspace.remove() }
        let path = try PlainVeth().setUp(in: workspace)
        try path.waitUntilItWorks()
        try path.receiver.sandbox.run {
            let sink = try FrameSink(interfaceIndex: path.receiver.interfaceIndex, slots: 256)
            var generator = FrameGenerator(
                interfaceIndex: path.sender.interfaceIndex, source: path.sender.mac, destination: path.receiver.mac,
                frameLength: 60, duration: 2_000_000_000, run: 1)
            generator.frameLimit = 1_000
            let sent = try path.sender.sandbox.run { try generator.send() }
            #expect(sent.sent == 1_000)
            MachineClock.sleep(seconds: 0.05)
            #expect(try sink.takeDrops() == 1_000 - 256)
        }
    }

    @Test func searchOverAVethEndsAtTheSendersLimit() throws {
        let workspace = workspace("search")
        defer { workspace.remove() }
        let path = try PlainVeth().setUp(in: workspace)
        try path.waitUntilItWorks()
        let flood = try FrameTrial(frameLength: 60, seconds: 0.1).run(on: path)
        let found = try LosslessSearch.run(
            on: path, frameLength: 60, after: flood, trialSeconds: 0.05, resolution: 0.1)
        #expect(found.result.rate > 1_000)
        #expect(found.result.trials <= 24)
        #expect(found.latency.count > 0)
    }

    @Test func nothingIsLeftBehind() throws {
        let workspace = workspace("left")
        let path = try KernelBridge().setUp(in: workspace)
        let folder = try workspace.folder()
        let sleeper = try path.sender.sandbox.start("/bin/sleep", ["100"])
        try workspace.adopt(sleeper)
        #expect(Folder.names(in: "/run/netns").contains { $0.hasPrefix("hdt-\(getpid())-left-") })
        workspace.remove()
        #expect(!Folder.names(in: "/run/netns").contains { $0.hasPrefix("hdt-\(getpid())-left-") })
        #expect(access(folder, F_OK) != 0)
        #expect(sleeper.poll() == .killed(SIGTERM))
        #expect(throws: BenchError.self) { try workspace.makeSandbox("late") }
        #expect(!Folder.names(in: "/run/netns").contains { $0.hasPrefix("hdt-\(getpid())-left-") })
    }
}
