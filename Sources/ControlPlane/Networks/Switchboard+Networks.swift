import Addresses
import DataPlane
public import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// See `ControlService`.
    public func networks() throws(APIError) -> [Network] {
        networkRecords.values.sorted { $0.name < $1.name }.map(model(of:))
    }

    /// See `ControlService`.
    public func network(named name: String) throws(APIError) -> Network {
        model(of: try findNetwork(name))
    }

    /// See `ControlService`.
    public func createNetwork(_ request: NetworkRequest) throws(APIError) -> Network {
        model(of: try makeNetwork(request) { _ in nil })
    }

    /// Makes a network; `docker` says whether it is one of Docker's.
    func makeNetwork(
        _ request: NetworkRequest, docker: (NetworkRecord) -> DockerNetworkRecord?
    ) throws(APIError) -> NetworkRecord {
        let wish = try NetworkSpecification(request)
        if networkRecords.values.contains(where: { $0.name == wish.name }) {
            throw .conflict(
                "there is a network \(APIError.quoted(wish.name)) already",
                hint: "Choose another name, or remove that one with 'heddle network rm \(wish.name)'.")
        }
        if let overlay = wish.overlay { try refuseMisplaced(overlay) }
        let parent = try wish.parent.map { wish throws(APIError) in try findParent(wish) }
        try refuseOverlaps(wish.subnets, besides: parent?.link.index)
        var record = try newRecord(wish, parent: parent)
        try save(record, docker(record))
        FailPoint.pass(.networkRecorded)
        do throws(APIError) {
            if let overlay = record.overlay {
                try ensureTunnel(at: overlay.place)
                engine.resetCounters(overlay: record.domain)
            }
            let domain = domainConfiguration(of: record)
            try engineWork { engine throws(EngineFailure) in try engine.set(domain) }
            if record.hostPort != nil { try makeHostPort(&record) }
            if let parent { try openParent(&record, at: parent.link) }
            try openNames(of: record)
            try plugNames(of: record)
            FailPoint.pass(.networkConfigured)
            record.phase = .active
            try save(record)
        } catch {
            try? undo(record)
            throw error
        }
        followInterface(ofNew: record)
        watchUnderlay()
        followHost()
        // Others hear a VLAN no more that is this one's now.
        if parent != nil { lookAtParents() }
        FailPoint.pass(.networkDone)
        log.info("network \(record.name) created")
        return record
    }

    /// See `ControlService`.
    public func removeNetwork(named name: String) throws(APIError) {
        var record = try findNetwork(name)
        let members = endpoints(of: record)
        if !members.isEmpty {
            let names = members.prefix(5).map(\.label).joined(separator: ", ")
            let more = members.count > 5 ? " and \(members.count - 5) more" : ""
            throw .conflict(
                "the network \(name) is in use by \(names)\(more)",
                hint: "Detach them first ('heddle detach \(name) SANDBOX'); release adopted interfaces.")
        }
        record.phase = .removing
        try save(record)
        FailPoint.pass(.networkRemoving)
        try undo(record)
        log.info("network \(name) removed")
    }

    /// Takes away what there is of a network, and its record; fine if some of it is gone already.
    func undo(_ record: NetworkRecord) throws(APIError) {
        closeNames(of: record)
        if let port = record.hostPort {
            unplug(port: port, isTap: true)
            let alias = mark.alias(of: record.id)
            try PortMaker.kernel("removing the host port of \(record.name)") { () throws(NetlinkError) in
                if let link = try hostLink(of: record, alias: alias) { try own.deleteLinkIfThere(index: link.index) }
            }
        }
        if let port = record.parentPort { closeParent(port) }
        do throws(EngineFailure) {
            try engine.removeDomain(record.domain)
        } catch {
            // The next engine is told nothing of it.
            log.warning("\(error)")
        }
        FailPoint.pass(.networkRemoved)
        try forget(record)
        followHost()
        if record.parent != nil { lookAtParents() }
        if let overlay = record.overlay {
            try releaseTunnel(at: overlay.place)
            watchUnderlay()
        }
    }

    /// `parent`: the interface that leads to the network's own LAN.
    func refuseOverlaps(_ subnets: [IPPrefix], besides parent: Int32?) throws(APIError) {
        guard !subnets.isEmpty else { return }
        let routes = try foreignRoutes(besides: parent)
        try OverlapCheck.check(subnets, networks: Array(networkRecords.values), routes: routes)
    }

    private func newRecord(
        _ wish: NetworkSpecification, parent: FoundParent?
    ) throws(APIError) -> NetworkRecord {
        let taken = Set(networkRecords.values.map(\.domain))
        guard let domain = Identifier.lowestFree(besides: taken, below: SharedTables.maximumDomains) else {
            throw .unavailable(
                "there are \(SharedTables.maximumDomains - 1) networks already",
                hint: "Remove some, or run a second heddled.")
        }
        let id = Identifier.make()
        var mtu = wish.mtu ?? 0
        if let overlay = wish.overlay {
            let chosen = try self.mtu(of: wish, overlay: overlay)
            mtu = chosen.network
            tunnelMTUs[id] = chosen.tunnel
        }
        if let parent { mtu = try self.mtu(of: wish, parent: parent) }
        let options = wish.overlay?.options ?? parent?.settings.options ?? [:]
        var record = NetworkRecord(
            id: id, name: wish.name, domain: domain, driver: wish.driver,
            subnets: wish.subnets, gateways: wish.gateways, ranges: wish.ranges, mtu: mtu,
            isInternal: wish.isInternal, isIsolated: wish.isIsolated, options: options,
            phase: .creating, hostPort: wish.subnets.isEmpty || parent != nil ? nil : try freePort(), hostToken: 0,
            hostIndex: 0,
            followsUnderlay: wish.mtu == nil, isRouted: wish.isRouted)
        if parent != nil { record.parentPort = try freePort() }
        return record
    }
}
