import Addresses
import DataPlane
import GRDB

extension TunnelRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "tunnel"

    init(row: Row) throws {
        let place = TunnelPlace(local: try row.parsed("local"), udpPort: try row.value("udpPort"))
        self.init(place: place, ports: try row.list("ports"), tokens: try row.list("tokens"))
        guard ports.count == Self.portCount, Set(ports).count == ports.count else { throw row.damage("ports") }
        guard ports.allSatisfy({ $0 > 0 && Int($0) < SharedTables.maximumPorts }) else { throw row.damage("ports") }
        guard tokens.count == ports.count else { throw row.damage("tokens") }
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["local"] = place.local.description
        container["udpPort"] = place.udpPort
        container["ports"] = RowCoding.text(ports)
        container["tokens"] = RowCoding.text(tokens)
    }
}

extension StationRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "station"

    init(row: Row) throws {
        self.init(
            network: try row.value("network"), mac: try row.parsed("mac"), vtep: try row.parsed("vtep"),
            addresses: try row.list("addresses"))
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["network"] = network
        container["mac"] = mac.description
        container["vtep"] = vtep.description
        container["addresses"] = RowCoding.text(addresses)
    }
}

extension Store {
    /// All tunnels and static remote stations that are recorded.
    func loadOverlays() throws(StoreError) -> (tunnels: [TunnelRecord], stations: [StationRecord]) {
        try attempt("read") { queue in
            try queue.read { database in
                (try TunnelRecord.fetchAll(database), try StationRecord.fetchAll(database))
            }
        }
    }

    /// Records a tunnel, new or changed.
    func save(_ tunnel: TunnelRecord) throws(StoreError) {
        try attempt("record the tunnel \(tunnel.place)") { queue in
            try queue.write { database in try tunnel.save(database) }
        }
    }

    /// Forgets a tunnel.
    func delete(_ tunnel: TunnelRecord) throws(StoreError) {
        try attempt("forget the tunnel \(tunnel.place)") { queue in
            _ = try queue.write { database in try tunnel.delete(database) }
        }
    }

    /// Records a static remote station, new or changed.
    func save(_ station: StationRecord) throws(StoreError) {
        try attempt("record the station \(station.mac)") { queue in
            try queue.write { database in try station.save(database) }
        }
    }

    /// Forgets a static remote station.
    func delete(_ station: StationRecord) throws(StoreError) {
        try attempt("forget the station \(station.mac)") { queue in
            _ = try queue.write { database in try station.delete(database) }
        }
    }
}
