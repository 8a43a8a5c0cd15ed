import AddressManagement
import Addresses
import HeddleAPI

/// Whether what a lab file says fits together. Each part by itself has been read.
struct LabCheck {
    let lab: LabDescription
    private(set) var problems: [LabProblem] = []

    /// Networks by their names; of two of one name, the first, as of all that is named.
    let networks: [String: LabNetwork]
    let nodes: [String: LabNode]
    let hosts: [String: LabHost]

    init(_ lab: LabDescription) {
        self.lab = lab
        networks = Dictionary(lab.networks.map { ($0.name, $0) }) { first, _ in first }
        nodes = Dictionary(lab.nodes.map { ($0.name, $0) }) { first, _ in first }
        hosts = Dictionary(lab.hosts.map { ($0.name, $0) }) { first, _ in first }
    }

    mutating func refuse(_ place: LabPlace, _ message: String) {
        problems.append(LabProblem(place, message))
    }

    mutating func run() {
        for network in lab.networks { checkNetwork(network) }
        checkOverlaps()
        checkNames()
        for node in lab.nodes { checkNode(node) }
        for host in lab.hosts { checkRoutes(host.node) }
        checkAddresses()
        checkHosts()
        checkLinks()
        checkLinkNetworks()
        checkPublished()
        checkRouteInterfaces()
    }

    private mutating func checkNames() {
        for node in lab.nodes {
            if let host = hosts[node.name] {
                refuse(
                    node.place, "a host is called \(node.name), too (line \(host.node.place.line)): use another name")
            }
        }
        if lab.underlay != nil, let other = nodes["underlay"] ?? hosts["underlay"]?.node {
            refuse(other.place, "underlay is what the hosts' switch is called: use another name")
        }
    }

    /// Addresses of a network by themselves.
    private mutating func checkNetwork(_ network: LabNetwork) {
        for (index, subnet) in network.subnets.enumerated() {
            if network.subnets[..<index].contains(where: { $0.family == subnet.family }) {
                refuse(network.place, "two \(subnet.family) subnets; a network has at most one, make a second network")
                continue
            }
            do throws(AddressPoolError) {
                _ = try Self.pool(of: subnet, in: network)
            } catch {
                refuse(network.place, "\(error)")
            }
        }
        for gateway in network.gateways where !network.subnets.contains(where: { $0.contains(gateway) }) {
            refuse(network.place, "the gateway \(gateway) is in none of the network's subnets")
        }
        for range in network.ranges where !network.subnets.contains(where: { $0.contains(range) }) {
            refuse(network.place, "the ip-range \(range) is in none of the network's subnets")
        }
        if lab.hosts.isEmpty, network.isOverlay {
            for option in ["vni", "local"] where network.request.options?[option] == nil {
                refuse(network.place, "an overlay without hosts: needs \(option)")
            }
        }
    }

    /// The pool of one of a network's subnets.
    static func pool(of subnet: IPPrefix, in network: LabNetwork) throws(AddressPoolError) -> AddressPool {
        try AddressPool(
            subnet: subnet, gateway: network.gateways.first { subnet.contains($0) },
            range: network.ranges.first { subnet.contains($0) })
    }

    /// A subnet, and who has it.
    private struct Claim {
        var subnet: IPPrefix
        var name: String
        var place: LabPlace
    }

    /// Subnets of networks and links that are one daemon's, or meet in one node.
    private mutating func checkOverlaps() {
        var all: [Claim] = []
        for network in lab.networks {
            all += network.subnets.map { Claim(subnet: $0, name: "network \(network.name)", place: network.place) }
        }
        for link in lab.links {
            all += link.subnets.map { Claim(subnet: $0, name: "link \(link.name)", place: link.place) }
        }
        if let underlay = lab.underlay {
            all.append(Claim(subnet: underlay.subnet, name: "underlay", place: underlay.place))
        }
        for (index, one) in all.enumerated() {
            // Of one network, `checkNetwork` has told.
            let other = all[..<index].first { $0.name != one.name && $0.subnet.overlaps(one.subnet) }
            guard let other else { continue }
            let known = "\(other.subnet) of the \(other.name) (line \(other.place.line))"
            refuse(one.place, "the subnet \(one.subnet) overlaps \(known)")
        }
    }

    private mutating func checkNode(_ node: LabNode) {
        var seenNetworks: Set<String> = []
        var seenInterfaces: Set<String> = []
        for attachment in node.attachments {
            guard let network = networks[attachment.network] else {
                let hint = NearestWord.hint(attachment.network, in: networks.keys)
                refuse(attachment.place, "there is no network \(attachment.network.debugDescription)\(hint)")
                continue
            }
            if !seenNetworks.insert(network.name).inserted {
                refuse(attachment.place, "\(node.name) is on the network \(network.name) twice")
            }
            if let ifname = attachment.ifname, !seenInterfaces.insert(ifname).inserted {
                refuse(attachment.place, "\(node.name) has two interfaces \(ifname)")
            }
            for (index, address) in attachment.addresses.enumerated() {
                check(address, of: attachment, in: network)
                if attachment.addresses[..<index].contains(where: { $0.family == address.family }) {
                    refuse(attachment.place, "two \(address.family) addresses; there is one for each subnet")
                }
            }
        }
        checkRoutes(node)
    }

    private mutating func check(_ address: IPAddress, of attachment: LabAttachment, in network: LabNetwork) {
        if network.isExternal { return }
        guard let subnet = network.subnets.first(where: { $0.contains(address) }) else {
            let known =
                network.subnets.isEmpty
                ? "which has no subnet" : "which is \(network.subnets.map(\.description).joined(separator: " and "))"
            return refuse(attachment.place, "the address \(address) is outside the network \(network.name), \(known)")
        }
        guard let pool = try? Self.pool(of: subnet, in: network) else { return }
        if address == pool.gateway {
            refuse(attachment.place, "\(address) is the gateway of the network \(network.name)")
        } else if !pool.isFree(address) {
            refuse(attachment.place, "\(address) is no host's address in \(subnet)")
        }
    }

    /// No address of a network is given twice, and there are enough for those that are assigned.
    private mutating func checkAddresses() {
        for network in lab.networks where !network.isExternal {
            let members = lab.nodes.flatMap { node in
                node.attachments.filter { $0.network == network.name }.map { (node: node, attachment: $0) }
            }
            var owners: [IPAddress: String] = [:]
            for member in members {
                for address in member.attachment.addresses {
                    if let owner = owners[address] {
                        refuse(member.attachment.place, "\(owner) has the address \(address) already")
                    }
                    owners[address] = "the node \(member.node.name)"
                }
            }
            for subnet in network.subnets {
                guard let pool = try? Self.pool(of: subnet, in: network) else { continue }
                let wanted = members.filter { member in !member.attachment.addresses.contains { subnet.contains($0) } }
                let taken = owners.keys.filter { pool.range.contains($0) }.count
                if UInt128(wanted.count + taken) > pool.capacity, let last = wanted.last {
                    refuse(
                        last.attachment.place, "\(pool.range) has too few addresses for all nodes of \(network.name)")
                }
            }
        }
    }

    private mutating func checkRoutes(_ node: LabNode) {
        var seen: Set<IPPrefix> = []
        for route in node.routes where !seen.insert(route.destination).inserted {
            refuse(route.place, "\(node.name) has two routes to \(route.destination)")
        }
    }
}
