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

            Examples:
              heddle trace lan --from web 'tcp > 10.0.0.9:80'
              heddle trace lan --from web 'udp 10.0.0.2:5353 > 224.0.0.251:5353'
              heddle trace lan --from uplink@ens3 'tcp 198.51.100.7:4000 > 192.0.2.7:8080'
              heddle trace lan --from web 'icmp > 1.1.1.1 length 2000 dont-fragment'
              heddle trace lan --from web arp 10.0.0.9
              heddle trace lan --from web @strange.pcapng --packet 3
              tcpdump -xx -c 1 -r old.pcap | heddle trace lan --from web -
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName

    @Argument(help: "The frame: a description, hex, @FILE or -.", completion: .file()) var frame: [String]

    @Option(
        help: ArgumentHelp("The port by which it comes in.", valueName: "port"), completion: Completions.tracePorts)
    var from: NonEmptyName

    @Option(help: ArgumentHelp("Of a capture file: which packet. (default: 1)", valueName: "n")) var packet: Int?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    mutating func validate() throws {
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

    func run() throws {
        let text = try FrameArgument(words: frame).text(packet: packet ?? 1)
        // What a file says wasn't looked at before.
        do throws(FrameTextError) {
            _ = try FrameText(parsing: text)
        } catch {
            throw APIError(.invalid, error.message, hint: error.hint)
        }
        let report = try global.client.trace(TraceRequest(network: network.text, from: from.text, frame: text))
        try global.print(report) { styled in Self.text(report, styled: styled) }
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
        let isLost = report.outcomes.allSatisfy { $0.verdict == "dropped" || $0.verdict == "notified" }
        return text + "\n" + table.text(styled: styled) + "\n"
            + Table.decorate(Table.printable(report.conclusion), isLost ? .alarm : .title, styled: styled) + "\n"
    }
}
