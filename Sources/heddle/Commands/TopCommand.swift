import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle top`
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show live what goes over every port: rates, drops, sparklines.",
        discussion: """
            RX is what comes from a port into the switch, TX what goes out of it; FRAMES/s are both together. HISTORY is \
            bits a second in both directions over the last turns, each row on a scale of its own. A super-frame counts \
            as one frame.

            In a terminal, keys change order (b r t f d p n, or left and right), filter (/), and turns (+ -); space holds \
            the picture, h tells them all, q quits. Where output isn't a terminal, and with --count or --json, turns are \
            printed one after another.

            Examples:
              heddle top
              heddle top --sort drops --filter lan
              heddle top --count 1
              heddle top --json --interval 5 | jq -c '.ports[] | select(.drops_per_s != {})'
            """)

    @Option(help: ArgumentHelp("The column that rows are ordered by.", valueName: "column"))
    var sort = TopOrder.rate

    @Flag(name: .customLong("reverse"), help: "The other way round.")
    var isReversed = false

    @Option(help: ArgumentHelp("Only ports that have this text in their name or their network's.", valueName: "text"))
    var filter = ""

    @Option(help: ArgumentHelp("Seconds of a turn.", valueName: "seconds"))
    var interval = 1.0

    @Option(help: ArgumentHelp("Print so many turns, then end.", valueName: "n"))
    var count: Int?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    mutating func validate() throws {
        guard (0.1...3600).contains(interval) else {
            throw ValidationError("The seconds after --interval are from 0.1 to 3600, not \(interval).")
        }
        if let count, count < 1 {
            throw ValidationError("--count is 1 or more, not \(count).")
        }
    }

    func run() throws {
        // A daemon that is stopped must not hold up the keys for long.
        let client = DaemonClient(socketPath: global.socketPath, timeout: .seconds(2))
        let state = TopState(
            order: sort, isReversed: isReversed, filter: filter, interval: .milliseconds(Int64(interval * 1000)))
        try TopLoop(client: client, isJSON: global.json, turns: count).run(state)
    }
}
