import ArgumentParser
import Capture
import HeddleAPI
import HeddleClient

/// `heddle capture`
struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Capture frames of a port or a whole network, with what became of them.",
        discussion: """
            TARGET is a network, or a port: a sandbox as it was given to attach, or a name that 'heddle stats' shows \
            (eth0@web, uplink@ens3). FILTER is tcpdump's language, pcap-filter(7). 'in' is what comes from the sandbox into \
            the switch, 'out' what the switch gives to it. Each frame is recorded at every port that it passes, with the \
            verdict or the drop reason as its comment.

            Without -w frames are shown one a line. With -w they are written as pcapng, - is standard output. Ctrl-C ends \
            it. A reader that is too slow loses frames of the capture, which are counted, and never traffic.

            Examples:
              heddle capture web
              heddle capture lan 'tcp port 80 and host 10.0.0.9' -w lan.pcapng
              heddle capture web --direction in -c 10 icmp or arp
              heddle capture lan -w - | tshark -r -
              ssh host heddle capture lan -w - | wireshark -k -i -
              heddle capture lan -w lan.pcapng --rotate-size 100mb --files 5
            """)

    @Argument(help: "A network or a port.", completion: Completions.captureTargets) var target: NonEmptyName

    @Argument(help: "Which frames: tcpdump's filter language. (default: all)") var filter: [String] = []

    @Option(
        name: .customShort("w"), help: ArgumentHelp("Write pcapng to a file; - is standard output.", valueName: "file"),
        completion: .file())
    var write: String?

    @Option(
        help: ArgumentHelp("Take TARGET as a port of this network.", valueName: "name"),
        completion: Completions.networks)
    var network: NonEmptyName?

    @Option(
        help: ArgumentHelp("Only frames that come from sandboxes (in), or go to them (out).", valueName: "in|out|both"),
        completion: .list(["in", "out", "both"]))
    var direction = CaptureWay.both

    @Option(help: ArgumentHelp("Keep only so many bytes of each frame. (default: all)", valueName: "bytes"))
    var snaplen: UInt32?

    @Option(name: [.customShort("c"), .long], help: ArgumentHelp("End after so many frames.", valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("End after so long: 10s, 5m.", valueName: "time")) var duration: CaptureTime?

    @Option(
        help: ArgumentHelp("With -w: begin another file before one has more than so much: 100mb.", valueName: "size"))
    var rotateSize: CaptureSize?

    @Option(help: ArgumentHelp("With -w: begin another file after so long: 1h.", valueName: "time"))
    var rotateTime: CaptureTime?

    @Option(help: ArgumentHelp("With rotation: keep the newest n files.", valueName: "n")) var files: Int?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    mutating func validate() throws {
        let isRotated = rotateSize != nil || rotateTime != nil
        if isRotated, write == nil || write == "-" {
            throw ValidationError("--rotate-size and --rotate-time are for files: say which with -w.")
        }
        if files != nil, !isRotated { throw ValidationError("--files goes with --rotate-size or --rotate-time.") }
        if let files, files < 1 { throw ValidationError("--files is 1 or more, not \(files).") }
        if let count, count < 1 { throw ValidationError("-c is 1 or more, not \(count).") }
        if snaplen == 0 { throw ValidationError("--snaplen is 1 or more.") }
        if write == "" { throw ValidationError("The path after -w is empty.") }
        if write != nil, global.json {
            throw ValidationError("--json prints frames; -w writes pcapng. Say one of them.")
        }
        if write == "-", Console.standard.isTerminal {
            throw ValidationError(
                "-w - would write binary data to the terminal: send it to a program, as in 'heddle capture … -w - | tshark "
                    + "-r -'.")
        }
    }

    func run() throws {
        let loop = CaptureLoop(
            request: try request(), socketPath: global.socketPath, count: count, duration: duration?.duration)
        try loop.run(to: destination)
    }

    private var destination: CaptureDestination {
        guard let write else { return global.json ? .json : .lines }
        if write == "-" { return .standardOutput }
        return .file(
            write, RotatingFile.Rules(bytes: rotateSize?.bytes, time: rotateTime?.duration, files: files))
    }

    private func request() throws -> CaptureRequest {
        var request = CaptureRequest(
            filter: filter.joined(separator: " "), direction: direction.direction, snapLength: snaplen ?? 0)
        if let network {
            request.network = network.text
            request.port = target.text
        } else if try global.client.networks().contains(where: { $0.name == target.text }) {
            request.network = target.text
        } else {
            request.port = target.text
        }
        return request
    }
}

/// Which way frames go, as it is typed.
enum CaptureWay: String, CaseIterable, ExpressibleByArgument {
    case `in`
    case out
    case both

    /// As the API has it.
    var direction: CaptureRequest.Direction {
        switch self {
        case .in: .in
        case .out: .out
        case .both: .both
        }
    }
}

/// A time as it is typed: 10, 10s, 500ms, 5m, 1h.
struct CaptureTime: ExpressibleByArgument, Hashable {
    var duration: Duration

    init?(argument: String) {
        let units: [(name: String, milliseconds: Double)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("", 1_000),
        ]
        guard let unit = units.first(where: { argument.hasSuffix($0.name) }),
            let number = Double(argument.dropLast(unit.name.count)), number > 0, number.isFinite,
            number * unit.milliseconds < 3e11
        else { return nil }
        duration = .milliseconds(Int64((number * unit.milliseconds).rounded(.up)))
    }
}

/// A size as it is typed, in powers of two: 4096, 64kb, 100mb, 1gb.
struct CaptureSize: ExpressibleByArgument, Hashable {
    var bytes: Int

    init?(argument: String) {
        let units: [(name: String, bytes: Double)] = [
            ("kb", 1_024), ("mb", 1_048_576), ("gb", 1_073_741_824), ("b", 1), ("", 1),
        ]
        let text = argument.lowercased()
        guard let unit = units.first(where: { text.hasSuffix($0.name) }),
            let number = Double(text.dropLast(unit.name.count)), number > 0, number * unit.bytes < 1e15
        else { return nil }
        bytes = max(Int(number * unit.bytes), 1)
    }
}
