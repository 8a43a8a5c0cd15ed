import Foundation
import HeddleAPI
import HeddleClient
import Testing

/// Captures of real traffic, read by tshark.
@Suite("Daemon: captures", .enabled(if: geteuid() == 0, "needs root"), .serialized)
struct CaptureTests {
    /// A network with two sandboxes that have seen each other.
    static func run(
        io: InputOutput = .uring, at location: SourceLocation = #_sourceLocation,
        _ body: (HeddleUnderTest, _ a: TestSandbox, _ b: TestSandbox) throws -> Void
    ) throws {
        try HeddleUnderTest.run(io: io, at: location) { lab in
            try lab.makeNetwork("lan", "10.62.0.0/24")
            let (a, b) = (try lab.makeSandbox("a"), try lab.makeSandbox("b"))
            try lab.attach(a, to: "lan", ip: "10.62.0.2")
            try lab.attach(b, to: "lan", ip: "10.62.0.3")
            let isThere = try Patience.until { try lab.succeeds(["ping", "-c", "1", "-W", "1", "10.62.0.3"], in: a) }
            try #require(isThere)
            try body(lab, a, b)
        }
    }

    /// Where a test's own files lie, which aren't taken for something that Heddle left.
    static func folder(_ lab: HeddleUnderTest) -> String {
        let folder = lab.directory + "/own"
        mkdir(folder, 0o755)
        return folder
    }

    /// `heddle capture` in the background, into a file.
    static func start(
        _ lab: HeddleUnderTest, _ words: String..., file: String, environment: [String: String] = [:]
    ) throws -> RunningProgram {
        let program = try RunningProgram(
            Programs.client, ["capture"] + words + ["-w", file], in: try lab.host.open(),
            environment: ["HEDDLE_SOCKET": lab.socket].merging(environment) { $1 }, errors: file + ".errors")
        // The section and the interfaces come at once.
        let hasBegun = Patience.until { ((try? Data(contentsOf: URL(filePath: file)))?.count ?? 0) > 0 }
        let said = (try? String(contentsOfFile: file + ".errors", encoding: .utf8)) ?? ""
        try #require(hasBegun, "\(said)")
        return program
    }

    /// Ends it as Ctrl-C does, and returns what it said.
    static func finish(_ program: RunningProgram, file: String, status: Int32 = 0) throws -> String {
        program.signal(SIGINT)
        #expect(program.wait(within: .seconds(10)) == .exited(status))
        return try String(contentsOfFile: file + ".errors", encoding: .utf8)
    }

    /// tshark's fields of each frame.
    static func fields(_ file: String, filter: String = "", _ names: String...) throws -> [[String]] {
        var words = ["-n", "-r", file, "-T", "fields", "-E", "separator=/t", "-o", "tcp.check_checksum:TRUE"]
        if !filter.isEmpty { words += ["-Y", filter] }
        for name in names { words += ["-e", name] }
        let program = try RunningProgram(try Programs.system("tshark"), words, errors: file + ".tshark")
        let text = try program.readAll(within: .seconds(60))
        #expect(program.wait(within: .seconds(5)) == .exited(0))
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test("a ping is seen at both ports, in both directions, with what became of it", arguments: InputOutput.allCases)
    func ping(io: InputOutput) throws {
        try Self.run(io: io) { lab, a, b in
            let file = Self.folder(lab) + "/lan.pcapng"
            let program = try Self.start(lab, "lan", "icmp", file: file)
            #expect(try lab.succeeds(["ping", "-c", "5", "-i", "0.05", "10.62.0.3"], in: a))
            Patience.pass(.milliseconds(100))
            #expect(try Self.finish(program, file: file) == "20 frames captured, none lost\n")
            let rows = try Self.fields(
                file, "frame.interface_name", "frame.packet_flags_direction", "frame.comment", "icmp.type",
                "frame.packet_id")
            #expect(rows.count == 20)
            let (nameA, nameB) = ("eth0@\(a.name)", "eth0@\(b.name)")
            for request in rows.filter({ $0[3] == "8" }).map({ Array($0.prefix(3)) }) {
                #expect(
                    request == [nameA, "0x00000001", "forwarded to \(nameB)"]
                        || request == [nameB, "0x00000002", "sent"], "\(request)")
            }
            #expect(rows.count { $0[3] == "8" } == 10 && rows.count { $0[0] == nameA && $0[3] == "0" } == 5)
            // A frame has one number wherever it is seen.
            #expect(Dictionary(grouping: rows, by: { $0[4] }).values.allSatisfy { $0.count == 2 })
        }
    }

    @Test("only what the filter, the direction, the port and the snap length say")
    func choice() throws {
        try Self.run { lab, a, b in
            let file = Self.folder(lab) + "/choice.pcapng"
            let program = try Self.start(
                lab, a.name, "--direction", "in", "--snaplen", "60", "icmp[icmptype] == icmp-echo or arp", file: file)
            #expect(try lab.succeeds(["ping", "-c", "3", "-i", "0.05", "-s", "200", "10.62.0.3"], in: a))
            #expect(try lab.succeeds(["ping", "-c", "3", "-i", "0.05", "10.62.0.2"], in: b))
            Patience.pass(.milliseconds(100))
            _ = try Self.finish(program, file: file)
            let rows = try Self.fields(file, filter: "icmp", "frame.interface_name", "frame.cap_len", "frame.len")
            #expect(rows == Array(repeating: ["eth0@\(a.name)", "60", "242"], count: 3))
            let bad = try lab.heddle("capture", "lan", "tcp port")
            #expect(bad.status == 1 && bad.errors.contains("can't parse filter expression: syntax error"), "\(bad)")
            let nobody = try lab.heddle("capture", "nobody")
            #expect(nobody.status == 1 && nobody.errors.contains("there is no port \"nobody\""), "\(nobody)")
        }
    }

    @Test("drops say their reason; what is lost on purpose too")
    func drops() throws {
        try Self.run { lab, a, b in
            let file = Self.folder(lab) + "/drops.pcapng"
            let program = try Self.start(lab, "lan", file: file)
            let port = try FramePort(a, "eth0")
            // From a group address, which no station has.
            try port.send(
                [0x02, 0, 0, 0, 0, 9] + [0x03, 0, 0, 0, 0, 9] + [0x88, 0xB5] + Array(repeating: 0, count: 50))
            #expect(try lab.heddle("impair", b.name, "--out", "--loss", "100%").status == 0)
            #expect(try !lab.succeeds(["ping", "-c", "2", "-i", "0.05", "-W", "1", "10.62.0.3"], in: a))
            _ = try Self.finish(program, file: file)
            let rows = try Self.fields(file, "frame.comment", "icmp.type", "frame.interface_name")
            #expect(rows.contains(["dropped: group-source", "", "eth0@\(a.name)"]), "\(rows)")
            #expect(rows.count { $0 == ["dropped: impairment-loss-out", "8", "eth0@\(b.name)"] } == 2, "\(rows)")
        }
    }

    @Test("super-frames are whole, say so, and have right checksums")
    func superframes() throws {
        try Self.run { lab, a, b in
            let file = Self.folder(lab) + "/super.pcapng"
            let program = try Self.start(lab, a.name, "tcp", file: file)
            let stream = try ByteStream(from: a, to: b, "10.62.0.3")
            #expect(stream.waitForMore(4 << 20))
            let verdict = stream.stop()
            #expect(verdict.failure == nil)
            _ = try Self.finish(program, file: file)
            let rows = try Self.fields(file, "frame.len", "frame.comment", "tcp.checksum.status")
            let long = rows.filter { (Int($0[0]) ?? 0) > 1_514 }
            #expect(!long.isEmpty && long.allSatisfy { $0[1].contains("super-frame of ") }, "\(long.prefix(3))")
            #expect(rows.allSatisfy { $0[2] == "1" }, "\(rows.filter { $0[2] != "1" }.prefix(3))")
        }
    }

    @Test("a reader that stands still loses records, which are counted, and traffic goes on")
    func slow() throws {
        try Self.run { lab, a, b in
            let file = Self.folder(lab) + "/slow.errors"
            // Its output is a pipe that nobody reads.
            let program = try RunningProgram(
                Programs.client, ["capture", "lan", "-w", "-"], in: try lab.host.open(),
                environment: ["HEDDLE_SOCKET": lab.socket], errors: file)
            Patience.pass(.milliseconds(300))
            let stream = try ByteStream(from: a, to: b, "10.62.0.3")
            #expect(stream.waitForMore(200 << 20, within: .seconds(60)))
            #expect(stream.stop().failure == nil)
            // Read at last, what was lost is told.
            let reading = LabThread { _ = try? program.readAll(within: .seconds(20)) }
            Patience.pass(.seconds(2))
            program.signal(SIGINT)
            reading.join()
            #expect(program.wait(within: .seconds(10)) == .exited(0))
            let said = try String(contentsOfFile: file, encoding: .utf8)
            #expect(said.contains("lost because the reader was slow"), "\(said)")
        }
    }

    @Test("a full disk ends the capture with an error, its file is whole, and traffic goes on")
    func fullDisk() throws {
        try Self.run { lab, a, b in
            let folder = Self.folder(lab) + "/small"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try #require(mount("tmpfs", folder, "tmpfs", 0, "size=512k") == 0)
            defer {
                umount(folder)
                rmdir(folder)
            }
            let file = folder + "/lan.pcapng"
            let errors = Self.folder(lab) + "/full.errors"
            let program = try RunningProgram(
                Programs.client, ["capture", "lan", "-w", file], in: try lab.host.open(),
                environment: ["HEDDLE_SOCKET": lab.socket], errors: errors)
            Patience.pass(.milliseconds(300))
            let stream = try ByteStream(from: a, to: b, "10.62.0.3")
            #expect(program.wait(within: .seconds(20)) == .exited(1))
            #expect(stream.waitForMore(20 << 20))
            #expect(stream.stop().failure == nil)
            let said = try String(contentsOfFile: errors, encoding: .utf8)
            #expect(said.contains("No space left on device") && said.contains("traffic goes on"), "\(said)")
            #expect(!(try Self.fields(file, "frame.len")).isEmpty)
        }
    }

    @Test("the daemon dies: the engine forwards on and records nothing; the next one captures again")
    func death() throws {
        try Self.run { lab, a, b in
            let file = Self.folder(lab) + "/death.pcapng"
            let program = try Self.start(lab, "lan", file: file)
            let stream = try DatagramStream(from: a, to: b, "10.62.0.3")
            Patience.pass(.milliseconds(200))
            let engine = try lab.enginePID()
            try lab.killDaemon()
            #expect(program.wait(within: .seconds(10)) == .exited(1))
            #expect(stream.waitForFresh() != nil)
            try lab.start()
            #expect(try lab.enginePID() == engine)
            let again = Self.folder(lab) + "/again.pcapng"
            let next = try Self.start(lab, "lan", "udp", file: again)
            Patience.pass(.milliseconds(300))
            // The engine dies: the next one goes on with the capture.
            _ = try lab.killEngine()
            #expect(Patience.until { (try? lab.enginePID()).map { $0 != engine } ?? false })
            #expect(stream.waitForFresh() != nil)
            Patience.pass(.milliseconds(300))
            _ = try Self.finish(next, file: again)
            #expect(stream.stop()?.duplicates == 0)
            let rows = try Self.fields(again, filter: "udp.dstport == 7007", "frame.time_epoch")
            let times = rows.compactMap { Double($0[0]) }
            #expect(times.count > 300 && (times.last ?? 0) - (times.first ?? 0) > 0.4, "\(times.count)")
            #expect(!(try Self.fields(file, "frame.len")).isEmpty)
        }
    }

    @Test("files are rotated, a port that joins is captured too, and one that is detached ends its own capture")
    func changes() throws {
        try Self.run { lab, a, b in
            let file = Self.folder(lab) + "/rotated.pcapng"
            let program = try RunningProgram(
                Programs.client,
                ["capture", "lan", "icmp", "-w", file, "--rotate-size", "4kb", "--files", "3"], in: try lab.host.open(),
                environment: ["HEDDLE_SOCKET": lab.socket], errors: file + ".errors")
            let first = Self.folder(lab) + "/rotated-00001.pcapng"
            #expect(Patience.until { FileManager.default.fileExists(atPath: first) })
            let own = try RunningProgram(
                Programs.client, ["capture", b.name], in: try lab.host.open(),
                environment: ["HEDDLE_SOCKET": lab.socket], errors: Self.folder(lab) + "/own.errors")
            Patience.pass(.milliseconds(300))
            let c = try lab.makeSandbox("c")
            try lab.attach(c, to: "lan", ip: "10.62.0.4")
            #expect(try lab.succeeds(["ping", "-c", "30", "-i", "0.01", "10.62.0.3"], in: c))
            #expect(try lab.heddle("detach", "lan", b.name).status == 0)
            #expect(own.wait(within: .seconds(10)) == .exited(1))
            let said = try String(contentsOfFile: Self.folder(lab) + "/own.errors", encoding: .utf8)
            #expect(said.contains("eth0@\(b.name) was detached"), "\(said)")
            _ = try Self.finish(program, file: file)
            let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder(lab))
                .filter { $0.hasPrefix("rotated-") }.sorted()
            #expect(names.count == 3 && names[0] != "rotated-00001.pcapng", "\(names)")
            var found: Set<String> = []
            for name in names {
                found.formUnion(try Self.fields("\(Self.folder(lab))/\(name)", "frame.interface_name").map { $0[0] })
            }
            #expect(found.contains("eth0@\(c.name)"), "\(found)")
        }
    }
}
