import Addresses
import DataPlane
import HeddleAPI
import Logging
import Netlink
import SystemPackage

/// The sockets that lead networks to a LAN follow their interfaces.
extension Switchboard {
    /// Changes come in swarms; one look is enough for a swarm.
    private static let parentPause: Duration = .milliseconds(10)
    /// How long after a socket broke another one is opened.
    private static let parentRetryPause: Duration = .seconds(1)

    /// Networks that have a parent, by domain.
    private var parentNetworks: [NetworkRecord] {
        networkRecords.values.filter { $0.parentPort != nil && $0.phase == .active }.sorted { $0.domain < $1.domain }
    }

    /// Opens a packet socket on a network's parent and tells the engine, unless the whole configuration will.
    func openParent(_ record: inout NetworkRecord, at link: Link, plugging: Bool = true) throws(APIError) {
        guard let port = record.parentPort else { return }
        record.parentIndex = link.index
        let plan = filterPlan(of: record, links: try links())
        let descriptor: Int32
        do throws(PortError) {
            descriptor = try UplinkSocket.open(interface: link.index, filter: plan.filter, promiscuous: true)
        } catch {
            throw .refused(error, for: "opening the parent \(link.name) of \(record.name)")
        }
        record.parentToken = Identifier.token()
        kernelCountsAnew(port: port)
        parentFilters[port] = plan
        engine.hold(PortConfiguration(parentPort: port, of: record), descriptor: descriptor)
        do throws(APIError) {
            try save(record)
            if plugging { try engineWork { engine throws(EngineFailure) in try engine.plug(port: port) } }
        } catch {
            closeParent(port)
            throw error
        }
    }

    /// Closes the socket, here and in the engine.
    func closeParent(_ port: UInt16) {
        engine.removePort(port)
        parentFilters[port] = nil
    }

    /// The engine could not go on with a parent's socket. One that is still there is opened anew.
    func parentIsGone(_ network: NetworkRecord) {
        guard let port = network.parentPort else { return }
        log.notice("the parent of \(network.name) broke; looking at it again")
        closeParent(port)
        loop.after(Self.parentRetryPause) { [weak self] in
            self?.assumeIsolated { $0.lookAtParents() }
        }
    }

    /// Looks at the parents when something happened to an interface that isn't Heddle's own.
    func lookAtParentsSoon(after event: LinkEvent) {
        switch event {
        case .added(let link), .changed(let link): if mark.isOurs(link.alias ?? "") { return }
        case .removed, .overrun: break
        default: return
        }
        guard !isParentLookDue, networkRecords.values.contains(where: { $0.parentPort != nil }) else { return }
        isParentLookDue = true
        loop.after(Self.parentPause) { [weak self] in
            self?.assumeIsolated { $0.lookAtParents() }
        }
    }

    /// Opens what came, closes what went, and follows names and MTUs.
    func lookAtParents() {
        isParentLookDue = false
        let networks = parentNetworks
        guard !networks.isEmpty else { return }
        do throws(APIError) {
            let links = try links()
            for network in networks { follow(network, parents: links, plugging: engine.link != nil) }
        } catch {
            log.error("\(error)")
        }
    }

    /// Makes a network's way to the LAN what its parent is now.
    func follow(_ network: NetworkRecord, parents links: [Link], plugging: Bool) {
        guard let port = network.parentPort, let settings = network.parent else { return }
        // The interface of that name; one that was renamed stays the parent as long as no other has its name.
        let found =
            links.first { $0.name == settings.interface }
            ?? links.first { $0.index == network.parentIndex && network.parentIndex != 0 }
        let held = engine.ports[port].map { PacketSocket.interface(of: $0.descriptor) ?? 0 }
        guard let link = found, link.isEthernet else {
            guard held != nil || plugging == false else { return }
            if held != nil { closeParent(port) }
            log.warning("\(network.name) has no way to its LAN: there is no interface \(settings.interface)")
            return
        }
        var record = network
        if held != link.index {
            if held != nil { closeParent(port) }
            do throws(APIError) {
                try openParent(&record, at: link, plugging: plugging)
                log.notice("\(link.name) leads \(network.name) to its LAN")
            } catch {
                return log.error("\(error)")
            }
        } else {
            refreshParentFilter(of: record, links: links)
        }
        followMTU(&record, of: link)
    }

    private func followMTU(_ record: inout NetworkRecord, of link: Link) {
        let mtu = min(Int(link.mtu), NetworkSpecification.mtuRange.upperBound)
        guard record.followsUnderlay, mtu != record.mtu, NetworkSpecification.mtuRange.contains(mtu) else { return }
        log.notice("the MTU of \(record.name) follows \(link.name): \(record.mtu) becomes \(mtu)")
        record.mtu = mtu
        do throws(APIError) {
            try save(record)
        } catch {
            networkRecords[record.id] = record
            log.error("\(error)")
        }
        spreadMTU(of: record)
    }

    // MARK: Filters

    /// Lets in what is for the network's endpoints as they are now.
    func refreshParentFilter(of network: NetworkRecord) {
        guard let port = network.parentPort, let held = engine.ports[port] else { return }
        var plan = filterPlan(of: network, links: [])
        // Foreign VLANs change with interfaces and networks, not with endpoints.
        if let before = parentFilters[port] { plan.foreign = before.foreign }
        set(plan, port: port, descriptor: held.descriptor, of: network)
    }

    private func refreshParentFilter(of network: NetworkRecord, links: [Link]) {
        guard let port = network.parentPort, let held = engine.ports[port] else { return }
        set(filterPlan(of: network, links: links), port: port, descriptor: held.descriptor, of: network)
    }

    private func set(_ plan: ParentFilterPlan, port: UInt16, descriptor: Int32, of network: NetworkRecord) {
        guard parentFilters[port] != plan else { return }
        do throws(Errno) {
            try UplinkSocket.setFilter(descriptor, plan.filter)
            parentFilters[port] = plan
        } catch {
            log.error("cannot set the filter of the parent of \(network.name): \(error)")
        }
    }

    private func filterPlan(of network: NetworkRecord, links: [Link]) -> ParentFilterPlan {
        let settings = network.parent
        let members = endpoints(of: network).filter { $0.phase != .removing }
        let siblings = networkRecords.values.compactMap { $0.parent }
            .filter { $0.interface == settings?.interface }.compactMap(\.vlan)
        let devices = links.filter { $0.peer == network.parentIndex && network.parentIndex != 0 }.compactMap(\.vlan)
        return ParentFilterPlan(
            stations: settings?.mode == .passthru ? nil : members.map(\.mac), vlan: settings?.vlan,
            foreign: settings?.vlan == nil ? Array(Set(siblings + devices)).sorted() : [])
    }
}

extension NetworkRecord {
    /// What `stats` and `stations` call the port that leads to the LAN.
    var parentLabel: String { "parent@\(parent?.label ?? "")" }
}
