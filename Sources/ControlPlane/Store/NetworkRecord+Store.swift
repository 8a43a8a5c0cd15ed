import Addresses
import GRDB

extension NetworkRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "network"

    init(row: Row) throws {
        self.init(
            id: try row.value("id"), name: try row.value("name"), domain: try row.value("domain"),
            driver: try row.value("driver"), subnets: try row.list("subnets"), gateways: try row.list("gateways"),
            ranges: try row.list("ranges"), mtu: try row.value("mtu"), isInternal: try row.value("internal"),
            isIsolated: try row.value("isolated"), options: try row.options("options"), phase: try row.named("phase"),
            hostPort: try row.optional("hostPort"), hostToken: try row.bits("hostToken"),
            hostIndex: try row.value("hostIndex"), followsUnderlay: try row.value("followsUnderlay"),
            isRouted: try row.value("routed"))
        // The port that leads out of the network is the one or the other.
        if driver == ParentSettings.driver {
            (parentPort, parentToken, parentIndex) = (hostPort, hostToken, hostIndex)
            (hostPort, hostToken, hostIndex) = (nil, 0, 0)
            if parent == nil || parentPort == nil { throw row.damage("options") }
        }
        // Found now, not when a frame needs it.
        if driver == OverlaySettings.driver, overlay == nil { throw row.damage("options") }
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["id"] = id
        container["name"] = name
        container["domain"] = domain
        container["driver"] = driver
        container["subnets"] = RowCoding.text(subnets)
        container["gateways"] = RowCoding.text(gateways)
        container["ranges"] = RowCoding.text(ranges)
        container["mtu"] = mtu
        container["internal"] = isInternal
        container["isolated"] = isIsolated
        container["options"] = try RowCoding.text(options)
        container["phase"] = phase.rawValue
        container["hostPort"] = hostPort ?? parentPort
        container["hostToken"] = RowCoding.number(parentPort == nil ? hostToken : parentToken)
        container["hostIndex"] = parentPort == nil ? hostIndex : parentIndex
        container["followsUnderlay"] = followsUnderlay
        container["routed"] = isRouted
    }
}
