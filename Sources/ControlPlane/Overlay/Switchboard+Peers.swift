import Addresses
import DataPlane
public import HeddleAPI
import Logging

extension Switchboard {
    /// See `ControlService`.
    public func peers(network name: String) throws(APIError) -> [Peer] {
        try findOverlay(name).overlay.peers.map { Peer(vtep: $0.description) }
    }

    /// See `ControlService`.
    public func addPeer(network name: String, vtep text: String) throws(APIError) -> Peer {
        var (network, overlay) = try findOverlay(name)
        let peer = try OverlaySpecification.peer(text, local: overlay.place.local)
        if overlay.peers.contains(peer) {
            throw .conflict(
                "\(peer) is a peer of \(name) already", hint: "'heddle peer ls \(name)' lists them.")
        }
        try refuseBroadcast([peer])
        try OverlaySpecification.checkCount(overlay.peers.count + 1)
        overlay.peers.append(peer)
        network.overlay = overlay
        try save(network)
        FailPoint.pass(.peerRecorded)
        followUnderlay(network)
        // What was attached before has announced itself to the others only; they hear it again. An engine that doesn't
        // answer is not asked as often as there are endpoints.
        for record in endpoints(of: network) where record.phase == .active && !record.isGone {
            if !announce(record) { break }
        }
        log.info("\(peer) is a peer of \(name)")
        return Peer(vtep: peer.description)
    }

    /// See `ControlService`.
    public func removePeer(network name: String, vtep text: String) throws(APIError) {
        var (network, overlay) = try findOverlay(name)
        let peer = try OverlaySpecification.address(text, what: "peer")
        guard let position = overlay.peers.firstIndex(of: peer) else {
            let others = overlay.peers.prefix(10).map(\.description).joined(separator: ", ")
            throw .notFound(
                "\(peer) is no peer of \(name)", hint: others.isEmpty ? "It has none." : "Its peers are \(others).")
        }
        if !overlay.acceptsAnyPeer { try refuseInhabited(peer, network: network) }
        overlay.peers.remove(at: position)
        network.overlay = overlay
        try save(network)
        FailPoint.pass(.peerRecorded)
        followUnderlay(network)
        if !overlay.acceptsAnyPeer { forgetStations(behind: peer, network: network) }
        log.info("\(peer) is no longer a peer of \(name)")
    }

    private func refuseInhabited(_ peer: IPAddress, network: NetworkRecord) throws(APIError) {
        let inhabitants = stationRecords[network.id, default: [:]].values.filter { $0.vtep == peer }
        guard let first = inhabitants.map(\.mac).min(by: { $0.value < $1.value }) else { return }
        let more = inhabitants.count > 1 ? " and \(inhabitants.count - 1) more" : ""
        throw .conflict(
            "the static station \(first)\(more) of \(network.name) lives behind \(peer)",
            hint: "Remove it first: heddle stations \(network.name) rm \(first).")
    }

    /// What was learned behind a VTEP that doesn't belong to the network any more is flooded again at once.
    private func forgetStations(behind peer: IPAddress, network: NetworkRecord) {
        for row in engine.stations(domain: network.domain) where !row.isStatic && engine.vtep(row.port) == peer {
            let key = StationKey(domain: network.domain, vlan: row.vlan, mac: MACAddress(value: row.mac))
            do throws(EngineFailure) {
                try engine.removeStation(key)
            } catch {
                log.warning("\(error)")
            }
        }
    }
}
