import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle stats`
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show every port's frames, bytes, and drops by reason.",
        discussion: """
            RX is what came from the port into the switch, TX what went out of it. A super-frame (up to 64 KB, that the \
            kernel has not cut yet) counts as one frame. Every frame that went nowhere is counted under one reason. \
            vxlan is the tunnel side of an overlay network; vxlan@ADDRESS:PORT, without a network, is the tunnel itself, \
            with the drops that belong to no network.

            With --watch the table is shown again and again, with rates instead of totals: once a second, or every so \
            many seconds. With --json as well, each time is one line. Ctrl-C ends it.

            Examples:
              heddle stats
              heddle stats --watch
              heddle stats --watch 5
              heddle stats --json
            """)

    @Option(
        defaultAsFlag: 1, help: ArgumentHelp("Refresh, with rates, every so many seconds.", valueName: "seconds"))
    var watch: Double?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    mutating func validate() throws {
        if let watch, !(0.1...3600).contains(watch) {
            throw ValidationError("The seconds after --watch are from 0.1 to 3600, not \(watch).")
        }
    }

    func run() throws {
        if let watch {
            try StatsWatch(global: global, interval: .milliseconds(Int64(watch * 1000))).run()
            return
        }
        let statistics = try global.client.statistics()
        try global.print(statistics) { styled in
            statistics.ports.isEmpty ? "" : StatsCommand.table(statistics).text(styled: styled)
        }
        if statistics.ports.isEmpty, !global.json {
            Console.standard.note("There are no ports. Make one with: heddle attach NETWORK SANDBOX")
        }
    }

    static func table(_ statistics: Statistics) -> Table {
        var table = Table([
            .left("PORT"), .left("NETWORK"), .right("RX-FRAMES"), .right("RX-BYTES"), .right("TX-FRAMES"),
            .right("TX-BYTES"), .right("DROPS"), .left("REASONS"),
        ])
        for port in statistics.ports {
            let drops = port.drops.values.reduce(UInt64(0), &+)
            table.add([
                "\(port.port)", "\(port.network.isEmpty ? "-" : port.network)", "\(port.rx.frames)",
                "\(Units.bytes(port.rx.bytes))",
                "\(port.tx.frames)", "\(Units.bytes(port.tx.bytes))",
                Table.Cell("\(drops)", drops > 0 ? .warning : .none), "\(reasons(port.drops))",
            ])
        }
        return table
    }

    /// `reason=count`, the most frequent first.
    static func reasons(_ drops: [String: UInt64]) -> String {
        drops.filter { $0.value > 0 }
            .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
            .joined(separator: " ")
    }
}
