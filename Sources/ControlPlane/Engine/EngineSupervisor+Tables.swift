import Addresses
import DataPlane
import HeddleAPI

extension EngineSupervisor {
    /// What a port has counted; nil where there are no tables.
    func counters(port: UInt16) -> PortCounters? {
        guard tables != nil else { return nil }
        return tables?.counters(port: port)
    }

    /// Starts a port's counters at zero, before its number is given to another port.
    func resetCounters(port: UInt16) {
        tables?.resetCounters(port: port)
        counterFloor.forget(port: port)
    }

    /// Sets what the kernel dropped before a port.
    func setKernelDrops(port: UInt16, total: UInt64) {
        tables?.setKernelDrops(port: port, total: total)
    }

    /// What the tunnel side of an overlay has counted; nil where there are no tables.
    func counters(overlay domain: UInt16) -> PortCounters? {
        guard tables != nil else { return nil }
        return tables?.counters(overlay: domain)
    }

    /// Starts the counters of an overlay's tunnel side at zero, before the domain's number is given to another one.
    func resetCounters(overlay domain: UInt16) {
        tables?.resetCounters(overlay: domain)
        counterFloor.forget(overlay: domain)
    }

    /// The MAC table of a domain.
    func stations(domain: UInt16) -> [StationEntry] {
        tables?.stations(domain: domains[domain] ?? DomainConfiguration(id: domain)) ?? []
    }

    /// Flows of a domain, or of all (nil).
    func flows(domain: UInt16?, limit: Int) -> [FlowEntry] {
        tables?.flows(domain: domain, limit: limit) ?? []
    }

    /// The VTEP that a place in the MAC table means; nil for a port of this host.
    func vtep(_ place: UInt16) -> IPAddress? {
        guard tables != nil else { return nil }
        return tables?.vtep(place)
    }

    /// The engine as `heddle status` shows it; nil while it is being replaced.
    var status: Status.Engine? {
        guard link != nil, let greeting else { return nil }
        let since = (ContinuousClock.now - greeting.at) / .seconds(1)
        return Status.Engine(
            pid: Int(greeting.information.pid), version: greeting.information.version,
            uptimeSeconds: Int(greeting.information.uptimeSeconds) + Int(since),
            io: greeting.information.usesRing ? "uring" : "epoll", workers: Int(greeting.information.workers))
    }
}
