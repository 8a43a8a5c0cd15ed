import Addresses
import GRDB

extension EndpointRecord: FetchableRecord, PersistableRecord {
    static let databaseTableName = "endpoint"

    init(row: Row) throws {
        self.init(
            id: try row.value("id"), network: try row.value("network"), port: try row.value("port"),
            sandbox: try row.value("sandbox"), ifname: try row.value("ifname"), via: try row.named("via"),
            mac: try row.parsed("mac"), addresses: try row.list("addresses"), name: try row.value("name"),
            aliases: try row.list("aliases"), vlan: try row.optional("vlan"), isGuarded: try row.value("guarded"),
            phase: try row.named("phase"), isGone: try row.value("gone"), cookie: try row.bits("cookie"),
            index: try row.value("ifindex"), nearIndex: try row.value("nearIndex"), token: try row.bits("token"),
            isPinning: try row.value("pinning"))
    }

    func encode(to container: inout PersistenceContainer) throws {
        container["id"] = id
        container["network"] = network
        container["port"] = port
        container["sandbox"] = sandbox
        container["ifname"] = ifname
        container["via"] = via.rawValue
        container["mac"] = mac.description
        container["addresses"] = RowCoding.text(addresses)
        container["name"] = name
        container["aliases"] = RowCoding.text(aliases)
        container["vlan"] = vlan
        container["guarded"] = isGuarded
        container["phase"] = phase.rawValue
        container["gone"] = isGone
        container["cookie"] = RowCoding.number(cookie)
        container["ifindex"] = index
        container["nearIndex"] = nearIndex
        container["token"] = RowCoding.number(token)
        container["pinning"] = isPinning
    }
}
