import DataPlane
import Glibc
import Logging
import SystemPackage

extension EngineSupervisor {
    /// Makes a domain or changes it.
    func set(_ domain: DomainConfiguration) throws(EngineFailure) {
        let before = domains[domain.id]
        if before == domain, link != nil { return }
        domains[domain.id] = domain
        do throws(EngineFailure) {
            if let before, before.worker(of: workers) != domain.worker(of: workers) { try clear(domain: domain.id) }
            try ask(.domain(domain), what: "domain \(domain.id)")
            if let before, before.worker(of: workers) != domain.worker(of: workers) { try fill(domain: domain.id) }
        } catch {
            domains[domain.id] = before
            throw error
        }
    }

    /// Forgets a domain, whose ports must be gone, with its static stations and neighbours.
    func removeDomain(_ id: UInt16) throws(EngineFailure) {
        stations = stations.filter { $0.key.domain != id }
        neighbours = neighbours.filter { $0.key.domain != id }
        guard domains.removeValue(forKey: id) != nil, link != nil else { return }
        try ask(.removeDomain(id), what: "the end of domain \(id)", missingIsFine: true)
    }

    /// Records a port: one that an engine has already, or that `plug` or the next engine shall be told. Takes over
    /// `descriptor`.
    func hold(_ configuration: PortConfiguration, descriptor: Int32) {
        let before = ports.updateValue(
            Port(configuration: configuration, descriptor: descriptor), forKey: configuration.id)
        if let before, before.descriptor != descriptor { close(before.descriptor) }
    }

    /// Tells the engine of a port that is held.
    func plug(port id: UInt16) throws(EngineFailure) {
        guard let port = ports[id] else { throw .unavailable("port \(id) is not open") }
        // The engine keeps them for the port that comes; what is said again disturbs nothing.
        tellImpairments(port: id, isThere: false)
        try ask(.port(port.configuration), passing: port.descriptor, what: "port \(id)")
        tellImpairments(port: id)
        tellCaptures(port: id)
    }

    /// Changes what the engine knows of a port that it has; its descriptor stays.
    func change(_ configuration: PortConfiguration) throws(EngineFailure) {
        guard let port = ports[configuration.id], port.configuration != configuration else { return }
        ports[configuration.id]?.configuration = configuration
        guard link != nil else { return }
        try ask(.port(configuration), what: "port \(configuration.id)")
    }

    /// Removes a port, here and in the engine; its descriptor is closed in both when this returns, unless there is no
    /// engine to be told, which then is told nothing of the port when it comes.
    func removePort(_ id: UInt16) {
        // What is not held here was taken from the engine before, or is taken by the next whole configuration.
        guard ports[id] != nil else { return }
        forget(port: id)
        tunnels[id] = nil
        stations = stations.filter { $0.value.port != id }
        guard link != nil else { return }
        do throws(EngineFailure) {
            try ask(.removePort(id), what: "the end of port \(id)", missingIsFine: true)
        } catch {
            log.warning("\(error)")
        }
    }

    /// Hands a frame to the data plane as if it had come in by the port. An announcement is not worth failing for.
    /// Returns whether it was handed over.
    @discardableResult
    func inject(port: UInt16, frame: [UInt8]) -> Bool {
        do throws(EngineFailure) {
            try ask(.inject(port: port, frame: frame), what: "an announcement on port \(port)")
            return true
        } catch {
            log.debug("\(error)")
            return false
        }
    }

    /// Ends the engine.
    func shutDown() {
        let old = process
        if let link {
            loop.unwatch(link.descriptor)
            _ = try? link.ask(.shutdown, process: old)
        }
        link = nil
        process = nil
        guard let old else { return }
        loop.unwatch(old.pidfd)
        if old.hasEnded(within: 1_000) { return }
        old.kill()
        _ = old.hasEnded(within: 2_000)
    }

    private func forget(port id: UInt16) {
        if let port = ports.removeValue(forKey: id) { close(port.descriptor) }
    }

    /// A domain that goes to another worker leaves the first one empty: the engine's ports go, and are told again.
    private func clear(domain id: UInt16) throws(EngineFailure) {
        for port in ports.values where port.configuration.domain == id {
            try ask(
                .removePort(port.configuration.id), what: "a move of port \(port.configuration.id)", missingIsFine: true
            )
        }
        try takeCaptures(domain: id)
        try ask(.removeDomain(id), what: "a move of domain \(id)", missingIsFine: true)
    }

    private func fill(domain id: UInt16) throws(EngineFailure) {
        tellCaptures(domain: id)
        for port in ports.keys.sorted() where ports[port]?.configuration.domain == id { try plug(port: port) }
        for station in stations.values where station.domain == id {
            try ask(.addStation(station), what: "the station \(station.mac)")
        }
        for neighbour in neighbours.values where neighbour.domain == id {
            try ask(.addNeighbour(neighbour), what: "the neighbour \(neighbour.address)")
        }
    }

    /// A request that also holds when the engine dies over it: the next one is told everything.
    func ask(
        _ request: EngineRequest, passing passed: Int32? = nil, what: String, missingIsFine: Bool = false,
        collect: (EngineReply) -> Void = { _ in }
    ) throws(EngineFailure) {
        guard let link else { throw .unavailable("it is being replaced") }
        let answer: Errno?
        do throws(EngineLink.Failure) {
            answer = try link.ask(request, passing: passed, process: process) { reply, descriptor in
                EngineLink.discard(descriptor)
                collect(reply)
            }
        } catch {
            if error == .timeout { throw .unavailable(Self.reason(error)) }
            replace(why: Self.reason(error))
            if self.link == nil { throw .unavailable(Self.reason(error)) }
            return
        }
        if link.hasEvents { scheduleEvents() }
        guard let answer else { return }
        if missingIsFine, answer == .noSuchFileOrDirectory || answer == .noSuchAddressOrDevice { return }
        throw .refused(what: what, answer)
    }
}
