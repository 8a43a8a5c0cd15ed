import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle flows`
struct FlowsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows",
        abstract: "Show translated flows: who speaks with whom, and as whom.",
        discussion: """
            INSIDE is the endpoint, OUTSIDE the host's address and port that stand for it, REMOTE the other side. TX is \
            what the endpoint sent, RX what it received; IDLE is the time since the last frame.

            Examples:
              heddle flows
              heddle flows lan --json
            """)

    @Argument(help: "Only this network's.", completion: Completions.networks) var network: NonEmptyName?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let flows = FlowsCommand.sorted(try global.client.flows(network: network?.text))
        try global.print(flows, whenEmpty: "Nothing is translated now.") { FlowsCommand.table(flows) }
    }

    /// By network, protocol and addresses, numbers in them as numbers.
    static func sorted(_ flows: [Flow]) -> [Flow] {
        flows.map { flow in
            let words = [flow.network, flow.proto, flow.inside, flow.outside, flow.remote]
            return (key: words.map(NaturalOrder.init), flow: flow)
        }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.flow)
    }

    /// Networks are named where there are several.
    static func table(_ flows: [Flow]) -> Table {
        let hasNetworks = Set(flows.map(\.network)).count > 1
        var table = Table(
            (hasNetworks ? [.left("NETWORK")] : []) + [
                .left("PROTO"), .left("INSIDE"), .left("OUTSIDE"), .left("REMOTE"), .left("STATE"), .right("IDLE"),
                .right("TX"), .right("RX"),
            ])
        for flow in flows {
            table.add(
                (hasNetworks ? ["\(flow.network)"] : []) + [
                    "\(flow.proto)", "\(flow.inside)", "\(flow.outside)", "\(flow.remote)", "\(flow.state)",
                    "\(Units.span(milliseconds: flow.idleMilliseconds))", "\(Units.bytes(flow.tx.bytes))",
                    "\(Units.bytes(flow.rx.bytes))",
                ])
        }
        return table
    }
}
