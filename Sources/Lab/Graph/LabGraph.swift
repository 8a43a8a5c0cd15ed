import Addresses
import HeddleAPI

/// A lab as a picture: networks and links are bars, nodes are boxes that hang on the first of theirs and reach down to
/// the others. Follows from the file alone. Pure.
public struct LabGraph: Sendable {
    /// A node or a host.
    struct Box: Sendable, Hashable {
        var name: String
        /// Below the name.
        var notes: [String] = []
        var host: String?
        var isHost = false
        /// Its bars, in their order, with what is said of each.
        var ways: [Way] = []
    }

    /// A box's way to a bar.
    struct Way: Sendable, Hashable {
        var bar: Int
        /// Interface and addresses.
        var labels: [String]
        /// What happens to its packets.
        var impairments: [String] = []
    }

    /// A network, a link or the underlay.
    struct Bar: Sendable, Hashable {
        var name: String
        var isLink = false
        /// Below the name in small letters: what happens to packets of a link.
        var note = ""
    }

    let title: String
    private(set) var bars: [Bar] = []
    private(set) var boxes: [Box] = []

    /// Draws a lab.
    public init(_ lab: LabDescription) {
        title = lab.name
        let plan = LabPlan(lab)
        for network in lab.networks { bars.append(Self.bar(of: network)) }
        for link in lab.links { bars.append(Self.bar(of: link)) }
        if let underlay = lab.underlay { bars.append(Bar(name: "underlay \(underlay.subnet)")) }
        for host in lab.hosts {
            boxes.append(box(of: host, lab, plan))
            for node in lab.nodes where node.host == host.name { boxes.append(box(of: node, lab, plan)) }
        }
        for node in lab.nodes where node.host == nil || lab.hosts.isEmpty { boxes.append(box(of: node, lab, plan)) }
    }

    /// The picture.
    public var svg: String {
        var layout = LabGraphLayout(self)
        return layout.draw()
    }

    private static func bar(of network: LabNetwork) -> Bar {
        var words = [network.name] + network.subnets.map(\.description)
        if let driver = network.request.driver, driver != "bridge" { words.append(driver) }
        if network.isExternal { words.append("(external)") }
        if network.request.internal == true { words.append("internal") }
        if network.request.isolated == true { words.append("isolated") }
        return Bar(name: words.joined(separator: "  "))
    }

    private static func bar(of link: LabLink) -> Bar {
        let note = link.impairment.map { "each way: " + words($0) } ?? ""
        return Bar(name: link.name, isLink: true, note: note)
    }

    private func box(of host: LabHost, _ lab: LabDescription, _ plan: LabPlan) -> Box {
        var box = box(of: host.node, lab, plan)
        box.isHost = true
        box.host = host.name
        box.notes.insert("heddled", at: 0)
        if lab.underlay != nil, let address = LabPlacement.address(of: host, in: lab) {
            box.ways.append(Way(bar: bars.count - 1, labels: [LabChoices.underlayInterface, "\(address)"]))
        }
        return box
    }

    private func box(of node: LabNode, _ lab: LabDescription, _ plan: LabPlan) -> Box {
        var box = Box(name: node.name, host: node.host)
        if let sandbox = node.sandbox { box.notes.append(sandbox) }
        box.notes += node.processes.map { "runs \($0.name)" }
        for attachment in node.attachments {
            guard let bar = lab.networks.firstIndex(where: { $0.name == attachment.network }) else { continue }
            let key = "endpoint:\(node.name):\(attachment.network)"
            var labels = [plan.choices.ifnames[key] ?? ""]
            if let vlan = attachment.vlan { labels[0] += " vlan \(vlan)" }
            labels += (plan.choices.addresses[key] ?? attachment.addresses).map(\.description)
            box.ways.append(Way(bar: bar, labels: labels, impairments: Self.words(attachment.impairment)))
            box.notes += attachment.publish.map { "published \($0)" }
        }
        for (number, link) in lab.links.enumerated() {
            for (index, end) in link.ends.enumerated() where end.node == node.name {
                let name = plan.choices.ifnames[LabChoices.key(ofEnd: index, of: link)] ?? ""
                let labels = [name] + LabPlacement.addresses(ofEnd: index, of: link).map(\.description)
                box.ways.append(
                    Way(bar: lab.networks.count + number, labels: labels, impairments: Self.words(end.impairment)))
            }
        }
        return box
    }

    private static func words(_ impairment: LabImpairment?) -> [String] {
        guard let impairment else { return [] }
        if impairment.inward == impairment.outward, let both = impairment.inward { return ["in, out: " + words(both)] }
        return [impairment.inward.map { "in: " + words($0) }, impairment.outward.map { "out: " + words($0) }]
            .compactMap { $0 }
    }

    private static func words(_ impairment: Impairment) -> String {
        let said: [(String, String?)] = [
            ("delay", impairment.delay), ("±", impairment.jitter), ("loss", impairment.loss),
            ("loss", impairment.lossModel), ("duplicate", impairment.duplicate), ("reorder", impairment.reorder),
            ("corrupt", impairment.corrupt), ("rate", impairment.rate), ("queue", impairment.queue),
        ]
        return said.compactMap { name, value in value.map { "\(name) \($0)" } }.joined(separator: " ")
    }
}
