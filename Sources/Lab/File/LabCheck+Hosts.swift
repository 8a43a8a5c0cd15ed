import Addresses
import HeddleAPI

extension LabCheck {
    /// Who is on which host, and how overlays find their ways.
    mutating func checkHosts() {
        for node in lab.nodes {
            guard let name = node.host else {
                if !lab.hosts.isEmpty, !node.attachments.isEmpty {
                    refuse(node.place, "the node is on no host: add host\(NearestWord.hint("", in: hosts.keys))")
                }
                continue
            }
            if hosts[name] == nil {
                let hint = lab.hosts.isEmpty ? "; there are no hosts" : NearestWord.hint(name, in: hosts.keys)
                refuse(node.place, "there is no host \(name.debugDescription)\(hint)")
            }
        }
        guard !lab.hosts.isEmpty else {
            if let underlay = lab.underlay { refuse(underlay.place, "an underlay joins hosts, and there are none") }
            return
        }
        for network in lab.networks { checkHosts(of: network) }
        checkUnderlay()
    }

    private mutating func checkHosts(of network: LabNetwork) {
        if network.isExternal {
            return refuse(network.place, "the lab's hosts are new: no network can be there already")
        }
        let names = LabPlacement.hosts(of: network, in: lab)
        guard names.count > 1 else { return }
        guard network.isOverlay else {
            let list = names.joined(separator: ", ")
            return refuse(network.place, "the network is on several hosts (\(list)): use driver: overlay")
        }
        if network.request.options?["local"] != nil || network.request.options?["peer"] != nil {
            refuse(network.place, "local and peer follow from the hosts: leave them out")
        }
        for name in names {
            guard let host = hosts[name], LabPlacement.address(of: host, in: lab) == nil else { continue }
            refuse(network.place, "the host \(name) has no address for the overlay: add an underlay, or its address")
        }
    }

    private mutating func checkUnderlay() {
        var seen: [IPAddress: String] = [:]
        for host in lab.hosts {
            guard let address = host.address else { continue }
            if let other = seen[address] {
                refuse(host.node.place, "the host \(other) has the address \(address) already")
            }
            seen[address] = host.name
            guard let underlay = lab.underlay else { continue }
            if !LabPlacement.isHost(address, of: underlay.subnet) {
                refuse(host.node.place, "\(address) is no host's address in the underlay \(underlay.subnet)")
            }
        }
        guard let underlay = lab.underlay else { return }
        if underlay.subnet.hasHostBits {
            refuse(underlay.place, "\(underlay.subnet) is no network: write \(underlay.subnet.masked)")
        } else if lab.hosts.contains(where: { LabPlacement.address(of: $0, in: lab) == nil }) {
            refuse(underlay.place, "\(underlay.subnet) has too few addresses for all hosts")
        }
    }

    /// Links: both ends are there, and their addresses fit.
    mutating func checkLinks() {
        var names: [String: LabPlace] = [:]
        for link in lab.links {
            if let other = names.updateValue(link.place, forKey: link.name) {
                refuse(link.place, "a link is called \(link.name) already (line \(other.line)): add a name")
            }
            if let subnet = link.subnets.first(where: \.hasHostBits) {
                refuse(link.place, "\(subnet) is no network: write \(subnet.masked)")
            }
            for end in link.ends where nodes[end.node] == nil && hosts[end.node] == nil {
                let known = Set(nodes.keys).union(hosts.keys)
                let hint = NearestWord.hint(end.node, in: known)
                refuse(end.place, "there is no node \(end.node.debugDescription)\(hint)")
            }
            if link.ends[0].node == link.ends[1].node {
                refuse(link.place, "both ends are \(link.ends[0].node)")
            }
            checkAddresses(of: link)
            checkKind(of: link)
        }
        checkLinkInterfaces()
    }

    private mutating func checkAddresses(of link: LabLink) {
        if let shared = link.ends[0].addresses.first(where: {
            link.ends[1].addresses.map(\.address).contains($0.address)
        }) {
            refuse(link.ends[1].place, "both ends have the address \(shared.address)")
        }
        for subnet in link.subnets where LabPlacement.ends(of: subnet) == nil {
            refuse(link.place, "\(subnet) has no two addresses for the ends")
        }
    }

    private mutating func checkKind(of link: LabLink) {
        guard !LabPlacement.isSwitched(link, in: lab) else { return }
        let isImpaired = link.impairment != nil || link.ends.contains { $0.impairment != nil }
        if isImpaired, link.ends.allSatisfy({ nodes[$0.node] != nil || hosts[$0.node] != nil }) {
            refuse(link.place, "only a link between two nodes of one host can be impaired: no switch is in this one")
        }
    }

    private mutating func checkLinkInterfaces() {
        var seen: [String: Set<String>] = [:]
        for node in lab.nodes { seen[node.name] = Set(node.attachments.compactMap(\.ifname)) }
        if lab.underlay != nil {
            for host in lab.hosts { seen[host.name, default: []].insert(LabChoices.underlayInterface) }
        }
        for end in lab.links.flatMap(\.ends) {
            guard let ifname = end.ifname else { continue }
            if !seen[end.node, default: []].insert(ifname).inserted {
                refuse(end.place, "\(end.node) has two interfaces \(ifname)")
            }
        }
    }
}
