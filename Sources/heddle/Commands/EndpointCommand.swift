import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle endpoint …`
struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Show what is attached.",
        discussion: """
            An endpoint joins one sandbox to one network. Its state is up, or gone while its sandbox does not exist; \
            a sandbox of the same name gets it back.

            Examples:
              heddle endpoint ls lan
              heddle endpoint inspect 3fa9
            """,
        subcommands: [EndpointListCommand.self, EndpointInspectCommand.self])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// `heddle endpoint ls`
struct EndpointListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the endpoints of all networks or of one.",
        discussion: """
            Examples:
              heddle endpoint ls
              heddle endpoint ls lan --json
            """)

    @Argument(help: "Only this network's.", completion: Completions.networks) var network: NonEmptyName?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let endpoints = try global.client.endpoints(network: network?.text)
        let place = network.map { "to \($0.text)" } ?? "to any network"
        try global.print(
            endpoints, whenEmpty: "Nothing is attached \(place). Do it with: heddle attach NETWORK SANDBOX"
        ) {
            EndpointListCommand.table(endpoints)
        }
    }

    static func table(_ endpoints: [Endpoint]) -> Table {
        var table = Table([
            .left("ID"), .left("NETWORK"), .left("SANDBOX"), .left("IFNAME"), .left("VIA"), .left("MAC"),
            .left("ADDRESSES"), .left("NAME"), .left("STATE"),
        ])
        for endpoint in endpoints {
            table.add([
                "\(endpoint.id)", "\(endpoint.network)", "\(endpoint.sandbox.isEmpty ? "-" : endpoint.sandbox)",
                "\(endpoint.ifname.isEmpty ? "-" : endpoint.ifname)", "\(endpoint.via)",
                "\(endpoint.mac.isEmpty ? "-" : endpoint.mac)", "\(dashed(endpoint.addresses))",
                "\(endpoint.name.isEmpty ? "-" : endpoint.name)",
                Table.Cell(endpoint.state.rawValue, endpoint.state == .gone ? .alarm : .none),
            ])
        }
        return table
    }
}

/// `heddle endpoint inspect`
struct EndpointInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show everything about one endpoint.",
        discussion: """
            The beginning of an id is enough, as long as only one endpoint's id begins so.

            Examples:
              heddle endpoint inspect 3fa9c1d277e0b846
              heddle endpoint inspect 3fa9 --json
            """)

    @Argument(help: "The endpoint's id, or its beginning.", completion: Completions.endpoints) var id: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let endpoint = try global.client.endpoint(id: id.text)
        try global.print(endpoint) { styled in EndpointInspectCommand.fields(endpoint).text(styled: styled) }
    }

    static func fields(_ endpoint: Endpoint) -> KeyValueList {
        var list = KeyValueList()
        list.add("id", endpoint.id)
        list.add("network", endpoint.network)
        list.add("sandbox", endpoint.sandbox)
        list.add("ifname", endpoint.ifname)
        list.add("via", endpoint.via)
        list.add("mac", endpoint.mac)
        list.add("addresses", endpoint.addresses)
        list.add("name", endpoint.name)
        list.add("aliases", endpoint.aliases)
        list.add("publish", endpoint.publish)
        list.add("state", endpoint.state.rawValue)
        list.add("vlan", endpoint.vlan.map { "\($0)" } ?? "")
        list.add("port", "\(endpoint.port)")
        return list
    }
}
