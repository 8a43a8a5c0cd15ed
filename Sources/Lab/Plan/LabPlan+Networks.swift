import Addresses
import HeddleAPI

extension LabPlan {
    /// Each network on each of the hosts that have a node on it, or in the daemon that runs.
    mutating func addNetworks() {
        for network in lab.networks where !network.isExternal {
            guard !lab.hosts.isEmpty else {
                var request = network.request
                request.name = daemonName(of: network)
                add("network::\(network.name)", .network(host: nil, request: request))
                continue
            }
            let names = LabPlacement.hosts(of: network, in: lab)
            let hosts = lab.hosts.filter { names.contains($0.name) }
            for host in hosts { addNetwork(network, on: host, among: hosts) }
        }
    }

    private mutating func addNetwork(_ network: LabNetwork, on host: LabHost, among hosts: [LabHost]) {
        var request = network.request
        request.name = daemonName(of: network)
        if network.isOverlay {
            var options = request.options ?? [:]
            options["vni"] = options["vni"] ?? "\(LabPlan.vni(for: network.name))"
            options["local"] = LabPlacement.address(of: host, in: lab).map { "\($0)" } ?? options["local"]
            request.options = options
        }
        let key = add(
            "network:\(host.name):\(network.name)", .network(host: host.name, request: request),
            on: ["daemon:\(host.name)"])
        guard network.isOverlay else { return }
        for other in hosts where other.name != host.name {
            guard let vtep = LabPlacement.address(of: other, in: lab) else { continue }
            peerKeys[key, default: []].append(
                add(
                    "peer:\(host.name):\(network.name):\(vtep)",
                    .peer(host: host.name, network: request.name, vtep: "\(vtep)"), on: [key]))
        }
    }

    /// A number for an overlay that has none: follows from its name alone, so that it stays when the file is edited.
    /// FNV-1a, folded to 24 bits.
    static func vni(for name: String) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return max(1, (hash >> 24) ^ (hash & 0xFF_FFFF))
    }

    private func networkKey(_ name: String, of node: LabNode) -> String {
        "network:\(node.host ?? ""):\(name)"
    }

    /// A node's interface in a network, and what belongs to it.
    mutating func addEndpoint(of node: LabNode, _ attachment: LabAttachment) {
        guard let network = lab.networks.first(where: { $0.name == attachment.network }) else { return }
        let key = "endpoint:\(node.name):\(network.name)"
        let addresses = network.isExternal ? attachment.addresses : choices.addresses[key] ?? []
        let isNamed = attachment.name != nil || !attachment.aliases.isEmpty || !network.subnets.isEmpty
        let request = AttachRequest(
            network: daemonName(of: network), sandbox: "", via: attachment.via, ifname: choices.ifnames[key],
            ip: addresses.isEmpty ? nil : addresses.map(\.description), mac: attachment.mac.map { "\($0)" },
            name: attachment.name ?? (isNamed ? node.name : nil),
            aliases: attachment.aliases.isEmpty ? nil : attachment.aliases, vlan: attachment.vlan)
        let foundations = network.isExternal ? [] : [networkKey(network.name, of: node)]
        addEndpoint(key, of: node, request, on: foundations)
        let name = LabThing.Endpoint.Name(host: node.host, node: node.name, network: request.network)
        for spec in attachment.publish {
            settingKeys[node.name, default: []].append(
                add(
                    "publish:\(key):\(spec)", .publish(endpoint: name, spec: spec, mode: attachment.publishMode),
                    on: [key]))
        }
        if let impairment = attachment.impairment {
            addImpairment(key, name, inward: impairment.inward, outward: impairment.outward)
        }
    }

    private mutating func addEndpoint(
        _ key: String, of node: LabNode, _ request: AttachRequest, on foundations: [String]
    ) {
        let name = LabThing.Endpoint.Name(host: node.host, node: node.name, network: request.network)
        // Interfaces come one after the other, as the file has them: names and default routes depend on it. The tunnels
        // come first: what an endpoint announces must reach the other hosts.
        let peers = foundations.flatMap { peerKeys[$0] ?? [] }
        let before = (settingKeys[node.name] ?? []) + (interfaceKeys[node.name] ?? []) + peers
        add(
            key, .endpoint(.init(name: name, request: request)), on: ["sandbox:\(node.name)"] + foundations,
            after: before)
        interfaceKeys[node.name, default: []].append(key)
    }

    private mutating func addImpairment(
        _ key: String, _ name: LabThing.Endpoint.Name, inward: Impairment?, outward: Impairment?
    ) {
        let key = add(
            "impairment:\(key)", .impairment(endpoint: name, inward: inward, outward: outward), on: [key])
        settingKeys[name.node, default: []].append(key)
    }

    /// What the daemon knows a link of two of its nodes as: 63 bytes at most.
    static func networkName(of link: LabLink, in lab: LabDescription) -> String {
        String("\(lab.name)-link-\(link.name)".prefix(63))
    }

    /// A link between two nodes of one daemon: a network of two ports without addresses of its own.
    mutating func addSwitchedLink(_ link: LabLink) {
        let nodes = link.ends.compactMap { end in lab.nodes.first { $0.name == end.node } }
        guard nodes.count == 2 else { return }
        let host = nodes[0].host
        let name = Self.networkName(of: link, in: lab)
        let network = add(
            "link:\(link.name)",
            .network(host: host, request: NetworkRequest(name: name, mtu: link.mtu)),
            on: host.map { ["daemon:\($0)"] } ?? [])
        for (index, node) in nodes.enumerated() {
            let end = link.ends[index]
            let key = LabChoices.key(ofEnd: index, of: link)
            let request = AttachRequest(
                network: name, sandbox: "", ifname: choices.ifnames[key], mac: end.mac.map { "\($0)" })
            addEndpoint(key, of: node, request, on: [network])
            addAddresses(ofEnd: index, of: link, on: key)
            let endpoint = LabThing.Endpoint.Name(host: host, node: node.name, network: name)
            let inward = end.impairment?.inward ?? link.impairment
            let outward = end.impairment?.outward
            if inward != nil || outward != nil { addImpairment(key, endpoint, inward: inward, outward: outward) }
        }
    }

    private mutating func addAddresses(ofEnd index: Int, of link: LabLink, on key: String) {
        let node = link.ends[index].node
        guard let ifname = choices.ifnames[LabChoices.key(ofEnd: index, of: link)] else { return }
        for prefix in LabPlacement.addresses(ofEnd: index, of: link) {
            settingKeys[node, default: []].append(
                add(
                    "address:\(node):\(ifname):\(prefix)", .address(node: node, ifname: ifname, prefix: "\(prefix)"),
                    on: [key]))
        }
    }

    /// A veth pair between hosts, or between nodes that no switch joins.
    mutating func addCable(_ link: LabLink) {
        func end(_ index: Int) -> LabThing.Cable.End {
            LabThing.Cable.End(
                node: link.ends[index].node, ifname: choices.ifnames[LabChoices.key(ofEnd: index, of: link)] ?? "eth0",
                mac: link.ends[index].mac.map { "\($0)" })
        }
        let cable = LabThing.Cable(name: link.name, near: end(0), far: end(1), mtu: link.mtu ?? 1_500)
        let key = add("cable:\(link.name)", .cable(cable), on: link.ends.map { "sandbox:\($0.node)" })
        for index in 0..<2 {
            interfaceKeys[link.ends[index].node, default: []].append(key)
            addAddresses(ofEnd: index, of: link, on: key)
        }
    }

    /// A host's cable to the underlay's switch.
    mutating func addUnderlay(of host: LabHost) {
        guard let underlay = lab.underlay, let address = LabPlacement.address(of: host, in: lab) else { return }
        let ifname = LabChoices.underlayInterface
        let near = LabThing.Cable.End(node: host.name, ifname: ifname)
        let far = LabThing.Cable.End(node: nil, ifname: choices.switchPorts[host.name] ?? "p0")
        let cable = LabThing.Cable(name: "underlay-\(host.name)", near: near, far: far, mtu: underlay.mtu ?? 1_500)
        let key = add("cable:underlay:\(host.name)", .cable(cable), on: ["sandbox:\(host.name)", "underlay"])
        interfaceKeys[host.name, default: []].append(key)
        guard let prefix = IPPrefix(address, length: underlay.subnet.length) else { return }
        let thing = LabThing.address(node: host.name, ifname: ifname, prefix: "\(prefix)")
        settingKeys[host.name, default: []].append(add("address:\(host.name):\(ifname):\(prefix)", thing, on: [key]))
    }

    /// A host's heddled, once its underlay is there.
    mutating func addDaemon(_ host: LabHost) {
        add(
            "daemon:\(host.name)", .daemon(host: host.name, arguments: host.arguments), on: ["sandbox:\(host.name)"],
            after: (interfaceKeys[host.name] ?? []) + (settingKeys[host.name] ?? []))
    }
}
