import Addresses
import HeddleAPI
import NameServer
import NameService

/// The names of networks follow their endpoints.
extension Switchboard {
    /// Everything that is known of a network's names.
    func zone(of network: NetworkRecord) -> NameZone {
        var zone = NameZone(network: network.name, subnets: network.subnets, forwards: !network.isInternal)
        for endpoint in endpoints(of: network) { zone.set(endpoint.nameMember, id: endpoint.id) }
        zone.setTravellers(travellers(of: network.id))
        return zone
    }

    /// Makes an endpoint's names known, or, of one that is gone or going, forgets them.
    func refreshNames(of endpoint: EndpointRecord) {
        let member = endpointRecords[endpoint.id] == nil ? nil : endpoint.nameMember
        namePorts[endpoint.network]?.handle.update { $0.set(member, id: endpoint.id) }
        guard !endpoint.sandbox.isEmpty else { return }
        // Whoever is in the same sandbox may have become a traveller, or ceased to be one.
        let fellows = endpointRecords.values.filter { $0.sandbox == endpoint.sandbox && $0.id != endpoint.id }
        guard !fellows.isEmpty else { return }
        for id in Set(fellows.map(\.network) + [endpoint.network]) {
            let travellers = travellers(of: id)
            namePorts[id]?.handle.update { $0.setTravellers(travellers) }
        }
    }

    /// The addresses of a network's endpoints whose sandboxes have other networks, too.
    private func travellers(of id: String) -> Set<IPAddress> {
        let named = endpointRecords.values.filter { !$0.sandbox.isEmpty && $0.phase == .active && !$0.isGone }
        let counts = Dictionary(grouping: named, by: \.sandbox).mapValues(\.count)
        let travelling = named.filter { $0.network == id && counts[$0.sandbox, default: 0] > 1 }
        return Set(travelling.flatMap { $0.addresses.map(\.address) })
    }

    /// What became of a network's questions.
    func names(of network: NetworkRecord) -> Network.Names? {
        namePorts[network.id].map { names in
            let counts = names.handle.counts
            return Network.Names(
                questions: counts.questions, answered: counts.answered, forwarded: counts.forwarded,
                refused: counts.refused, dropped: counts.dropped)
        }
    }

    /// Two endpoints of one name could not be told apart.
    func refuseTakenName(_ wish: AttachSpecification, network: NetworkRecord) throws(APIError) {
        guard !wish.name.isEmpty else { return }
        let key = DNSName.key(wish.name)
        let twin = endpointRecords.values.first { $0.network == network.id && DNSName.key($0.name) == key }
        guard let twin else { return }
        let isGone = twin.isGone ? ", which is gone and comes back when its sandbox does" : ""
        throw .conflict(
            "\(APIError.quoted(wish.name)) is the name of \(twin.label) in \(network.name)\(isGone)",
            hint: "Choose another --name; an --alias may be shared.")
    }
}

extension EndpointRecord {
    /// What of it can be asked for; nil: nothing, or not now.
    fileprivate var nameMember: NameZone.Member? {
        let names = (name.isEmpty ? [] : [name]) + aliases
        guard phase == .active, !isGone, !names.isEmpty, !addresses.isEmpty else { return nil }
        return NameZone.Member(names: names, addresses: addresses.map(\.address))
    }
}
