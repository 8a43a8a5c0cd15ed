import ArgumentParser
import HeddleAPI
import HeddleClient

/// How what arrives at a published port gets to the endpoint.
enum PublishMode: String, ExpressibleByArgument, CaseIterable {
    case translate
    case relay

    /// What `--publish-mode` is for.
    static let help = ArgumentHelp(
        "translate: at the switch, where remote clients keep their address and the host's firewall sees nothing; relay: "
            + "by a socket of the host, behind its firewall. (default: translate)")
}

/// `heddle publish …`
struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Make ports of the host lead to endpoints.",
        discussion: """
            What is published is written [HOSTIP:]HOSTPORT[-END]:PORT[-END][/tcp|udp]: the host's address (all of them \
            if none is said, or *; IPv6 in brackets), its port or range of ports, and as many ports of the endpoint. It stays \
            until it is removed or its endpoint is detached.

            Examples:
              heddle publish add lan web 8080:80
              heddle publish ls
              heddle publish rm lan web 8080:80
            """,
        subcommands: [PublishAddCommand.self, PublishRemoveCommand.self, PublishListCommand.self])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// `heddle publish add`
struct PublishAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make ports of the host lead to an endpoint.",
        discussion: """
            Of several specifications all are published, or none. A port of the host leads to one endpoint only. Many \
            ports are published fastest by one command, with several specifications or ranges.

            Examples:
              heddle publish add lan web 8080:80
              heddle publish add lan web 192.0.2.7:8000-8009:80-89
              heddle publish add lan dns 53:53/udp [::1]:53:53/udp
              heddle publish add lan web 8080:80 --publish-mode relay
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName
    @Argument(help: "The sandbox, as it was given to attach.", completion: Completions.attachedSandboxes)
    var sandbox: SandboxName

    @Argument(
        help: ArgumentHelp("What to publish.", valueName: "[hostip:]hostport[-end]:port[-end][/tcp|udp]"))
    var specs: [String]

    @Option(help: PublishMode.help) var publishMode: PublishMode?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let ports = try global.client.publish(
            network: network.text, sandbox: sandbox.text, specs: specs, mode: publishMode?.rawValue)
        try global.print(ports) { _ in
            ports.map { port in
                let wait = port.reason.map { ", waiting: \($0)" } ?? ""
                return Table.printable("published \(port.spec) of \(port.sandbox) in \(port.network)\(wait)") + "\n"
            }.joined()
        }
    }
}

/// `heddle publish rm`
struct PublishRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Publish ports no more.",
        discussion: """
            Conversations that use them end. A range goes as a whole.

            Examples:
              heddle publish rm lan web 8080:80
              heddle publish rm lan dns 53:53/udp
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName
    @Argument(help: "The sandbox, as it was given to attach.", completion: Completions.attachedSandboxes)
    var sandbox: SandboxName
    @Argument(help: "What was published.", completion: Completions.publishes) var spec: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try global.client.unpublish(network: network.text, sandbox: sandbox.text, spec: spec.text)
        try global.say("\(spec.text) of \(sandbox.text) in \(network.text) is published no more")
    }
}

/// `heddle publish ls`
struct PublishListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List what is published in all networks or in one.",
        discussion: """
            HOST is what leads to the endpoint's ports of PORTS; * stands for all addresses of the host. A publish waits \
            while its endpoint is gone, or while the host does not let it be opened; it is opened by itself.

            Examples:
              heddle publish ls
              heddle publish ls lan --json
            """)

    @Argument(help: "Only this network's.", completion: Completions.networks) var network: NonEmptyName?
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        var ports = try global.client.publishedPorts()
        if let network {
            // A name that is mistyped is no empty list.
            if ports.allSatisfy({ $0.network != network.text }) { _ = try global.client.network(named: network.text) }
            ports = ports.filter { $0.network == network.text }
        }
        let place = network.map { " in \($0.text)" } ?? ""
        try global.print(
            ports, whenEmpty: "Nothing is published\(place). Do it with: heddle publish add NETWORK SANDBOX 8080:80"
        ) {
            PublishListCommand.table(ports)
        }
    }

    static func table(_ ports: [PublishedPort]) -> Table {
        var table = Table([
            .left("NETWORK"), .left("SANDBOX"), .left("HOST"), .left("PORTS"), .left("PROTO"), .left("MODE"),
            .left("STATE"),
        ])
        for port in ports {
            let state = port.reason.map { "\(port.state.rawValue): \($0)" } ?? port.state.rawValue
            table.add([
                "\(port.network)", "\(port.sandbox)", "\(host(port)):\(range(port.hostPort, port.hostEnd))",
                "\(range(port.port, port.end))", "\(port.proto)", "\(port.mode)",
                Table.Cell(state, port.state == .waiting ? .warning : .none),
            ])
        }
        return table
    }

    private static func host(_ port: PublishedPort) -> String {
        guard let address = port.hostAddress else { return "*" }
        return address.contains(":") ? "[\(address)]" : address
    }

    private static func range(_ first: Int, _ last: Int) -> String {
        first == last ? "\(first)" : "\(first)-\(last)"
    }
}
