import ArgumentParser
import HeddleAPI
import HeddleClient

/// `heddle network create`
struct NetworkCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a network.",
        discussion: """
            A network has at most one IPv4 and one IPv6 subnet; without any it is pure layer 2. Values that are not \
            given are chosen: the gateway is the first address of its subnet, addresses are handed out from all of it.

            Examples:
              heddle network create wire
              heddle network create lan --subnet 10.0.0.0/24
              heddle network create lan --subnet 10.0.0.0/24 --subnet fd00:1::/64
              heddle network create lab --subnet 10.9.0.0/16 --ip-range 10.9.1.0/24
              heddle network create big --subnet 10.8.0.0/16 --mtu 9000 --internal
            """)

    @Argument(help: "The network's name.") var name: NonEmptyName

    @Option(
        help: ArgumentHelp("What kind of network. (default: bridge)", valueName: "driver"),
        completion: .list(["bridge"]))
    var driver: String?

    @Option(help: ArgumentHelp("A subnet, such as 10.0.0.0/24 or fd00:1::/64. May be repeated.", valueName: "cidr"))
    var subnet: [String] = []

    @Option(help: ArgumentHelp("The gateway's address in a subnet. May be repeated.", valueName: "ip"))
    var gateway: [String] = []

    @Option(
        help: ArgumentHelp("Hand out addresses only from this part of a subnet. May be repeated.", valueName: "cidr"))
    var ipRange: [String] = []

    @Option(help: ArgumentHelp("The largest IP packet, in bytes. (default: 1500)", valueName: "bytes"))
    var mtu: Int?

    @Flag(help: "No way out of the host.") var `internal` = false
    @Flag(help: "Endpoints don't reach each other, only the gateway.") var isolated = false
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    /// What the daemon is told.
    var request: NetworkRequest {
        NetworkRequest(
            name: name.text, driver: driver, subnets: subnet.isEmpty ? nil : subnet,
            gateways: gateway.isEmpty ? nil : gateway, ipRanges: ipRange.isEmpty ? nil : ipRange, mtu: mtu,
            internal: `internal` ? true : nil, isolated: isolated ? true : nil)
    }

    func run() throws {
        let network = try global.client.createNetwork(request)
        try global.print(network) { _ in
            let subnets = network.subnets.isEmpty ? "layer 2" : network.subnets.joined(separator: ", ")
            return "created network \(network.name): \(network.driver), \(subnets), id \(network.id)\n"
        }
    }
}
