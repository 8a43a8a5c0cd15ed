import DataPlane
public import HeddleAPI

extension Switchboard {
    /// Most flows that one answer holds.
    private static let mostFlows = 100_000

    /// See `ControlService`.
    public func flows(network name: String?) throws(APIError) -> [HeddleAPI.Flow] {
        // A name that nobody knows is refused, as everywhere.
        let wanted: UInt16?
        if let name { wanted = try findNetwork(name).domain } else { wanted = nil }
        let names = Dictionary(networkRecords.values.map { ($0.domain, $0.name) }) { first, _ in first }
        let uplinks = Dictionary(
            hostLook.uplinks.compactMap { uplink in uplinkPorts[uplink.index].map { ($0, uplink.name) } }
        ) { first, _ in first }
        return engine.flows(domain: wanted, limit: Self.mostFlows).compactMap { entry in
            guard let network = names[entry.domain] else { return nil }
            return HeddleAPI.Flow(entry, network: network, uplink: uplinks[entry.uplink])
        }
    }
}
