import ArgumentParser
import FrameText
import HeddleAPI
import HeddleClient

/// `heddle trace`
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Tell what the switch would do with a frame, step by step, and why. Nothing is sent.",
        usage: """
            heddle trace <network> --from <port> '<description>' | <hex> | @<file> | -
            heddle trace --live [-n <n>] <network> [--from <port>] ['<filter>']
            """,
        discussion: """
            The engine asks itself, with its tables as they are: nothing is sent, learned or counted. The last line says \
            what would become of the frame. PORT is where it comes in: a sandbox as it was given to attach, a name that \
            'heddle stats' shows (eth0@web, uplink@ens3), or 'host'.

            A description is a protocol, addresses and options. A source that is left out is that of the port's endpoint; \
            MAC addresses are those that the sandbox would use. What was filled in is said.

              tcp [SOURCE[:PORT]] > DESTINATION:PORT    udp [SOURCE[:PORT]] > DESTINATION:PORT
              icmp [SOURCE] > DESTINATION               icmp6 [SOURCE] > DESTINATION
              arp TARGET [tell SENDER]                  nd TARGET [tell SENDER]
              ether [MAC] > MAC [type N]

            Options behind it: flags S. (tcp), ttl N, length N (of the payload), dont-fragment, vlan N, smac MAC, dmac \
            MAC, and for echoes: reply, id N, seq N. IPv6 addresses with a port stand in brackets: [fd00::1]:80.

            Bytes may be plain hex, with blanks or colons, or a dump as 'tcpdump -xx' prints it. A file, or - for \
            standard input, holds such a text, a frame's bytes, or a capture (pcap, pcapng), of which --packet is taken.

            With --live nothing is asked beforehand: the next -n frames that come in and match FILTER, tcpdump's language, \
            are followed to every port that they leave by, and what did happen to each is told.

            Examples:
              heddle trace lan --from web 'tcp > 10.0.0.9:80'
              heddle trace lan --from web 'udp 10.0.0.2:5353 > 224.0.0.251:5353'
              heddle trace lan --from uplink@ens3 'tcp 198.51.100.7:4000 > 192.0.2.7:8080'
              heddle trace lan --from web 'icmp > 1.1.1.1 length 2000 dont-fragment'
              heddle trace lan --from web arp 10.0.0.9
              heddle trace lan --from web @strange.pcapng --packet 3
              tcpdump -xx -c 1 -r old.pcap | heddle trace lan --from web -
              heddle trace --live -n 5 lan --from web 'udp port 53'
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName

    @Argument(
        help: "The frame: a description, hex, @FILE or -. With --live which frames: tcpdump's language. (default: all)",
        completion: .file())
    var frame: [String] = []

    @Option(
        help: ArgumentHelp(
            "The port by which it comes in; with --live it can be left out: all.", valueName: "port"),
        completion: Completions.tracePorts)
    var from: NonEmptyName?

    @Flag(help: "Follow frames that pass, and tell what did happen to them.") var live = false

    @Option(
        name: [.customShort("n"), .customLong("frames")],
        help: ArgumentHelp("With --live: how many frames. (default: 1)", valueName: "n"))
    var frames: UInt32?

    @Option(help: ArgumentHelp("Of a capture file: which packet. (default: 1)", valueName: "n")) var packet: Int?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    mutating func validate() throws {
        if live { return try validateLive() }
        if frames != nil { throw ValidationError("-n is for frames that pass: say --live.") }
        if from == nil { throw ValidationError("Where the frame comes in isn't said: as in '--from web'.") }
        if frame.isEmpty {
            throw ValidationError("There is no frame: as in 'tcp 10.0.0.1:1000 > 10.0.0.2:80', hex, @FILE or -.")
        }
        if let packet, packet < 1 { throw ValidationError("--packet is 1 or more, not \(packet).") }
        let argument = FrameArgument(words: frame)
        if case .file("") = argument { throw ValidationError("The path after @ is empty.") }
        guard case .text(let text) = argument else { return }
        if packet != nil { throw ValidationError("--packet is for capture files: say @FILE.") }
        do throws(FrameTextError) {
            _ = try FrameText(parsing: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func validateLive() throws {
        if packet != nil { throw ValidationError("--packet is for capture files, not for --live.") }
        let most = CaptureRequest.mostFollowed
        if let frames, !(1...most).contains(frames) {
            throw ValidationError("-n is from 1 to \(most), not \(frames).")
        }
    }

    func run() throws {
        guard !live, let from else { return try follow() }
        let argument = FrameArgument(words: frame)
        let text = try argument.text(packet: packet ?? 1)
        // What a file says wasn't looked at before.
        do throws(FrameTextError) {
            _ = try FrameText(parsing: text)
        } catch {
            let origin = argument.origin.map { "no frame in \($0): " } ?? ""
            throw APIError(.invalid, origin + error.message, hint: error.hint)
        }
        let report = try global.client.trace(TraceRequest(network: network.text, from: from.text, frame: text))
        try global.print(report) { styled in Self.text(report, styled: styled) }
    }

    /// Tells what happens to frames that pass.
    private func follow() throws {
        let count = frames ?? 1
        let request = CaptureRequest(
            port: from?.text, network: network.text, filter: frame.joined(separator: " "), follow: count)
        let loop = FollowLoop(request: request, socketPath: global.socketPath, count: Int(count))
        let json = global.json
        try loop.run { followed throws(APIError) in
            let console = Console.standard
            let report = followed.report(network: network.text)
            guard !json else { return try console.write(GlobalOptions.encode(report, pretty: false)) }
            try console.write(
                CaptureLine.clock(report.time) + " " + Self.text(report.report, styled: console.isStyled) + "\n")
        }
    }

    /// The frame, what was filled in, a line for each step, and the outcome.
    static func text(_ report: TraceReport, styled: Bool) -> String {
        var text = Table.decorate(Table.printable(report.summary), .title, styled: styled) + "\n"
        for line in report.assumed { text += "  " + Table.printable(line) + "\n" }
        var table = Table([.left("STEP"), .left("PORT"), .left("WHAT HAPPENS")])
        for step in report.steps {
            let emphasis: Table.Emphasis = step.what == "dropped" ? .alarm : .none
            table.add([
                Table.Cell(step.what, emphasis), "\(step.port ?? "-")", Table.Cell(step.text, emphasis),
            ])
        }
        // What is sent to its sender is a message about it.
        let verdicts = Set(report.outcomes.map(\.verdict))
        let isLost = verdicts.contains("dropped") && (!verdicts.contains("sent") || verdicts.contains("notified"))
        return text + "\n" + table.text(styled: styled) + "\n"
            + Table.decorate(Table.printable(report.conclusion), isLost ? .alarm : .title, styled: styled) + "\n"
    }
}
