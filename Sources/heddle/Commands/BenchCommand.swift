import ArgumentParser
import Bench
import Glibc
import HeddleAPI

/// `heddle bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure Heddle against the kernel, side by side on this machine.",
        discussion: """
            Makes network namespaces of its own, starts a daemon of its own, measures, and removes everything. Needs no \
            running daemon, but root and, for good figures, a machine that does nothing else meanwhile.

            All subjects are measured in turn, round after round, and ratios are taken within a round: machines drift, \
            and only figures that were taken one right after the other can be compared. See --list for what can be \
            measured.

            With --overlay there are two hosts, as namespaces joined by a veth pair, with one sandbox on each and a \
            VXLAN network over both: Heddle on both hosts, on one of them, and on none, compared with the kernel's VXLAN \
            device and bridge. TCP is measured a second time on an underlay without offload, and transfers are checked \
            by their SHA-256: one that arrives damaged fails the run. See --overlay --list.

            With --nat there is a host between a LAN and a sandbox, as namespaces: a published port and the way out, by \
            Heddle and by the kernel's bridge with nftables. Measured are TCP both ways, new connections per second, \
            round trips, datagrams, and what a host that has a gateway loses for itself. See --nat --list.

            With --against there are two builds of Heddle, this one and another whose heddled is named, each on a host of \
            its own: ratios are to the other one.

            Examples:
              heddle bench --quick
              heddle bench --report bench.html
              heddle bench --subjects bridge,heddle-tap --tests tcp1,rtt --rounds 9
              heddle bench --overlay --report overlay.html
              heddle bench --nat --subjects nftables,heddle
              heddle bench --against ../before/heddled --tests tcp1,rtt
              heddle bench --json > bench.json
              heddle bench --from bench.json --report bench.html
            """)

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    @Flag(help: "Measure a network over two hosts instead of one on one host.")
    var overlay = false

    @Flag(help: "Measure a gateway: published ports, and the way out.")
    var nat = false

    @Option(
        help: ArgumentHelp("Compare with another build of Heddle: its heddled.", valueName: "path"), completion: .file()
    )
    var against: String?

    @Flag(help: "A first look in a minute or two: 2 rounds of short runs.")
    var quick = false

    @Option(
        help: ArgumentHelp("What to measure. (default: all that can be had)", valueName: "name,…"),
        completion: .list(SubjectKind.allCases.map(\.rawValue)))
    var subjects: String?

    @Option(
        help: ArgumentHelp("Which tests to run. (default: all)", valueName: "name,…"),
        completion: .list(TestKind.allCases.map(\.rawValue)))
    var tests: String?

    @Option(help: ArgumentHelp("How often each test is run for each subject. (default: 5)", valueName: "n"))
    var rounds: Int?

    @Option(help: ArgumentHelp("How long a TCP run lasts; the others follow. (default: 3)", valueName: "s"))
    var seconds: Double?

    @Option(
        help: ArgumentHelp(
            "Bytes of probe frames, without FCS. (default: 60,512,1514; with --overlay 60,512,1464)", valueName: "n,…"))
    var sizes: String?

    @Option(help: ArgumentHelp("How many sandboxes the attach test attaches. (default: 200)", valueName: "n"))
    var sandboxes: Int?

    @Option(
        help: ArgumentHelp("Also write a page with plots that needs nothing else.", valueName: "file.html"),
        completion: .file(extensions: ["html"]))
    var report: String?

    @Option(
        help: ArgumentHelp("Daemon to measure. (default: heddled beside this program)", valueName: "path"),
        completion: .file())
    var heddled: String?

    @Option(
        help: ArgumentHelp("Show an earlier run that was printed with --json, and measure nothing.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var from: String?

    @Flag(help: "List subjects and tests, and do nothing.")
    var list = false

    func run() throws {
        guard !list else {
            print(BenchCommand.listing(scene), terminator: "")
            return
        }
        // Before minutes of measuring and not after.
        if let report { try ReportFile.check(report) }
        let result = try from.map { try ReportFile.read($0) } ?? measure()
        print(global.json ? try result.json() : result.text(), terminator: global.json ? "\n" : "")
        if let report { try ReportFile.write(result.html(), to: report) }
        if !result.failures.isEmpty { throw ExitCode.failure }
    }

    private func measure() throws -> BenchReport {
        var programs = BenchPrograms.besideThis
        if let heddled { programs.daemon = heddled }
        if let against { programs.otherDaemon = against }
        let run = BenchRun(
            options: try options(), programs: programs, version: HeddleVersion.current, progress: Progress())
        return try run.run()
    }

    private var scene: BenchScene { nat ? .nat : overlay ? .overlay : against != nil ? .builds : .host }

    func validate() throws {
        guard [overlay, nat, against != nil].count(where: { $0 }) < 2 else {
            throw ValidationError("--overlay, --nat and --against are kinds of runs: give one of them.")
        }
    }

    func options() throws -> BenchOptions {
        guard scene == .host || sandboxes == nil else {
            let kind = nat ? "--nat" : overlay ? "--overlay" : "--against"
            throw ValidationError(
                "--sandboxes is for the attach test, which \(kind) does not have: leave it out.")
        }
        guard !nat || sizes == nil else {
            throw ValidationError("--sizes is for the frames test, which --nat does not have: leave it out.")
        }
        var options = quick ? BenchOptions.quick(scene) : .full(scene)
        if let subjects { options.subjects = BenchCommand.words(subjects) }
        if let tests { options.tests = BenchCommand.words(tests) }
        if let rounds { options.rounds = rounds }
        if let seconds { options.seconds = seconds }
        if let sandboxes { options.sandboxes = sandboxes }
        if let sizes {
            options.frameSizes = try BenchCommand.words(sizes).map { word in
                guard let size = Int(word) else {
                    throw ValidationError("\"\(word)\" in --sizes is not a number of bytes.")
                }
                return size
            }
        }
        try options.validate()
        return options
    }

    private static func words(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0.filter { $0 != " " }) }
    }

    static func listing(_ scene: BenchScene) -> String {
        func rows(_ items: [(name: String, summary: String)]) -> String {
            let width = (items.map(\.name.count).max() ?? 0) + 2
            return items.map { item in
                "  \(item.name)" + String(repeating: " ", count: width - item.name.count) + item.summary + "\n"
            }.joined()
        }
        return "subjects\n" + rows(scene.subjects.map { ($0.rawValue, $0.summary) })
            + "tests\n" + rows(scene.tests.map { ($0.rawValue, $0.summary) })
    }
}

/// `heddle bench-relay`: a process of `heddle bench`, not for users.
struct BenchRelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Relay.command, abstract: "Carry frames between two TAPs (started by bench).", shouldDisplay: false)

    func run() throws {
        try Relay.run()
    }
}
