import DataPlane
import Logging
import SystemPackage

extension EngineSupervisor {
    /// Sends the whole configuration; true at once when this returns. What the engine refuses alone must not keep the
    /// rest from forwarding.
    func synchronise() throws(EngineFailure) {
        try tell(.begin, what: "a configuration")
        try tellPorts { $0.domain == 0 }
        try tellHost()
        for id in tunnels.keys.sorted() {
            guard let tunnel = tunnels[id] else { continue }
            try leniently { () throws(EngineFailure) in try tell(.tunnel(tunnel), what: "tunnel \(id)") }
        }
        for id in domains.keys.sorted() {
            guard let domain = domains[id] else { continue }
            try tell(domain)
        }
        try tellPorts { $0.domain != 0 }
        try tellImpairments()
        for station in stations.values {
            try leniently { () throws(EngineFailure) in
                try tell(.addStation(station), what: "the station \(station.mac)")
            }
        }
        for neighbour in neighbours.values {
            try leniently { () throws(EngineFailure) in
                try tell(.addNeighbour(neighbour), what: "the neighbour \(neighbour.address)")
            }
        }
        try tellPublishes()
        try tell(.commit, what: "a configuration")
        try tellCaptures()
    }

    /// A domain whose overlay is refused (its tunnel, say, died a moment ago) still joins the ports of this host.
    private func tell(_ domain: DomainConfiguration) throws(EngineFailure) {
        guard domain.overlay != nil else { return try tell(.domain(domain), what: "domain \(domain.id)") }
        let isTaken = try leniently { () throws(EngineFailure) in
            try tell(.domain(domain), what: "the overlay of domain \(domain.id)")
        }
        if isTaken { return }
        let plain = DomainConfiguration(
            id: domain.id, ageingMilliseconds: domain.ageingMilliseconds, gateway: domain.gateway, parent: domain.parent
        )
        domains[domain.id] = plain
        try tell(.domain(plain), what: "domain \(domain.id)")
    }

    private func tellPorts(where isMeant: (PortConfiguration) -> Bool) throws(EngineFailure) {
        for id in ports.keys.sorted() {
            guard let port = ports[id], isMeant(port.configuration) else { continue }
            do throws(EngineFailure) {
                try tell(.port(port.configuration), passing: port.descriptor, what: "port \(id)")
            } catch {
                // A device that died meanwhile must not keep the others from forwarding.
                guard case .refused(_, let errno) = error else { throw error }
                log.warning("\(error)")
                let token = port.configuration.token
                if errno != .noMemory { loop.after(.zero) { [weak self] in self?.onPortGone(id, token) } }
            }
        }
    }

    /// Whether the engine took it; a refusal is logged.
    @discardableResult
    private func leniently(_ work: () throws(EngineFailure) -> Void) throws(EngineFailure) -> Bool {
        do throws(EngineFailure) {
            try work()
            return true
        } catch {
            guard case .refused = error else { throw error }
            log.warning("\(error)")
            return false
        }
    }
}
