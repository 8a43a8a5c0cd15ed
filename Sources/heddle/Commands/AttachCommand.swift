import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle attach`
struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Join a sandbox to a network. (alias: network connect)",
        discussion: attachDiscussion("heddle attach"))

    @OptionGroup var attachment: AttachArguments
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try attachment.run(global)
    }
}

/// `heddle network connect`
struct NetworkConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Join a sandbox to a network. (the same as heddle attach)",
        discussion: attachDiscussion("heddle network connect"))

    @OptionGroup var attachment: AttachArguments
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try attachment.run(global)
    }
}

/// What both names of the command teach.
private func attachDiscussion(_ command: String) -> String {
    """
    A sandbox is a name under /run/netns (see ip netns), the path of a network namespace, or pid:N for the namespace of \
    a process. It gets an interface that is up, with an address of the network's subnet and the gateway as its default \
    route; in a network without a subnet it gets the interface alone. On the network none it gets nothing but its loopback \
    interface; the network host is for what runs in the host's own namespace. The command returns when traffic passes.

    Examples:
      \(command) lan web
      \(command) lan pid:4711 --ifname eth1 --ip 10.0.0.9
      \(command) lan /proc/4711/ns/net --via veth --mac 02:00:00:00:00:07
      \(command) lan web --publish 8080:80 -p 127.0.0.1:5353:53/udp
      \(command) lan db --name db --alias postgres --alias sql
    """
}

/// How a sandbox is joined to a network.
struct AttachArguments: ParsableArguments {
    /// The ways to reach into a sandbox.
    enum Via: String, ExpressibleByArgument, CaseIterable {
        case tap
        case veth
    }

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName

    @Argument(help: "A name under /run/netns, a path, or pid:N.", completion: Completions.sandboxes)
    var sandbox: SandboxName

    @Option(help: "What the interface is: a TAP is fastest, a veth works like Docker's. (default: tap)") var via: Via?

    @Option(help: ArgumentHelp("The interface's name in the sandbox. (default: eth0, or the next that is free)"))
    var ifname: String?

    @Option(
        help: ArgumentHelp(
            "An address of the network's subnet, without prefix length. Once for each subnet. (default: the lowest free)",
            valueName: "addr"))
    var ip: [String] = []

    @Option(help: ArgumentHelp("The MAC address. (default: follows from network and address)")) var mac: String?

    @Option(help: "The name that other endpoints of the network know it by.") var name: String?

    @Option(help: ArgumentHelp("A further name. May be repeated.", valueName: "name")) var alias: [String] = []

    @Option(help: ArgumentHelp("Make it an access port of this VLAN, 1 to 4094.", valueName: "id")) var vlan: Int?

    @Option(
        name: [.long, .customShort("p")],
        help: ArgumentHelp(
            "Make a port of the host lead to the endpoint. May be repeated.",
            valueName: "[hostip:]hostport[-end]:port[-end][/tcp|udp]"))
    var publish: [String] = []

    @Option(help: PublishMode.help) var publishMode: PublishMode?

    /// What the daemon is told.
    var request: AttachRequest {
        AttachRequest(
            network: network.text, sandbox: sandbox.text, via: via?.rawValue, ifname: ifname,
            ip: ip.isEmpty ? nil : ip, mac: mac, name: name, aliases: alias.isEmpty ? nil : alias, vlan: vlan,
            publish: publish.isEmpty ? nil : publish, publishMode: publishMode?.rawValue)
    }

    func run(_ global: GlobalOptions) throws {
        let endpoint = try global.client.attach(request)
        try global.print(endpoint) { _ in
            // On the networks host and none there is no interface to tell of.
            let parts = [endpoint.ifname] + endpoint.addresses + [endpoint.mac, "id \(endpoint.id)"]
            let what = parts.filter { !$0.isEmpty }.joined(separator: ", ")
            let published = endpoint.publish.isEmpty ? "" : ", published " + endpoint.publish.joined(separator: " ")
            return Table.printable(
                "attached \(endpoint.sandbox) to \(endpoint.network): \(what)\(published)") + "\n"
        }
    }
}
