import Addresses
import Foundation
import HeddleAPI
import HeddleClient
import Testing

/// What a bad surrounding gets: too few rights, a kernel without TUN, an engine that does not start, places that can't be
/// used. An error with a way out, and nothing left.
@Suite("Daemon: bad surroundings", .enabled(if: geteuid() == 0, "needs root"), .lab)
struct BadPlaceTests {
    /// The user and group "nobody".
    private static let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]

    @Test("Without rights")
    func unprivileged() throws {
        try HeddleUnderTest.run { lab in
            let before = try lab.settledWorld()
            let setpriv = try Programs.system("setpriv")
            let programs = try accessible(lab)

            let client = try lab.finish(
                setpriv, Self.nobody + [programs + "/heddle", "--socket", lab.socket, "status"])
            #expect(client.status == 1 && client.output.isEmpty)
            #expect(client.errors.contains("no permission to use \(lab.socket)"), "\(client.errors)")
            #expect(client.errors.contains("run as root"), "\(client.errors)")

            let places = ["--socket", lab.directory + "/own-s", "--state-dir", lab.directory + "/own-state"]
            for more in [[], ["--teardown"]] {
                let daemon = try lab.finish(setpriv, Self.nobody + [programs + "/heddled"] + places + more)
                #expect(daemon.status == 1 && daemon.output.isEmpty)
                #expect(daemon.errors.contains("CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN"), "\(daemon.errors)")
                #expect(daemon.errors.contains("run it as root"), "\(daemon.errors)")
            }
            // Root without one of the rights is told which.
            let bounded = ["--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"]
            let daemon = try lab.finish(setpriv, bounded + [Programs.daemon] + places)
            #expect(daemon.status == 1 && daemon.errors.contains("needs CAP_NET_RAW to"), "\(daemon.errors)")
            for place in ["own-s.lock", "own-state"] {
                #expect(!FileManager.default.fileExists(atPath: lab.directory + "/" + place))
            }
            #expect(try lab.changes(since: before) == [])
        }
    }

    @Test("A kernel without TUN")
    func withoutTUN() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            // In a mount namespace of its own in which /dev/net is empty.
            let empty = lab.directory + "/own"
            try #require(mkdir(empty, 0o755) == 0)
            // Made before: what is mounted later does not reach it.
            let boxes = try ["a", "b"].map { try lab.makeSandbox($0) }
            let words = [
                "--mount", "sh", "-c", "mount --bind \(empty) /dev/net && exec \"$0\" \"$@\"", Programs.daemon,
            ]
            lab.daemon = try RunningProgram(
                try Programs.system("unshare"), words + lab.places, in: try lab.host.open(),
                environment: ["HEDDLE_LOG": "debug"], errors: lab.directory + "/log")
            try lab.awaitReady()
            try lab.makeNetwork("wire")
            let before = try lab.settledWorld()
            for words in [
                ["network", "create", "lan", "--subnet", "10.46.0.0/24"], ["attach", "wire", boxes[0].name],
            ] {
                let outcome = try lab.heddle(words)
                #expect(outcome.status == 1 && outcome.output.isEmpty)
                #expect(outcome.errors.contains("/dev/net/tun"), "\(outcome.errors)")
                #expect(outcome.errors.contains("load the module tun"), "\(outcome.errors)")
            }
            #expect(try lab.changes(since: before) == [])
            // Pairs need no TUN.
            for box in boxes { try lab.attach(box, to: "wire", via: "veth") }
            let ports = try boxes.map { try FramePort($0, "eth0") }
            try ports[0].send(FramePort.frame(to: .broadcast, from: .zero))
            try ports[0].send(FramePort.frame(to: .broadcast, from: .init(value: 0x02_99_00_00_00_06)))
            #expect(ports[1].receive(1).count == 1)
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("Options and places of heddled")
    func options() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let own = lab.directory + "/own"
            try #require(mkdir(own, 0o755) == 0)
            let file = own + "/file"
            try #require(FileManager.default.createFile(atPath: file, contents: nil))
            let long = own + "/" + String(repeating: "s", count: 100)
            let state = ["--state-dir", own + "/state"]
            let cases: [(words: [String], status: Int32, texts: [String])] = [
                (["--workers", "0"], 64, ["--workers 0", "1 to 64"]),
                (["--workers", "65"], 64, ["--workers 65", "1 to 64"]),
                (["--uplink", "lo"], 64, ["--uplink: lo is the loopback"]),
                (["--uplink", "a", "--uplink", "a"], 64, ["--uplink: the uplink a", "twice"]),
                (["--io", "carrier-pigeon"], 64, ["carrier-pigeon", "epoll"]),
                (["--socket", long] + state, 1, [long, "choose a shorter --socket"]),
                (["--socket", own + "/"] + state, 1, ["--socket must name a file"]),
                (["--socket", file + "/s"] + state, 1, [file]),
                (["--socket", file] + state, 1, [file, "not a socket"]),
                (["--socket", own + "/s", "--state-dir", file], 1, [file, "not a directory"]),
                (["--state-dir", ""], 1, ["--state-dir is empty"]),
            ]
            for (words, status, texts) in cases {
                let outcome = try lab.heddled(words)
                #expect(outcome.status == status && outcome.output.isEmpty, "\(words): \(outcome.errors)")
                for text in texts {
                    #expect(outcome.errors.contains(text), "\(words): \"\(text)\" is not in: \(outcome.errors)")
                }
                expectNothing(lab, after: words)
            }
            let outcome = try lab.heddled(lab.places, environment: ["HEDDLE_FAIL_AT": "lunch"])
            #expect(outcome.status == 64 && outcome.errors.contains("lunch"), "\(outcome.errors)")
        }
    }

    @Test("An engine that does not start", arguments: ["/nowhere/engine", "/bin/false", "/bin/true", "/dev/null"])
    func badEngine(path: String) throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let outcome = try lab.heddled(lab.places, environment: ["HEDDLE_ENGINE": path])
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("the engine is not available"), "\(outcome.errors)")
            #expect(outcome.errors.contains(path), "\(outcome.errors)")
            #expect(lab.processes(in: lab.host).isEmpty)
            // The next one finds nothing in its way.
            try lab.start()
            try lab.makeNetwork("lan", "10.46.0.0/24")
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("A state that can't be read")
    func damagedState() throws {
        try HeddleUnderTest.run { lab in
            let box = try lab.makeSandbox("box")
            try lab.makeNetwork("lan", "10.46.0.0/24")
            try lab.attach(box, to: "lan")
            lab.daemon?.signal(SIGTERM)
            #expect(lab.daemon?.wait(within: .seconds(1)) == .exited(0))
            let database = lab.stateDirectory + "/heddle.sqlite"
            // A log that is left would put right what is damaged here.
            #expect(!FileManager.default.fileExists(atPath: database + "-wal"))
            let whole = try #require(FileManager.default.contents(atPath: database))
            try Data("This is no database, however long one looks at it.".utf8).write(
                to: URL(fileURLWithPath: database))
            let outcome = try lab.heddled(lab.places)
            #expect(outcome.status == 1 && outcome.errors.contains(database), "\(outcome.errors)")
            // What was there forwards on, and is found again with the right state.
            #expect(try lab.succeeds(["ping", "-c1", "-W2", "10.46.0.1"], in: box))
            try whole.write(to: URL(fileURLWithPath: database))
            try lab.start()
            #expect(try lab.client.endpoints().map(\.state) == [.up])
            #expect(try lab.inconsistencies() == [])
        }
    }

    @Test("No daemon, or something else, at the socket")
    func noDaemon() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let missing = try lab.heddle("status")
            #expect(missing.status == 1 && missing.errors.contains("heddled is not running on \(lab.socket)"))
            #expect(missing.errors.contains("start it with: heddled --socket \(lab.socket)"), "\(missing.errors)")
            try #require(FileManager.default.createFile(atPath: lab.directory + "/own", contents: nil))
            let file = try lab.heddle("--socket", lab.directory + "/own", "status")
            #expect(file.status == 1 && file.errors.contains("own"), "\(file.errors)")
        }
    }

    private func expectNothing(_ lab: HeddleUnderTest, after words: [String]) {
        #expect(lab.processes(in: lab.host).isEmpty, "\(words)")
        #expect(lab.foreignInterfaces(in: lab.host).isEmpty, "\(words)")
        #expect(lab.mounts() == [], "\(words)")
    }

    /// Copies of the programs where everybody may run them.
    private func accessible(_ lab: HeddleUnderTest) throws -> String {
        let folder = lab.directory + "/own"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for program in [Programs.client, Programs.daemon] {
            let name = URL(fileURLWithPath: program).lastPathComponent
            try FileManager.default.copyItem(atPath: program, toPath: "\(folder)/\(name)")
        }
        return folder
    }
}
