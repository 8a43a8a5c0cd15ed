import Addresses
import DataPlane
public import Exposition
import Glibc
import HeddleAPI
import NameServer

extension Switchboard: MetricsSource {
    /// See `MetricsSource`. One turn of the control plane, in which memory is read and nobody is asked; all else is done
    /// on the caller's thread.
    public nonisolated func metricFamilies() async throws -> [MetricFamily] {
        let snapshot = await metricsSnapshot()
        return snapshot.families(
            daemon: ProcessFacts(pid: getpid()), engine: snapshot.enginePID.flatMap { ProcessFacts(pid: $0) })
    }

    /// What there is to show. Counters are read where they lie: what the kernel dropped is as old as the last look at
    /// it (see +KernelDrops), since that look costs a question for each port.
    func metricsSnapshot() -> MetricsSnapshot {
        var snapshot = MetricsSnapshot(
            engine: engine.status, enginePID: engine.process?.pid, engineRestarts: engine.replacements)
        let (workers, stations) = engine.workerSnapshots()
        snapshot.workers = workers
        let networks = networkRecords.values.sorted { $0.name < $1.name }
        snapshot.ports = portSnapshots(of: networks)
        snapshot.networks = networkSnapshots(of: networks, stations: stations)
        return snapshot
    }

    /// Every port of these networks, and those that belong to none.
    func portSnapshots(of networks: [NetworkRecord]) -> [MetricsSnapshot.Port] {
        var ports: [MetricsSnapshot.Port] = []
        func add(_ kind: MetricsSnapshot.Port.Kind, _ network: String, _ label: String, _ number: UInt16) {
            ports.append(
                MetricsSnapshot.Port(
                    kind: kind, network: network, label: label, number: number,
                    counters: engine.shownCounters(port: number)))
        }
        for network in networks {
            if let port = network.hostPort { add(.host, network.name, network.hostInterface, port) }
            if let port = network.parentPort { add(.parent, network.name, network.parentLabel, port) }
            if let names = namePorts[network.id] { add(.names, network.name, "names", names.port) }
            if network.overlay != nil {
                ports.append(
                    MetricsSnapshot.Port(
                        kind: .overlay, network: network.name, label: "vxlan",
                        counters: engine.shownCounters(overlay: network.domain)))
            }
        }
        for uplink in hostLook.uplinks {
            if let port = uplinkPorts[uplink.index] { add(.uplink, "", "uplink@\(uplink.name)", port) }
        }
        for tunnel in tunnelRecords.values.sorted(by: { $0.id < $1.id }) { add(.tunnel, "", tunnel.label, tunnel.id) }
        for endpoint in endpointRecords.values.sorted(by: { $0.port < $1.port }) where endpoint.via.isWired {
            guard let network = networkRecords[endpoint.network] else { continue }
            ports.append(
                MetricsSnapshot.Port(
                    kind: .endpoint, network: network.name, label: endpoint.label, number: endpoint.port,
                    sandbox: endpoint.sandbox, interface: endpoint.ifname, endpoint: endpoint.id,
                    mac: endpoint.mac.description, counters: engine.shownCounters(port: endpoint.port)))
        }
        return ports
    }

    private func networkSnapshots(
        of networks: [NetworkRecord], stations: [UInt16: StationCounts]
    ) -> [MetricsSnapshot.Network] {
        let flows = engine.flowCounts()
        var endpoints: [String: (up: Int, gone: Int)] = [:]
        for endpoint in endpointRecords.values {
            if endpoint.isGone {
                endpoints[endpoint.network, default: (0, 0)].gone += 1
            } else {
                endpoints[endpoint.network, default: (0, 0)].up += 1
            }
        }
        var publishes: [String: (open: Int, waiting: Int)] = [:]
        for publish in publishRecords.values {
            let isGone = endpointRecords[publish.endpoint]?.isGone ?? true
            if isGone || waitingPublishes[publish.number] != nil {
                publishes[publish.network, default: (0, 0)].waiting += 1
            } else {
                publishes[publish.network, default: (0, 0)].open += 1
            }
        }
        return networks.map { network in
            var shown = MetricsSnapshot.Network(
                name: network.name, id: network.id, driver: network.driver, mtu: network.mtu)
            (shown.endpointsUp, shown.endpointsGone) = endpoints[network.id, default: (0, 0)]
            (shown.publishesOpen, shown.publishesWaiting) = publishes[network.id, default: (0, 0)]
            shown.stations = stations[network.domain] ?? StationCounts()
            if engine.domains[network.domain]?.gateway != nil {
                shown.flows = flows[network.domain] ?? FlowCounts()
            }
            shown.peers = network.overlay?.peers.count
            shown.names = namePorts[network.id]?.handle.counts
            return shown
        }
    }
}
