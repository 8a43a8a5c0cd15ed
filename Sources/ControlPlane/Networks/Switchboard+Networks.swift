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
        let wish = try NetworkSpecification(request)
        if networkRecords.values.contains(where: { $0.name == wish.name }) {
            throw .conflict(
                "there is a network \(APIError.quoted(wish.name)) already",
                hint: "Choose another name, or remove that one with 'heddle network rm \(wish.name)'.")
        }
        if let overlay = wish.overlay { try refuseMisplaced(overlay) }
        try refuseOverlaps(wish.subnets)
        var record = try newRecord(wish)
        try save(record)
        FailPoint.pass(.networkRecorded)
        do throws(APIError) {
            if let overlay = record.overlay {
                try ensureTunnel(at: overlay.place)
                engine.resetCounters(overlay: record.domain)
            }
            let domain = domainConfiguration(of: record)
            try engineWork { engine throws(EngineFailure) in try engine.set(domain) }
            if record.hostPort != nil { try makeHostPort(&record) }
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
        FailPoint.pass(.networkDone)
        log.info("network \(record.name) created")
        return model(of: record)
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
        do throws(EngineFailure) {
            try engine.removeDomain(record.domain)
        } catch {
            // The next engine is told nothing of it.
            log.warning("\(error)")
        }
        FailPoint.pass(.networkRemoved)
        try forget(record)
        followHost()
        if let overlay = record.overlay {
            try releaseTunnel(at: overlay.place)
            watchUnderlay()
        }
    }

    private func refuseOverlaps(_ subnets: [IPPrefix]) throws(APIError) {
        guard !subnets.isEmpty else { return }
        let hostIndices = Set(networkRecords.values.map(\.hostIndex))
        let routes = try PortMaker.kernel("reading the host's routes") { () throws(NetlinkError) in
            try own.routes().filter { !hostIndices.contains($0.interfaceIndex ?? 0) }
        }
        try OverlapCheck.check(subnets, networks: Array(networkRecords.values), routes: routes)
    }

    private func newRecord(_ wish: NetworkSpecification) throws(APIError) -> NetworkRecord {
        guard let domain = Identifier.lowestFree(besides: Set(networkRecords.values.map(\.domain))) else {
            throw .unavailable("there are 4095 networks already", hint: "Remove some, or run a second heddled.")
        }
        let id = Identifier.make()
        var mtu = wish.mtu ?? 0
        if let overlay = wish.overlay {
            let chosen = try self.mtu(of: wish, overlay: overlay)
            mtu = chosen.network
            tunnelMTUs[id] = chosen.tunnel
        }
        return NetworkRecord(
            id: id, name: wish.name, domain: domain, driver: wish.driver,
            subnets: wish.subnets, gateways: wish.gateways, ranges: wish.ranges, mtu: mtu,
            isInternal: wish.isInternal, isIsolated: wish.isIsolated, options: wish.overlay?.options ?? [:],
            phase: .creating, hostPort: wish.subnets.isEmpty ? nil : try freePort(), hostToken: 0, hostIndex: 0,
            followsUnderlay: wish.mtu == nil, isRouted: wish.isRouted)
    }
}
