import AddressManagement
import Addresses
import HeddleAPI

/// What a lab file leaves open, chosen: first what was chosen before and still fits, then in the order of the file.
struct LabChoices: Sendable {
    /// Of endpoints, by their keys.
    private(set) var addresses: [String: [IPAddress]] = [:]
    /// Of endpoints and ends of links, by their keys.
    private(set) var ifnames: [String: String] = [:]
    /// All of a node's or host's, by its name.
    private(set) var interfaces: [String: [String]] = [:]
    /// Of the underlay's switch, by host.
    private(set) var switchPorts: [String: String] = [:]

    /// A host's interface in the underlay.
    static let underlayInterface = "underlay"

    init(_ lab: LabDescription, recorded: LabRecord) {
        var oldNames: [String: String] = [:]
        var oldAddresses: [String: [IPAddress]] = [:]
        for entry in recorded.ordered {
            switch entry.item.thing {
            case .endpoint(let endpoint):
                oldNames[entry.item.key] = endpoint.request.ifname
                oldAddresses[entry.item.key] = (endpoint.request.ip ?? []).compactMap { IPAddress($0) }
            case .cable(let cable):
                oldNames["end:\(cable.name):\(cable.near.node ?? "")"] = cable.near.ifname
                oldNames["end:\(cable.name):\(cable.far.node ?? "")"] = cable.far.ifname
            default: break
            }
        }
        for network in lab.networks where !network.isExternal { chooseAddresses(in: network, lab, oldAddresses) }
        for node in lab.nodes { chooseNames(of: node, lab, oldNames) }
        for host in lab.hosts { chooseNames(of: host.node, lab, oldNames) }
        choosePorts(lab, oldNames)
    }

    /// The key of one end of a link.
    static func key(ofEnd index: Int, of link: LabLink) -> String {
        "end:\(link.name):\(link.ends[index].node)"
    }

    private mutating func chooseAddresses(
        in network: LabNetwork, _ lab: LabDescription, _ old: [String: [IPAddress]]
    ) {
        var given: [(key: String, addresses: [IPAddress])] = []
        for node in lab.nodes {
            for attachment in node.attachments where attachment.network == network.name {
                given.append(("endpoint:\(node.name):\(network.name)", attachment.addresses))
            }
        }
        for subnet in network.subnets {
            guard var pool = try? LabCheck.pool(of: subnet, in: network) else { continue }
            var chosen: [String: IPAddress] = [:]
            func take(_ address: IPAddress?, _ key: String) {
                guard let address, pool.isFree(address), (try? pool.take(address)) != nil else { return }
                chosen[key] = address
            }
            for one in given { take(one.addresses.first { subnet.contains($0) }, one.key) }
            for one in given where chosen[one.key] == nil {
                take(old[one.key]?.first { pool.range.contains($0) }, one.key)
            }
            for one in given where chosen[one.key] == nil { chosen[one.key] = try? pool.allocate() }
            for one in given {
                if let address = chosen[one.key] { addresses[one.key, default: []].append(address) }
            }
        }
    }

    private mutating func chooseNames(of node: LabNode, _ lab: LabDescription, _ old: [String: String]) {
        var wanted: [(key: String, given: String?)] = node.attachments.map {
            ("endpoint:\(node.name):\($0.network)", $0.ifname)
        }
        for link in lab.links {
            for index in link.ends.indices where link.ends[index].node == node.name {
                wanted.append((Self.key(ofEnd: index, of: link), link.ends[index].ifname))
            }
        }
        var taken = Set(wanted.compactMap(\.given))
        taken.insert(Self.underlayInterface)
        for one in wanted where one.given == nil {
            // A name that another one was given since is not its own any more.
            if let name = old[one.key], taken.insert(name).inserted { ifnames[one.key] = name }
        }
        var number = 0
        for one in wanted {
            if let given = one.given {
                ifnames[one.key] = given
            } else if ifnames[one.key] == nil {
                while !taken.insert("eth\(number)").inserted { number += 1 }
                ifnames[one.key] = "eth\(number)"
            }
        }
        interfaces[node.name] = wanted.compactMap { ifnames[$0.key] }
    }

    private mutating func choosePorts(_ lab: LabDescription, _ old: [String: String]) {
        guard lab.underlay != nil else { return }
        var taken: Set<String> = []
        for host in lab.hosts {
            guard let name = old["end:underlay-\(host.name):"], taken.insert(name).inserted else { continue }
            switchPorts[host.name] = name
        }
        var number = 0
        for host in lab.hosts where switchPorts[host.name] == nil {
            while !taken.insert("p\(number)").inserted { number += 1 }
            switchPorts[host.name] = "p\(number)"
        }
    }
}
