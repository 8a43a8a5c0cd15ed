import Addresses
import CLinux
import Glibc

/// What a whole configuration named so far.
struct Named {
    var domains: Set<UInt16> = []
    var ports: Set<UInt16> = []
    var stations: Set<StationConfiguration.Key> = []
    var neighbours: Set<NeighbourConfiguration.Key> = []
    var publishes: Set<UInt32> = []
    var kept: Set<UInt32> = []
    var nextHops: Set<NextHopConfiguration> = []
    var impairments: Set<ImpairmentConfiguration.Key> = []
}

extension StationConfiguration {
    /// What makes a station one row of the table.
    struct Key: Hashable {
        var domain: UInt16
        var vlan: UInt16
        var mac: UInt64
    }

    var key: Key { Key(domain: domain, vlan: vlan, mac: mac.value) }
}

extension NeighbourConfiguration {
    /// What makes a neighbour one row of the table.
    struct Key: Hashable {
        var domain: UInt16
        var high: UInt64
        var low: UInt64
    }

    var key: Key { Key(domain: domain, high: address.words.high, low: address.words.low) }
}

extension Engine {
    /// Makes a tunnel of ports that are there.
    func set(_ tunnel: TunnelConfiguration) -> Int32 {
        guard ports[tunnel.id]?.configuration.kind == .tunnel else { return ENOENT }
        var sourcePorts: [UInt16] = []
        for sender in tunnel.senders {
            guard let port = ports[sender], port.configuration.kind == .datagram else { return ENOENT }
            let bound = heddle_tunnel_port(port.descriptor)
            sourcePorts.append(UInt16(exactly: bound) ?? 0)
        }
        if tunnel.device != 0 {
            guard ports[tunnel.device]?.configuration.kind == .tunnelDevice else { return ENOENT }
        }
        // Ports of domain 0 are the first worker's, as overlays are.
        return workers[0].mailbox.perform(.setTunnel(tunnel, sourcePorts: sourcePorts))
    }

    /// Sets a static station, behind a port or a VTEP.
    func add(_ station: StationConfiguration) -> Int32 {
        if station.vtep == nil {
            guard let port = ports[station.port], port.configuration.domain == station.domain else { return ENOENT }
        } else {
            guard domains[station.domain]?.overlay != nil else { return ENOENT }
        }
        named?.stations.insert(station.key)
        let result = mailbox(domain: station.domain).perform(.addStation(station))
        if result == 0 { stations[station.key] = station }
        return result
    }

    /// Forgets a station, static or learned.
    func remove(_ station: StationConfiguration) -> Int32 {
        stations[station.key] = nil
        guard domains[station.domain] != nil else { return ENOENT }
        return mailbox(domain: station.domain).perform(.removeStation(station))
    }

    /// Tells whose an address of an overlay is.
    func add(_ neighbour: NeighbourConfiguration) -> Int32 {
        guard domains[neighbour.domain]?.overlay != nil else { return ENOENT }
        named?.neighbours.insert(neighbour.key)
        let result = mailbox(domain: neighbour.domain).perform(.addNeighbour(neighbour))
        if result == 0 { neighbours[neighbour.key] = neighbour }
        return result
    }

    /// Forgets whose an address is.
    func remove(_ neighbour: NeighbourConfiguration) -> Int32 {
        neighbours[neighbour.key] = nil
        guard domains[neighbour.domain] != nil else { return ENOENT }
        return mailbox(domain: neighbour.domain).perform(.removeNeighbour(neighbour))
    }
}
