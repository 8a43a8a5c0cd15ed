import Addresses
import DataPlane
import Glibc
import HeddleAPI
import Logging
import Netlink
import Relay

/// What makes a publish true: sockets that keep its ports (guards), entries of the data plane for what arrives by
/// uplinks, and a relay for what arrives otherwise.
extension Switchboard {
    /// Makes the ports of the host lead to the endpoint: all of `records`, or, on an error, none of them. What is open
    /// already stays open. Called with a port of the endpoint that the engine has (at start: will have).
    func openPublishes(
        _ records: [PublishRecord], endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) {
        var opened: [PublishRecord] = []
        do throws(APIError) {
            for record in records where openGuards[record.number] == nil {
                try openGuard(record, endpoint: endpoint)
                opened.append(record)
            }
            // Before anything is let in: a packet for a port that the data plane doesn't know is lost.
            for record in opened { try forward(record, endpoint: endpoint, network: network) }
        } catch {
            closePublishes(opened)
            throw error
        }
        if !opened.isEmpty { refreshUplinkFilters() }
    }

    /// Ends what `openPublishes` made, and conversations that use it; fine if it is not open. The records may be
    /// forgotten already.
    func closePublishes(_ records: [PublishRecord]) {
        var isChanged = false
        for record in records {
            guard let guards = openGuards.removeValue(forKey: record.number) else { continue }
            isChanged = true
            relay?.remove(id: record.number)
            for number in Self.dataPlaneNumbers(record) { engine.unpublish(number) }
            for part in 0..<guards.bundles { engine.letGo(Self.bundleNumber(record, part)) }
            for descriptor in guards.descriptors { close(descriptor) }
        }
        if isChanged { refreshUplinkFilters() }
    }

    /// Closes what an engine has kept for an earlier daemon and nobody has opened: of a publish that was rolled back, say.
    func releaseForgottenGuards() {
        var known: Set<UInt32> = [Self.poolNumber]
        for (number, guards) in openGuards {
            guard let record = publishRecords[number] else { continue }
            for part in 0..<guards.bundles { known.insert(Self.bundleNumber(record, part)) }
        }
        for number in engine.kept.keys where !known.contains(number) { engine.letGo(number) }
    }

    /// Brings guards up to date when the uplinks are others: what they drop, and what the data plane takes.
    func refreshGuards() {
        for (number, guards) in openGuards {
            guard let record = publishRecords[number], let endpoint = endpointRecords[record.endpoint],
                let network = networkRecords[record.network]
            else { continue }
            let filter = guardFilter(record)
            for descriptor in guards.descriptors {
                do {
                    try GuardSocket.setFilter(descriptor, filter)
                } catch {
                    log.error("cannot set what the guard of \(record.specification) drops: \(error)")
                }
            }
            do throws(APIError) {
                try forward(record, endpoint: endpoint, network: network)
            } catch {
                log.error("\(error)")
            }
        }
        refreshUplinkFilters()
    }

    /// What uplinks let in: packets of flows, and for what is published.
    var uplinkFilter: SocketFilter {
        let translated = openGuards.keys.compactMap { publishRecords[$0] }.filter { isTranslated($0) }
        let pool = engine.pool
        return UplinkFilterPlan(
            poolFirst: pool?.first ?? 0, poolCount: Int(pool?.count ?? 0),
            tcp: translated.filter { $0.proto == .tcp }.map { $0.first...max($0.first, $0.last) },
            udp: translated.filter { $0.proto == .udp }.map { $0.first...max($0.first, $0.last) },
            routed: networkRecords.values.filter { $0.isRouted && !$0.isInternal }.flatMap(\.subnets)
        ).filter
    }

    /// Puts `uplinkFilter` on every uplink, if it is another than before.
    func refreshUplinkFilters() {
        let filter = uplinkFilter
        for port in uplinkPorts.values {
            guard filter != uplinkFilters[port], let held = engine.ports[port] else { continue }
            do {
                try UplinkSocket.setFilter(held.descriptor, filter)
                uplinkFilters[port] = filter
            } catch {
                log.error("cannot set what an uplink lets in: \(error)")
            }
        }
    }

    /// Whether the data plane takes what arrives for a publish by uplinks.
    private func isTranslated(_ record: PublishRecord) -> Bool {
        guard record.mode == .translate else { return false }
        guard let address = record.hostAddress, !address.isUnspecified else { return true }
        return hostLook.addresses.contains { $0.address == address && uplinkPorts[$0.index] != nil }
    }

    private func guardFilter(_ record: PublishRecord) -> SocketFilter {
        isTranslated(record) ? .guarding(dropOn: uplinkPorts.keys.sorted()) : .acceptAll
    }

    // MARK: Guards

    /// Takes the ports, or takes them over from the engine, which has kept them for an earlier daemon.
    private func openGuard(_ record: PublishRecord, endpoint: EndpointRecord) throws(APIError) {
        var guards = OpenGuards()
        let count = Int(record.last - record.first) + 1
        guards.bundles = (count + DescriptorBundle.step - 1) / DescriptorBundle.step
        for part in 0..<guards.bundles {
            if let bundle = engine.kept[Self.bundleNumber(record, part)] {
                guards.descriptors += DescriptorBundle.descriptors(of: bundle)
            }
        }
        if guards.descriptors.count == count {
            for descriptor in guards.descriptors { try? GuardSocket.setFilter(descriptor, guardFilter(record)) }
        } else {
            for descriptor in guards.descriptors { close(descriptor) }
            guards.descriptors = try bindGuards(record)
            for part in 0..<guards.bundles {
                let start = part * DescriptorBundle.step
                let some = Array(guards.descriptors[start..<min(start + DescriptorBundle.step, count)])
                do {
                    engine.keep(Self.bundleNumber(record, part), descriptor: try DescriptorBundle.make(some))
                } catch {
                    log.error("the ports of \(record.specification) will not outlive this daemon: \(error)")
                }
            }
        }
        openGuards[record.number] = guards
        startRelay(record, guards, endpoint: endpoint)
    }

    private func bindGuards(_ record: PublishRecord) throws(APIError) -> [Int32] {
        if let address = record.hostAddress, !address.isUnspecified { try refuseForeign(address, record) }
        let filter = guardFilter(record)
        var bound: [Int32] = []
        for port in record.first...record.last {
            do {
                bound.append(
                    record.proto == .tcp
                        ? try GuardSocket.listener(port: port, address: record.hostAddress, filter: filter)
                        : try GuardSocket.datagram(port: port, address: record.hostAddress, filter: filter))
            } catch {
                for descriptor in bound { close(descriptor) }
                throw .conflict(
                    "cannot publish \(record.specification): \(error)",
                    hint: "Choose another port of the host, or end what holds it.")
            }
        }
        return bound
    }

    /// A host address that isn't there is a mistake, but for one that was there when it was recorded.
    private func refuseForeign(_ address: IPAddress, _ record: PublishRecord) throws(APIError) {
        let own = try PortMaker.kernel("reading the host's addresses") { () throws(NetlinkError) in
            try self.own.addresses().map(\.prefix)
        }
        let isLoopback = own.contains { $0.address.isLoopback && $0.contains(address) }
        if isLoopback || own.contains(where: { $0.address == address }) { return }
        throw .invalid(
            "cannot publish \(record.specification): the host has no address \(address)",
            hint: "Leave the address out to publish on all of them; the host has "
                + own.map(\.address.description).sorted().prefix(10).joined(separator: ", ") + ".")
    }

    private func startRelay(_ record: PublishRecord, _ guards: OpenGuards, endpoint: EndpointRecord) {
        let wanted = record.hostAddress?.family
        guard
            let target = endpoint.addresses.map(\.address).first(where: { wanted == nil || $0.family == wanted })
        else { return }
        // The relay takes over what it is given.
        let copies = guards.descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 0) }.filter { $0 >= 0 }
        do throws(RelayError) {
            let server: RelayServer
            if let relay { server = relay } else { server = try RelayServer(log: log) }
            relay = server
            try server.add(
                id: record.number, record.proto.transport, descriptors: copies, target: target,
                firstPort: record.insideFirst)
        } catch {
            log.error("local clients don't reach \(record.specification): \(error)")
        }
    }

    // MARK: The data plane

    /// Tells the engine of a publish: one entry for each family.
    private func forward(
        _ record: PublishRecord, endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) {
        let numbers = Self.dataPlaneNumbers(record)
        guard isTranslated(record) else {
            for number in numbers { engine.unpublish(number) }
            return
        }
        var uplink: UInt16 = 0
        if let address = record.hostAddress,
            let index = hostLook.addresses.first(where: { $0.address == address })?.index
        {
            uplink = uplinkPorts[index] ?? 0
        }
        for (number, family) in zip(numbers, [IPAddress.Family.v4, .v6]) {
            if let host = record.hostAddress, host.family != family { continue }
            guard let inside = endpoint.addresses.first(where: { $0.family == family })?.address else { continue }
            let host = record.hostAddress.flatMap { $0.isUnspecified ? nil : $0 }
            let configuration = PublishConfiguration(
                number: number, transport: record.proto.transport.rawValue, host: host, uplink: uplink,
                first: record.first, last: record.last, domain: network.domain, port: endpoint.port,
                mac: endpoint.mac, inside: inside, insideFirst: record.insideFirst)
            try engineWork { engine throws(EngineFailure) in try engine.publish(configuration) }
        }
    }

    /// The data plane's numbers of a publish: for IPv4 and for IPv6.
    static func dataPlaneNumbers(_ record: PublishRecord) -> [UInt32] {
        [record.number &* 2, record.number &* 2 &+ 1]
    }

    /// Under which number the engine keeps a part of a publish's guards: no publish has 512 of them.
    /// See `poolNumber`, which is 0.
    private static func bundleNumber(_ record: PublishRecord, _ part: Int) -> UInt32 {
        record.number &* 512 &+ UInt32(part)
    }
}

/// Sockets that keep the ports of one publish; the switchboard owns them.
struct OpenGuards {
    /// In the order of the ports.
    var descriptors: [Int32] = []
    /// How many bundles of duplicates the engine keeps.
    var bundles = 0
}
