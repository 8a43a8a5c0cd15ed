import Addresses
import HeddleAPI

extension LabReader {
    /// The drivers that make networks, and those whose networks are there.
    private static let drivers = ["bridge", "overlay", "macvlan"]
    private static let overlayKeys = ["vni", "local", "peer", "port", "learning", "accept-any-peer"]
    private static let parentKeys = ["parent", "mode"]

    /// One of `networks`.
    mutating func readNetwork(_ entry: LabEntry) {
        checkName(entry.key, entry.keyPlace, longest: LabName.longest)
        guard let keys = fields.fields(entry.value, keys: LabKeys.network) else { return }
        var network = LabNetwork(name: entry.key, request: NetworkRequest(name: entry.key), place: entry.keyPlace)
        network.isExternal = fields.flag(keys["external"]) ?? false
        if network.isExternal {
            for key in keys.keys.sorted() where key != "external" {
                fields.refuse(
                    keys[key]?.place ?? entry.keyPlace, "an external network is as it is: leave this out, or external")
            }
            lab.networks.append(network)
            return
        }
        network.request.driver = fields.word(keys["driver"], of: Self.drivers)
        network.subnets = parseAll(keys["subnet"]) { try IPPrefix(parsing: $0) }
        network.gateways = parseAll(keys["gateway"]) { try IPAddress(parsing: $0) }
        network.ranges = parseAll(keys["ip-range"]) { try IPPrefix(parsing: $0) }
        network.request.mtu = fields.integer(keys["mtu"], in: 68...65_521)
        network.request.internal = fields.flag(keys["internal"])
        network.request.isolated = fields.flag(keys["isolated"])
        network.request.route = fields.flag(keys["route"])
        readOptions(&network, keys)
        func texts(_ values: [some CustomStringConvertible]) -> [String]? {
            values.isEmpty ? nil : values.map(\.description)
        }
        network.request.subnets = texts(network.subnets)
        network.request.gateways = texts(network.gateways)
        network.request.ipRanges = texts(network.ranges)
        lab.networks.append(network)
    }

    private mutating func readOptions(_ network: inout LabNetwork, _ keys: [String: LabField]) {
        let driver = network.request.driver ?? "bridge"
        for (owner, owned) in [("overlay", Self.overlayKeys), ("macvlan", Self.parentKeys)] where owner != driver {
            for key in owned {
                guard let field = keys[key] else { continue }
                fields.refuse(
                    field.place, "this means nothing for the driver \(driver): use driver: \(owner), or leave it out")
            }
        }
        var options: [String: String] = [:]
        if driver == "overlay" {
            options["vni"] = fields.integer(keys["vni"], in: 0...16_777_215).map { "\($0)" }
            options["local"] = parse(keys["local"]) { try IPAddress(parsing: $0) }.map { "\($0)" }
            let peers = parseAll(keys["peer"]) { try IPAddress(parsing: $0) }
            if !peers.isEmpty { options["peer"] = peers.map(\.description).joined(separator: ",") }
            options["port"] = fields.integer(keys["port"], in: 1...65_535).map { "\($0)" }
            options["learning"] = fields.flag(keys["learning"]).map { $0 ? "on" : "off" }
            if fields.flag(keys["accept-any-peer"]) == true { options["accept-any-peer"] = "true" }
        }
        if driver == "macvlan" {
            options["parent"] = fields.text(keys["parent"])
            options["mode"] = fields.word(keys["mode"], of: ["bridge", "private", "vepa", "passthru"])
        }
        network.request.options = options.isEmpty ? nil : options
    }

    /// The `underlay`: a subnet, or a mapping.
    mutating func readUnderlay(_ field: LabField) {
        var subnet: IPPrefix?
        var mtu: Int?
        if field.isSingle {
            subnet = parse(field) { try IPPrefix(parsing: $0) }
        } else if let keys = fields.fields(field, keys: LabKeys.underlay) {
            subnet = parse(keys["subnet"]) { try IPPrefix(parsing: $0) }
            mtu = fields.integer(keys["mtu"], in: 68...65_535)
            if keys["subnet"] == nil { fields.refuse(field.place, "there is no subnet: add one, as 198.18.0.0/24") }
        }
        if let subnet { lab.underlay = LabUnderlay(subnet: subnet, mtu: mtu, place: field.place) }
    }
}
