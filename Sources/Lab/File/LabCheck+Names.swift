import Addresses
import HeddleAPI

extension LabCheck {
    /// A port that is published, and where.
    private struct Published {
        var port: PublishSpecification
        var text: String
        var node: String
        var line: Int
    }

    /// What is published leads somewhere, and no port of a daemon's machine leads to two nodes.
    mutating func checkPublished() {
        var known: [String: [Published]] = [:]
        for node in lab.nodes {
            for attachment in node.attachments {
                for (text, place) in zip(attachment.publish, attachment.publishPlaces) {
                    // One that can't be read, the reader has told.
                    guard let port = try? PublishSpecification(parsing: text) else { continue }
                    if let reason = reasonAgainst(port, in: networks[attachment.network]) {
                        refuse(place, "\(text) can't be published: \(reason)")
                    }
                    let daemon = node.host ?? ""
                    if let other = known[daemon]?.first(where: { $0.port.overlaps(port) }) {
                        refuse(
                            place,
                            "\(text): the host's port \(PublishSpecification.text(port.host.clamped(to: other.port.host)))"
                                + " leads to \(other.node) already (\(other.text), line \(other.line))")
                    }
                    known[daemon, default: []].append(
                        Published(port: port, text: text, node: node.name, line: place.line))
                }
            }
        }
    }

    private func reasonAgainst(_ port: PublishSpecification, in network: LabNetwork?) -> String? {
        let kept = PublishSpecification.keptPorts
        if kept.overlaps(port.host) {
            return "the host's ports \(kept.lowerBound) to \(kept.upperBound) are kept for what leaves its networks"
        }
        guard let network, !network.isExternal else { return nil }
        if network.request.driver == "macvlan" {
            return "the nodes of \(network.name) have addresses of their own on a LAN"
        }
        if network.subnets.isEmpty { return "the network \(network.name) has no subnet: add one" }
        if network.request.internal == true { return "the network \(network.name) is internal" }
        guard let family = port.hostAddress?.family, !network.subnets.contains(where: { $0.family == family }) else {
            return nil
        }
        return "the network \(network.name) has no \(family) subnet"
    }

    /// A link of two nodes is a network in their daemon: none of another name may be called so.
    mutating func checkLinkNetworks() {
        for (index, link) in lab.links.enumerated() where LabPlacement.isSwitched(link, in: lab) {
            let name = LabPlan.networkName(of: link, in: lab)
            let host = nodes[link.ends[0].node]?.host
            let network = lab.networks.first { network in
                guard (network.isExternal ? network.name : "\(lab.name)-\(network.name)") == name else { return false }
                return host.map { LabPlacement.hosts(of: network, in: lab).contains($0) } ?? true
            }
            if let network {
                refuse(
                    network.place,
                    "the link \(link.name) (line \(link.place.line)) makes a network of this name: use another name")
            }
            let twin = lab.links[..<index].first {
                $0.name != link.name && LabPlacement.isSwitched($0, in: lab)
                    && nodes[$0.ends[0].node]?.host == host && LabPlan.networkName(of: $0, in: lab) == name
            }
            if let twin {
                refuse(
                    link.place,
                    "the networks of the links \(twin.name) and \(link.name) would both be called \(name): use a shorter name"
                )
            }
        }
    }

    /// Routes by an interface, of nodes whose interfaces are the lab's.
    mutating func checkRouteInterfaces() {
        let all = lab.nodes.filter { $0.sandbox == nil } + lab.hosts.map(\.node)
        let hasAny = all.contains { $0.routes.contains { $0.ifname != nil } }
        guard hasAny else { return }
        // Names that nothing was chosen for before.
        let chosen = LabChoices(lab, recorded: LabRecord()).interfaces
        for node in all {
            var known = (chosen[node.name] ?? []) + ["lo"]
            if lab.underlay != nil, hosts[node.name] != nil { known.append(LabChoices.underlayInterface) }
            for route in node.routes {
                guard let ifname = route.ifname, !known.contains(ifname) else { continue }
                let hint = NearestWord.hint("", in: Set(known))
                refuse(route.place, "\(node.name) has no interface \(ifname.debugDescription)\(hint)")
            }
        }
    }
}
