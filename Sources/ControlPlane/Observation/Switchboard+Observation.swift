import Addresses
import DataPlane
import Glibc
public import HeddleAPI

extension Switchboard {
    /// See `ControlService`.
    public func status() throws(APIError) -> Status {
        let uptime = (ContinuousClock.now - started) / .seconds(1)
        let daemon = Status.Daemon(
            pid: Int(getpid()), version: HeddleVersion.current, uptimeSeconds: Int(uptime))
        return Status(daemon: daemon, engine: engine.status)
    }

    /// See `ControlService`.
    public func endpoints(network name: String?) throws(APIError) -> [Endpoint] {
        let chosen = try name.map { name throws(APIError) in try findNetwork(name).id }
        let published = Dictionary(grouping: publishRecords.values, by: \.endpoint)
        return endpointRecords.values.filter { chosen == nil || $0.network == chosen }.sorted { $0.port < $1.port }
            .compactMap { endpoint in
                let publishes = published[endpoint.id, default: []].sorted { $0.number < $1.number }
                return networkRecords[endpoint.network].map { endpoint.model(network: $0, publishes: publishes) }
            }
    }

    /// See `ControlService`.
    public func endpoint(id: String) throws(APIError) -> Endpoint {
        let hint = "'heddle endpoint ls' lists them."
        if id.isEmpty { throw .invalid("the endpoint's id is empty", hint: hint) }
        let found = endpointRecords.values.filter { $0.id.hasPrefix(id) }
        guard let record = found.first, let network = networkRecords[record.network] else {
            throw .notFound("there is no endpoint \(APIError.quoted(id))", hint: hint)
        }
        if found.count > 1 {
            throw .conflict("\(found.count) endpoints begin with \(APIError.quoted(id))", hint: "Give more of the id.")
        }
        return model(of: record, network: network)
    }

    /// See `ControlService`.
    public func stations(network name: String) throws(APIError) -> [Station] {
        let network = try findNetwork(name)
        let rows = engine.stations(domain: network.domain)
        let labels = portLabels()
        let hasVLANs = endpointRecords.values.contains { $0.network == network.id && $0.vlan != nil }
        return rows.map { row in
            Station(
                mac: MACAddress(value: row.mac).description, port: port(row.port, labels), vtep: vtep(row.port),
                ageMilliseconds: Int(row.age), isStatic: row.isStatic, vlan: hasVLANs ? Int(row.vlan) : nil)
        }
    }

    /// See `ControlService`.
    public func statistics() throws(APIError) -> Statistics {
        countKernelDrops()
        var rows: [(port: UInt16, row: Statistics.Port)] = []
        for network in networkRecords.values {
            if let port = network.hostPort {
                rows.append((port, row(port: port, label: network.hostInterface, network: network)))
            }
            if let port = network.parentPort {
                rows.append((port, row(port: port, label: network.parentLabel, network: network)))
            }
            if let names = namePorts[network.id] {
                rows.append((names.port, row(port: names.port, label: "names", network: network)))
            }
        }
        for endpoint in endpointRecords.values where endpoint.via.isWired {
            guard let network = networkRecords[endpoint.network] else { continue }
            rows.append((endpoint.port, row(port: endpoint.port, label: endpoint.label, network: network)))
        }
        return Statistics(ports: rows.sorted { $0.port < $1.port }.map(\.row) + uplinkRows() + overlayRows())
    }

    /// The host's interfaces that packets leave and enter by.
    private func uplinkRows() -> [Statistics.Port] {
        hostLook.uplinks.compactMap { uplink in
            guard let port = uplinkPorts[uplink.index] else { return nil }
            return row(engine.counters(port: port) ?? PortCounters(), label: "uplink@\(uplink.name)", network: "")
        }
    }

    /// The tunnel side of every overlay, and what of every tunnel belongs to no network.
    private func overlayRows() -> [Statistics.Port] {
        var rows: [Statistics.Port] = []
        for network in networkRecords.values.sorted(by: { $0.name < $1.name }) where network.overlay != nil {
            let counters = engine.counters(overlay: network.domain) ?? PortCounters()
            rows.append(row(counters, label: "vxlan", network: network.name))
        }
        for tunnel in tunnelRecords.values.sorted(by: { $0.id < $1.id }) {
            rows.append(row(engine.counters(port: tunnel.id) ?? PortCounters(), label: tunnel.label, network: ""))
        }
        return rows
    }

    /// Numbers beyond those of ports stand for VTEPs.
    private func port(_ place: UInt16, _ labels: [UInt16: String]) -> String? {
        place < SharedTables.maximumPorts ? labels[place] ?? "port\(place)" : nil
    }

    private func vtep(_ place: UInt16) -> String? {
        if place < SharedTables.maximumPorts { return nil }
        return engine.vtep(place)?.description ?? "unknown"
    }

    private func portLabels() -> [UInt16: String] {
        var labels: [UInt16: String] = [:]
        for network in networkRecords.values {
            if let port = network.hostPort { labels[port] = network.hostInterface }
            if let port = network.parentPort { labels[port] = network.parentLabel }
        }
        for endpoint in endpointRecords.values { labels[endpoint.port] = endpoint.label }
        return labels
    }

    private func row(port: UInt16, label: String, network: NetworkRecord) -> Statistics.Port {
        row(engine.counters(port: port) ?? PortCounters(), label: label, network: network.name)
    }

    /// What the API shows of a port.
    func row(_ counters: PortCounters, label: String, network: String) -> Statistics.Port {
        var drops: [String: UInt64] = [:]
        for (reason, count) in counters.drops { drops[reason.name] = count }
        return Statistics.Port(
            port: label, network: network,
            rx: .init(
                frames: counters.receivedFrames, bytes: counters.receivedBytes,
                superframes: counters.receivedSuperframes),
            tx: .init(
                frames: counters.sentFrames, bytes: counters.sentBytes, superframes: counters.sentSuperframes),
            drops: drops, forwarded: counters.forwarded, flooded: counters.flooded)
    }
}
