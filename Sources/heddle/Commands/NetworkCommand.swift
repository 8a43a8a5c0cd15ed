import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle network …`
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Make, show and remove networks.",
        discussion: """
            A network is a virtual switch. With a subnet its endpoints get addresses and a gateway; without one it is \
            pure layer 2: no addresses, no gateway, any protocol.

            Examples:
              heddle network create lan --subnet 10.0.0.0/24
              heddle network connect lan web
              heddle network ls
            """,
        subcommands: [
            NetworkCreateCommand.self, NetworkListCommand.self, NetworkInspectCommand.self, NetworkRemoveCommand.self,
            NetworkConnectCommand.self, NetworkDisconnectCommand.self,
        ])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// `heddle network ls`
struct NetworkListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the networks.",
        discussion: """
            Examples:
              heddle network ls
              heddle network ls --json
            """)

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let networks = try global.client.networks()
        try global.print(networks, whenEmpty: "There are no networks. Make one with: heddle network create NAME") {
            NetworkListCommand.table(networks)
        }
    }

    static func table(_ networks: [Network]) -> Table {
        var table = Table([
            .left("NAME"), .left("DRIVER"), .left("SUBNETS"), .left("GATEWAYS"), .right("MTU"), .left("FLAGS"),
            .left("ID"),
        ])
        for network in networks {
            let flags =
                (network.internal ? ["internal"] : []) + (network.isolated ? ["isolated"] : [])
                + (network.tunnel?.state == .closed ? ["tunnel-closed"] : [])
            table.add([
                "\(network.name)", "\(network.driver)", "\(dashed(network.subnets))", "\(dashed(network.gateways))",
                "\(network.mtu)", "\(dashed(flags))", "\(network.id)",
            ])
        }
        return table
    }
}

/// `heddle network inspect`
struct NetworkInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show everything about one network.",
        discussion: """
            Examples:
              heddle network inspect lan
              heddle network inspect lan --json
            """)

    @Argument(help: "The network.", completion: Completions.networks) var name: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let network = try global.client.network(named: name.text)
        try global.print(network) { styled in NetworkInspectCommand.fields(network).text(styled: styled) }
    }

    static func fields(_ network: Network) -> KeyValueList {
        var list = KeyValueList()
        list.add("name", network.name)
        list.add("id", network.id)
        list.add("driver", network.driver)
        list.add("subnets", network.subnets)
        list.add("gateways", network.gateways)
        list.add("mtu", "\(network.mtu)")
        list.add("internal", network.internal ? "yes" : "no")
        list.add("isolated", network.isolated ? "yes" : "no")
        // An option that is empty says nothing: no peers yet.
        let options = network.options.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        list.add("options", options.map { "\($0.key)=\($0.value)" })
        if let tunnel = network.tunnel {
            list.add("tunnel", tunnel.state.rawValue + (tunnel.reason.map { ": \($0)" } ?? ""))
        }
        if let names = network.names {
            list.add(
                "names",
                "\(names.questions) questions: \(names.answered) answered, \(names.forwarded) forwarded,"
                    + " \(names.refused) refused, \(names.dropped) dropped")
        }
        return list
    }
}

/// `heddle network rm`
struct NetworkRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a network that has no endpoints.",
        discussion: """
            Endpoints are detached first, each with `heddle detach`; that of a sandbox that is long gone, too.

            Examples:
              heddle network rm lan
            """)

    @Argument(help: "The network.", completion: Completions.networks) var name: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try global.client.removeNetwork(named: name.text)
        try global.say("removed network \(name.text)")
    }
}

/// Texts with commas between, or a dash for none.
func dashed(_ texts: [String]) -> String {
    texts.isEmpty ? "-" : texts.joined(separator: ",")
}
