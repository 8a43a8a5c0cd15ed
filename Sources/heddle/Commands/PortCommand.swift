import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle port …`
struct PortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port",
        abstract: "Take interfaces that already exist into a network.",
        discussion: """
            For what somebody else has wired: the near end of a veth pair, or a TAP. The interface lies in the daemon's \
            namespace, stays there, and is left as it was found when it is released.

            Examples:
              heddle port adopt lan veth7
              heddle port release veth7
            """,
        subcommands: [PortAdoptCommand.self, PortReleaseCommand.self])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// `heddle port adopt`
struct PortAdoptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Make an existing interface a port of a network.",
        discussion: """
            Examples:
              ip link add veth7 type veth peer name eth0 netns web
              heddle port adopt lan veth7
            """)

    @Argument(help: "The network.", completion: Completions.networks) var network: NonEmptyName
    @Argument(help: "The interface.", completion: Completions.interfaces) var ifname: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        let endpoint = try global.client.adopt(network: network.text, interface: ifname.text)
        try global.print(endpoint) { _ in
            "adopted \(endpoint.ifname) into \(endpoint.network): \(endpoint.mac), id \(endpoint.id)\n"
        }
    }
}

/// `heddle port release`
struct PortReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let an adopted interface go; it stays.",
        discussion: """
            Examples:
              heddle port release veth7
            """)

    @Argument(help: "The interface.", completion: Completions.adoptedInterfaces) var ifname: NonEmptyName
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func run() throws {
        try global.client.release(interface: ifname.text)
        try global.say("released \(ifname.text)")
    }
}
