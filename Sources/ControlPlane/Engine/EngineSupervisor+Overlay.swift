import Addresses
import DataPlane
import Logging

/// Which station of which domain.
struct StationKey: Hashable, Sendable {
    var domain: UInt16
    var vlan: UInt16
    var mac: MACAddress
}

/// Which address of which domain.
struct NeighbourKey: Hashable, Sendable {
    var domain: UInt16
    var address: IPAddress
}

extension EngineSupervisor {
    /// Tells the engine of a tunnel whose ports are held.
    func plug(_ tunnel: TunnelConfiguration, ports: [UInt16]) throws(EngineFailure) {
        for port in ports { try plug(port: port) }
        tunnels[tunnel.id] = tunnel
        do throws(EngineFailure) {
            try ask(.tunnel(tunnel), what: "tunnel \(tunnel.id)")
        } catch {
            tunnels[tunnel.id] = nil
            throw error
        }
    }

    /// Changes a tunnel; while there is no engine, the next one is told.
    func change(_ tunnel: TunnelConfiguration) throws(EngineFailure) {
        tunnels[tunnel.id] = tunnel
        guard link != nil else { return }
        try ask(.tunnel(tunnel), what: "tunnel \(tunnel.id)")
    }

    /// Changes a domain; while there is no engine, the next one is told.
    func settle(_ domain: DomainConfiguration) throws(EngineFailure) {
        guard link != nil else {
            domains[domain.id] = domain
            return
        }
        do throws(EngineFailure) {
            try set(domain)
        } catch {
            guard case .unavailable = error else { throw error }
            domains[domain.id] = domain
        }
    }

    /// Makes a domain's static stations and neighbours those that are wanted; says what the engine refuses.
    func set(domain: UInt16, stations wanted: [StationConfiguration], neighbours: [NeighbourConfiguration]) {
        set(domain: domain, stations: wanted)
        set(domain: domain, neighbours: neighbours)
    }

    /// Forgets a station, static or learned; fine if it isn't there.
    func removeStation(_ key: StationKey) throws(EngineFailure) {
        stations[key] = nil
        let station = StationConfiguration(domain: key.domain, vlan: key.vlan, mac: key.mac, port: 0)
        try ask(.removeStation(station), what: "the end of the station \(key.mac)", missingIsFine: true)
    }

    private func set(domain: UInt16, stations wanted: [StationConfiguration]) {
        let new = Dictionary(wanted.map { (StationKey($0), $0) }) { first, _ in first }
        for (key, _) in stations where key.domain == domain && new[key] == nil {
            stations[key] = nil
            log(refusal: { () throws(EngineFailure) in try removeStation(key) })
        }
        for (key, station) in new where stations[key] != station {
            stations[key] = station
            log(refusal: { () throws(EngineFailure) in
                try ask(.addStation(station), what: "the station \(station.mac)")
            })
        }
    }

    private func set(domain: UInt16, neighbours wanted: [NeighbourConfiguration]) {
        let new = Dictionary(wanted.map { (NeighbourKey($0), $0) }) { first, _ in first }
        for (key, neighbour) in neighbours where key.domain == domain && new[key] == nil {
            neighbours[key] = nil
            log(refusal: { () throws(EngineFailure) in
                try ask(
                    .removeNeighbour(neighbour), what: "the end of the neighbour \(key.address)", missingIsFine: true)
            })
        }
        for (key, neighbour) in new where neighbours[key] != neighbour {
            neighbours[key] = neighbour
            log(refusal: { () throws(EngineFailure) in
                try ask(.addNeighbour(neighbour), what: "the neighbour \(key.address)")
            })
        }
    }

    /// The next engine is told everything: a refusal of this one is no reason to undo what is recorded.
    private func log(refusal work: () throws(EngineFailure) -> Void) {
        // While there is no engine, the next one is waited for.
        guard link != nil else { return }
        do throws(EngineFailure) {
            try work()
        } catch {
            log.warning("\(error)")
        }
    }
}

extension StationKey {
    init(_ station: StationConfiguration) {
        self.init(domain: station.domain, vlan: station.vlan, mac: station.mac)
    }
}

extension NeighbourKey {
    init(_ neighbour: NeighbourConfiguration) {
        self.init(domain: neighbour.domain, address: neighbour.address)
    }
}
