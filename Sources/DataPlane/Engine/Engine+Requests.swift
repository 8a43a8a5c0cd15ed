import Glibc

extension Engine {
    /// Does what a daemon asks; the answer is an errno. `descriptor` is the engine's from here on.
    func handle(_ request: EngineRequest, _ descriptor: Int32?) -> Int32 {
        var unclaimed = descriptor
        defer { if let unclaimed { close(unclaimed) } }
        switch request {
        case .hello:
            send(.information(information))
        case .begin:
            named = Named()
            awaitedImpairments = [:]
        case .domain(let domain):
            named?.domains.insert(domain.id)
            return set(domain)
        case .port(let port):
            named?.ports.insert(port.id)
            return set(port, &unclaimed)
        case .commit:
            return commit()
        case .removePort(let id):
            guard ports[id] != nil else {
                forgetImpairments(port: id)
                return ENOENT
            }
            drop(port: id)
        case .removeDomain(let id):
            return removeDomain(id)
        case .tunnel(let tunnel):
            return set(tunnel)
        case .addStation(let station):
            return add(station)
        case .removeStation(let station):
            return remove(station)
        case .addNeighbour(let neighbour):
            return add(neighbour)
        case .removeNeighbour(let neighbour):
            return remove(neighbour)
        case .uplink(let uplink):
            guard ports[uplink.port]?.configuration.kind == .uplink else { return ENOENT }
            return workers[0].mailbox.perform(.setUplink(uplink))
        case .pool(let pool):
            return workers[0].mailbox.perform(.setPool(pool))
        case .hostAddresses(let part):
            return hostAddresses.add(part) { workers[0].mailbox.perform(.setHostAddresses($0)) }
        case .routes(let part):
            return routes.add(part) { workers[0].mailbox.perform(.setRoutes($0)) }
        case .nextHop(let hop):
            return set(hop)
        case .publish(let publish):
            return add(publish)
        case .unpublish(let number):
            return unpublish(number)
        case .keep(let number):
            return keep(number, &unclaimed)
        case .letGo(let number):
            return letGo(number)
        case .impairment(let impairment):
            return set(impairment)
        case .startCapture(let capture):
            return start(capture, descriptor)
        case .stopCapture(let number):
            return stopCapture(number)
        case .explain(let port, let domain, let frame):
            return explain(frame, port: port, domain: domain)
        case .inject(let id, let frame):
            guard let port = ports[id] else { return ENOENT }
            return mailbox(domain: port.configuration.domain).perform(.inject(port: id, frame: frame))
        case .takeDescriptors:
            for (id, port) in ports {
                send(
                    .descriptor(port: id, kind: port.configuration.kind, token: port.configuration.token),
                    passing: port.descriptor)
            }
            for (number, descriptor) in kept { send(.kept(number), passing: descriptor) }
        case .shutdown:
            break
        }
        return 0
    }

    private var information: EngineInformation {
        EngineInformation(
            pid: getpid(), version: Self.version, workers: UInt16(workers.count),
            usesRing: workers.allSatisfy(\.usesRing),
            uptimeSeconds: UInt32(truncatingIfNeeded: (monotonicNanoseconds() - started) / 1_000_000_000))
    }

    private func set(_ domain: DomainConfiguration) -> Int32 {
        let count = workers.count
        if let known = domains[domain.id], known.worker(of: count) != domain.worker(of: count) { return EBUSY }
        let result = workers[domain.worker(of: count)].mailbox.perform(.setDomain(domain))
        if result == 0 { domains[domain.id] = domain }
        return result
    }

    private func set(_ port: PortConfiguration, _ descriptor: inout Int32?) -> Int32 {
        guard port.kind.isInDomain ? domains[port.domain] != nil : port.domain == 0 else { return ENOENT }
        var told: [ImpairmentConfiguration] = []
        if let known = ports[port.id] {
            let isSame = known.configuration.token == port.token && known.configuration.domain == port.domain
            if isSame {
                guard known.configuration != port else { return 0 }
                let result = mailbox(domain: port.domain).perform(.setPort(port, descriptor: nil))
                if result == 0 { ports[port.id]?.configuration = port }
                return result
            }
            if known.configuration.token == port.token, descriptor == nil {
                // Into another domain, perhaps of another worker: with the descriptor that is here.
                let copy = fcntl(known.descriptor, F_DUPFD_CLOEXEC, 0)
                guard copy >= 0 else { return errno }
                descriptor = copy
            }
            // Nothing to replace it by: it goes on.
            guard descriptor != nil else { return EBADF }
            // What was said of the number a moment ago is meant for the one that comes.
            if known.configuration.token != port.token { told = toldImpairments(of: port.id) }
            drop(port: port.id)
        }
        guard let taken = descriptor else { return EBADF }
        // A frame that came before the last port of a whole configuration would be flooded to the others.
        let waits = named != nil
        told += takeAwaitedImpairments(port: port.id)
        let result = mailbox(domain: port.domain).perform(
            .setPort(port, descriptor: taken, waits: waits, impairments: port.kind.isInDomain ? told : []))
        guard result == 0 else { return result }
        ports[port.id] = Port(configuration: port, descriptor: taken)
        descriptor = nil
        return 0
    }

    /// What the whole configuration didn't name goes, and what it brought begins.
    private func commit() -> Int32 {
        guard let named else { return EINVAL }
        self.named = nil
        for station in stations.values where !named.stations.contains(station.key) { _ = remove(station) }
        for neighbour in neighbours.values where !named.neighbours.contains(neighbour.key) { _ = remove(neighbour) }
        for hop in nextHops where !named.nextHops.contains(hop) { _ = set(hop) }
        for key in impairments.keys where !named.impairments.contains(key) {
            _ = set(ImpairmentConfiguration(port: key.port, isOut: key.isOut, settings: ImpairmentSettings()))
        }
        for number in publishes where !named.publishes.contains(number) { _ = unpublish(number) }
        for number in kept.keys where !named.kept.contains(number) { _ = letGo(number) }
        let leftPorts = ports.values.filter { !named.ports.contains($0.configuration.id) }
        for port in leftPorts where port.configuration.kind.isInDomain { drop(port: port.configuration.id) }
        for id in domains.keys where !named.domains.contains(id) { _ = removeDomain(id) }
        // Tunnels after the domains that used them.
        for port in leftPorts where !port.configuration.kind.isInDomain { drop(port: port.configuration.id) }
        for worker in workers {
            let result = worker.mailbox.perform(.receive)
            guard result == 0 else { return result }
        }
        return 0
    }

    private func removeDomain(_ id: UInt16) -> Int32 {
        guard domains[id] != nil else { return ENOENT }
        guard !ports.values.contains(where: { $0.configuration.domain == id }) else { return EBUSY }
        let result = mailbox(domain: id).perform(.removeDomain(id))
        domains[id] = nil
        for (key, station) in stations where station.domain == id { stations[key] = nil }
        for (key, neighbour) in neighbours where neighbour.domain == id { neighbours[key] = nil }
        return result
    }
}
