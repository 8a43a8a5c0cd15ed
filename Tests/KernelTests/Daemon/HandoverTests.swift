import Glibc
import HeddleAPI
import HeddleClient
import Testing

/// The daemon's end, what it leaves, and who may come after it.
@Suite("Daemon: end, teardown, and others", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct HandoverTests {
    @Test("SIGTERM: gone within a second, and the engine forwards on", arguments: InputOutput.allCases)
    func termination(io: InputOutput) throws {
        try HeddleUnderTest.run(io: io) { lab in
            let boxes = try makePair(lab)
            let engine = try lab.enginePID()
            let stream = try DatagramStream(from: boxes[0], to: boxes[1], "10.53.0.3")
            #expect(stream.waitForFresh() != nil)
            for signal in [SIGTERM, SIGINT] {
                let daemon = try #require(lab.daemon)
                daemon.signal(signal)
                #expect(daemon.wait(within: .seconds(1)) == .exited(0))
                #expect(!lab.files().contains("s"), "the socket's file is left")
                #expect(stream.waitForFresh() != nil)
                let orphaned = try lab.heddle("status")
                #expect(orphaned.status == 1 && orphaned.errors.contains("heddled is not running on \(lab.socket)"))
                try lab.start()
                #expect(try lab.enginePID() == engine)
                #expect(try lab.client.endpoints().map(\.state) == [.up, .up])
            }
            // The new daemon's word counts.
            try lab.client.detach(network: "lan", sandbox: boxes[1].name)
            #expect(lab.foreignInterfaces(in: boxes[1]).isEmpty)
            try lab.attach(boxes[1], to: "lan", via: "veth")
            #expect(stream.waitForFresh() != nil)
            _ = stream.stop()
        }
    }

    @Test("SIGTERM while clients wait: gone within a second")
    func terminationUnderRequests() throws {
        try HeddleUnderTest.run { lab in
            try lab.makeNetwork("lan", "10.53.0.0/24")
            let box = try lab.makeSandbox("box")
            let (client, name) = (lab.client, box.name)
            let worker = LabThread {
                // Refused or cut off at some point: that is what is wanted.
                for _ in 0..<50 {
                    _ = try? client.attach(AttachRequest(network: "lan", sandbox: name))
                    try? client.detach(network: "lan", sandbox: name)
                }
            }
            Patience.pass(.milliseconds(150))
            let daemon = try #require(lab.daemon)
            daemon.signal(SIGTERM)
            #expect(daemon.wait(within: .seconds(1)) == .exited(0))
            worker.join()
            try lab.start()
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("Teardown leaves nothing, with an engine or without one", arguments: [false, true])
    func teardown(isEngineKilled: Bool) throws {
        try HeddleUnderTest.run { lab in
            let boxes = try makePair(lab)
            let guest = try lab.makeSandbox("guest")
            let near = try join(lab, guest, host: nil, other: "10.53.0.50/24")
            _ = try lab.client.adopt(network: "lan", interface: near)
            let engine = try lab.enginePID()

            let refused = try lab.heddled(lab.places + ["--teardown"])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("is in use by the heddled with pid \(lab.daemon?.pid ?? 0)"))
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.53.0.3"], in: boxes[0]))

            lab.daemon?.signal(SIGTERM)
            #expect(lab.daemon?.wait(within: .seconds(1)) == .exited(0))
            if isEngineKilled { kill(engine, SIGKILL) }
            for _ in 0..<2 {
                // The second time there is nothing to do.
                let outcome = try lab.heddled(lab.places + ["--teardown"])
                #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            }
            #expect(lab.files() == [] && lab.mounts() == [])
            #expect(lab.processes(in: lab.host).isEmpty)
            #expect(lab.foreignInterfaces(in: lab.host, besides: lab.ownInterfaces).isEmpty)
            for box in boxes { #expect(lab.foreignInterfaces(in: box).isEmpty) }
            #expect(try lab.observer.survivors { $0 == "private" } == [])
            // The adopted interface is the user's.
            #expect(try lab.host.link(near) != nil)

            try lab.start()
            #expect(try lab.client.networks().isEmpty && lab.client.endpoints().isEmpty)
        }
    }

    @Test("A second daemon is refused")
    func secondDaemon() throws {
        try HeddleUnderTest.run { lab in
            try makePair(lab)
            let before = try lab.settledWorld()
            let pid = lab.daemon?.pid ?? 0
            let elsewhere = lab.directory + "/own"
            let cases = [
                (["--socket", lab.socket, "--state-dir", elsewhere], "the socket \(lab.socket) is in use", "--socket"),
                (
                    ["--socket", elsewhere + "/s", "--state-dir", lab.stateDirectory],
                    "the state directory \(lab.stateDirectory) is in use", "--state-dir"
                ),
            ]
            for (words, reason, wayOut) in cases {
                let outcome = try lab.heddled(words)
                #expect(outcome.status == 1 && outcome.output.isEmpty)
                #expect(outcome.errors.contains(reason) && outcome.errors.contains("\(pid)"), "\(outcome.errors)")
                #expect(outcome.errors.contains("choose another \(wayOut)"), "\(outcome.errors)")
            }
            #expect(try lab.changes(since: before) == [])

            // After the daemon's end its engine still belongs to that pair of socket and state.
            lab.daemon?.signal(SIGTERM)
            #expect(lab.daemon?.wait(within: .seconds(1)) == .exited(0))
            for (words, _, _) in cases {
                let outcome = try lab.heddled(words)
                #expect(outcome.status == 1 && outcome.errors.contains("belongs to"), "\(outcome.errors)")
            }
            try lab.start()
            #expect(try lab.client.endpoints().map(\.state) == [.up, .up])
        }
    }

    @Test("A new daemon that wants another engine gets one, with the same ports")
    func otherEngine() throws {
        try HeddleUnderTest.run { lab in
            let boxes = try makePair(lab)
            let watches = try boxes.map { try LinkWatch($0) }
            let stream = try DatagramStream(from: boxes[0], to: boxes[1], "10.53.0.3")
            let wishes: [(wish: InputOutput?, words: [String], io: String, workers: Int, isNew: Bool)] = [
                (.epoll, [], "epoll", 1, true), (nil, [], "epoll", 1, false),
                (nil, ["--workers", "2"], "uring", 2, true),
                (.uring, ["--workers", "2"], "uring", 2, false), (nil, [], "uring", 2, false),
            ]
            for wish in wishes {
                let old = try lab.enginePID()
                try lab.killDaemon()
                lab.io = wish.wish
                try lab.start(wish.words)
                let engine = try #require(try lab.client.status().engine)
                #expect(engine.io == wish.io && engine.workers == wish.workers)
                #expect((pid_t(engine.pid) != old) == wish.isNew, "\(wish)")
                #expect(lab.processes(in: lab.host).filter { $0.name == "heddle-engine" }.count == 1)
                #expect(stream.waitForFresh() != nil)
                #expect(try lab.inconsistencies() == [])
            }
            for watch in watches { #expect(try watch.events() == []) }
            _ = stream.stop()
        }
    }

    @Test("Two daemons side by side, with the same names and addresses")
    func sideBySide() throws {
        try HeddleUnderTest.run { first in
            try HeddleUnderTest.run { second in
                for lab in [first, second] {
                    let boxes = try makePair(lab)
                    #expect(try lab.succeeds(["ping", "-c2", "-i0.2", "-W2", "10.53.0.3"], in: boxes[0]))
                }
                #expect(try first.enginePID() != second.enginePID())
                try second.client.detach(network: "lan", sandbox: try #require(second.sandboxes["b"]).name)
                #expect(try first.inconsistencies() == [])
                #expect(try second.inconsistencies() == [])
                #expect(
                    try first.succeeds(["ping", "-c1", "-W2", "10.53.0.3"], in: try #require(first.sandboxes["a"])))
            }
            // The other's teardown was not ours.
            #expect(try first.inconsistencies() == [])
            #expect(try first.client.endpoints().map(\.state) == [.up, .up])
        }
    }

    @discardableResult
    private func makePair(_ lab: HeddleUnderTest) throws -> [TestSandbox] {
        try lab.makeNetwork("lan", "10.53.0.0/24")
        let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
        try lab.attach(boxes[0], to: "lan", via: "tap")
        try lab.attach(boxes[1], to: "lan", via: "veth")
        return boxes
    }
}
