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

            The driver overlay joins hosts by VXLAN. Every host makes the network with the same --vni and --port, its \
            own --local address, and the other hosts' addresses as --peer (or later, with heddle peer add). Hosts that \
            share a subnet hand out addresses from an --ip-range of their own. Without --mtu the network's MTU is what \
            the underlay carries, and follows it.

            The driver macvlan puts endpoints on the LAN of an interface of this host, with MAC addresses of their own. \
            --subnet and --gateway describe the LAN: the gateway is a router there, and the host has no part in it. Give \
            an --ip-range that nobody else on the LAN hands out addresses from. Endpoints and this host don't reach \
            each other by that interface, as with the kernel's macvlan. Without --subnet, endpoints have no addresses \
            until they ask a DHCP server.

            The drivers host and none have one network each, of the driver's name; as the network bridge it is made \
            when a sandbox first joins it. On none a sandbox has its loopback interface and nothing else, on host it is \
            in the host's own namespace; it is on no other network then.

            Examples:
              heddle network create wire
              heddle network create lan --subnet 10.0.0.0/24
              heddle network create lan --subnet 10.0.0.0/24 --subnet fd00:1::/64
              heddle network create lab --subnet 10.9.0.0/24 --ip-range 10.9.0.128/25
              heddle network create big --subnet 10.8.0.0/16 --mtu 9000 --internal
              heddle network create open --subnet fd00:2::/64 --route
              heddle network create blue --driver overlay --vni 42 \\
                --local 198.18.0.1 --peer 198.18.0.2 --subnet 10.42.0.0/24 \\
                --ip-range 10.42.0.64/26
              heddle network create office --driver macvlan --parent eth0 \\
                --subnet 192.168.1.0/24 --gateway 192.168.1.1 \\
                --ip-range 192.168.1.192/26
              heddle network create voice --driver macvlan --parent eth0.10
            """)

    @Argument(help: "The network's name.") var name: NonEmptyName

    @Option(
        help: ArgumentHelp("What kind of network. (default: bridge)", valueName: "driver"),
        completion: .list(["bridge", "overlay", "macvlan", "host", "none"]))
    var driver: String?

    @Option(help: ArgumentHelp("A subnet, such as 10.0.0.0/24 or fd00:1::/64. May be repeated.", valueName: "cidr"))
    var subnet: [String] = []

    @Option(help: ArgumentHelp("The gateway's address in a subnet. May be repeated.", valueName: "ip"))
    var gateway: [String] = []

    @Option(
        help: ArgumentHelp("Hand out addresses only from this part of a subnet. May be repeated.", valueName: "cidr"))
    var ipRange: [String] = []

    @Option(
        help: ArgumentHelp(
            "The largest IP packet, in bytes. (default: 1500; overlay: what the tunnel carries; macvlan: the parent's)",
            valueName: "bytes"))
    var mtu: Int?

    @Flag(help: "No way out of the host.") var `internal` = false
    @Flag(help: "Endpoints don't reach each other, only the gateway.") var isolated = false
    @Flag(help: "What leaves keeps its address, for which the networks around have a route; it is not translated.")
    var route = false
    @OptionGroup(title: "Options of the driver overlay") var overlay: OverlayOptions
    @OptionGroup(title: "Options of the driver macvlan") var macvlan: ParentOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    /// What the daemon is told.
    var request: NetworkRequest {
        NetworkRequest(
            name: name.text, driver: driver, subnets: subnet.isEmpty ? nil : subnet,
            gateways: gateway.isEmpty ? nil : gateway, ipRanges: ipRange.isEmpty ? nil : ipRange, mtu: mtu,
            internal: `internal` ? true : nil, isolated: isolated ? true : nil,
            route: route ? true : nil, options: options.isEmpty ? nil : options)
    }

    private var options: [String: String] { overlay.options.merging(macvlan.options) { first, _ in first } }

    func run() throws {
        let network = try global.client.createNetwork(request)
        try global.print(network) { _ in
            let subnets = network.subnets.isEmpty ? "layer 2" : network.subnets.joined(separator: ", ")
            return "created network \(network.name): \(network.driver), \(subnets), id \(network.id)\n"
        }
    }
}

/// What is said of an overlay; the daemon checks it, and refuses it for other drivers.
struct OverlayOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network's number on the wire, 0 to 16777215.", valueName: "number"))
    var vni: String?

    @Option(
        help: ArgumentHelp("This host's address in the underlay.", valueName: "ip"),
        completion: Completions.ownAddresses)
    var local: String?

    @Option(
        help: ArgumentHelp(
            "Another host's address in the underlay. May be repeated, up to 64 times.", valueName: "ip"))
    var peer: [String] = []

    @Option(help: ArgumentHelp("The UDP port of all hosts. (default: 4789)", valueName: "number"))
    var port: String?

    @Option(
        help: ArgumentHelp(
            "Whether remote stations are learned from what arrives. With off they are set by heddle stations, and ARP and"
                + " ND are answered on this host. (default: on)", valueName: "on|off"),
        completion: .list(["on", "off"]))
    var learning: String?

    @Flag(help: "Accept datagrams from hosts that are no peers: for labs.") var acceptAnyPeer = false

    /// By the options' long names.
    var options: [String: String] {
        var options: [String: String] = [:]
        options["vni"] = vni
        options["local"] = local
        if !peer.isEmpty { options["peer"] = peer.joined(separator: ",") }
        options["port"] = port
        options["learning"] = learning
        if acceptAnyPeer { options["accept-any-peer"] = "true" }
        return options
    }
}

/// What is said of a network's parent; the daemon checks it, and refuses it for other drivers.
struct ParentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The host's interface that leads to the LAN; with a number behind a dot, that 802.1Q VLAN of it.",
            valueName: "ifname[.vlan]"))
    var parent: String?

    @Option(
        help: ArgumentHelp(
            "How endpoints reach each other: directly (bridge), never (private), or by way of a switch on the LAN that"
                + " sends frames back (vepa); passthru has one endpoint, which gets all that is on the LAN."
                + " (default: bridge)", valueName: "mode"),
        completion: .list(["bridge", "private", "vepa", "passthru"]))
    var mode: String?

    /// By the options' long names.
    var options: [String: String] {
        var options: [String: String] = [:]
        options["parent"] = parent
        options["mode"] = mode
        return options
    }
}
