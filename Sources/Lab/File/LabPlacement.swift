import AddressManagement
import Addresses

/// What follows from a lab file about hosts and links.
enum LabPlacement {
    /// The hosts that have a node on a network, in the order of the file.
    static func hosts(of network: LabNetwork, in lab: LabDescription) -> [String] {
        lab.hosts.map(\.name).filter { host in
            lab.nodes.contains { $0.host == host && $0.attachments.contains { $0.network == network.name } }
        }
    }

    /// A host's address in the underlay: its own, else the next free one, in the order of the file; without an underlay,
    /// the first of its links to hosts.
    static func address(of host: LabHost, in lab: LabDescription) -> IPAddress? {
        if let address = host.address { return address }
        guard let underlay = lab.underlay else {
            for link in lab.links where link.ends.allSatisfy({ end in lab.hosts.contains { $0.name == end.node } }) {
                guard let index = link.ends.firstIndex(where: { $0.node == host.name }) else { continue }
                if let first = addresses(ofEnd: index, of: link).first { return first.address }
            }
            return nil
        }
        var taken = Set(lab.hosts.compactMap(\.address))
        var number = underlay.subnet.network.number
        for other in lab.hosts where other.address == nil {
            while true {
                let address = IPAddress(family: underlay.subnet.family, number: number)
                guard underlay.subnet.contains(address) else { return nil }
                number += 1
                if isHost(address, of: underlay.subnet), taken.insert(address).inserted {
                    if other.name == host.name { return address }
                    break
                }
            }
        }
        return nil
    }

    /// Whether an address is one that a host of the subnet may have.
    static func isHost(_ address: IPAddress, of subnet: IPPrefix) -> Bool {
        guard subnet.contains(address) else { return false }
        if subnet.hostBitCount < 2 { return true }
        return address != subnet.network && address != subnet.broadcast
    }

    /// The first two addresses that hosts of a subnet may have.
    static func ends(of subnet: IPPrefix) -> [IPPrefix]? {
        guard subnet.hostBitCount >= 1 else { return nil }
        let first = subnet.network.number + (subnet.hostBitCount >= 2 ? 1 : 0)
        let both = [first, first + 1].compactMap {
            IPPrefix(IPAddress(family: subnet.family, number: $0), length: subnet.length)
        }
        return both.count == 2 ? both : nil
    }

    /// The addresses of one end of a link: those that it was given, and for each other family that of the link's subnet.
    static func addresses(ofEnd index: Int, of link: LabLink) -> [IPPrefix] {
        let own = link.ends[index].addresses
        let assigned = link.subnets.compactMap { ends(of: $0)?[index] }
        return own + assigned.filter { one in !own.contains { $0.family == one.family } }
    }

    /// Whether a link is a network of two ports: both ends are nodes of one daemon. Others are veth pairs.
    static func isSwitched(_ link: LabLink, in lab: LabDescription) -> Bool {
        let ends = link.ends.compactMap { end in lab.nodes.first { $0.name == end.node } }
        return ends.count == 2 && ends[0].host == ends[1].host && (lab.hosts.isEmpty || ends[0].host != nil)
    }
}
