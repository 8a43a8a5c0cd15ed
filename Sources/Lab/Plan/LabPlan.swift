import AddressManagement
import Addresses
import HeddleAPI

/// All things of a lab, in an order in which each comes after what it needs. Pure.
///
/// What the file leaves open is chosen here: addresses, interface names, VNIs. What the record has chosen before stays.
public struct LabPlan: Sendable {
    /// The things.
    public private(set) var items: [LabItem] = []
    let lab: LabDescription
    let choices: LabChoices
    /// Keys of what makes a node's interfaces, by node.
    var interfaceKeys: [String: [String]] = [:]
    /// Keys of what is done in a node before its commands.
    var settingKeys: [String: [String]] = [:]
    /// Keys of an overlay's peers on a host, by the key of the overlay there.
    var peerKeys: [String: [String]] = [:]

    /// Plans a lab beside what is recorded of it.
    public init(_ lab: LabDescription, recorded: LabRecord = LabRecord()) {
        self.lab = lab
        choices = LabChoices(lab, recorded: recorded)
        if let underlay = lab.underlay { add("underlay", .underlay(.init(mtu: underlay.mtu ?? 1_500))) }
        for host in lab.hosts { addSandbox(host.node, isHost: true) }
        for node in lab.nodes { addSandbox(node, isHost: false) }
        for host in lab.hosts { addUnderlay(of: host) }
        for link in lab.links where !LabPlacement.isSwitched(link, in: lab) { addCable(link) }
        for host in lab.hosts { addDaemon(host) }
        addNetworks()
        for node in lab.nodes {
            for attachment in node.attachments { addEndpoint(of: node, attachment) }
        }
        for link in lab.links where LabPlacement.isSwitched(link, in: lab) { addSwitchedLink(link) }
        for node in lab.hosts.map(\.node) + lab.nodes { addInside(node) }
    }

    @discardableResult
    mutating func add(
        _ key: String, _ thing: LabThing, on foundations: [String] = [], after predecessors: [String] = [],
        within timeout: Duration? = nil
    ) -> String {
        var item = LabItem(key, thing, on: foundations, after: predecessors)
        item.timeout = timeout
        items.append(item)
        return key
    }

    /// As a network of the lab is called in a daemon.
    func daemonName(of network: LabNetwork) -> String {
        network.isExternal ? network.name : "\(lab.name)-\(network.name)"
    }
}
