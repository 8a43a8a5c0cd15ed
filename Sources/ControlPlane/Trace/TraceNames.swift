import Addresses

/// What the numbers in the steps of an explanation are called. A plain value.
struct TraceNames {
    /// Ports, as `heddle stats` names them.
    var ports: [UInt16: String] = [:]
    /// Addresses of VTEPs, by place.
    var vteps: [UInt16: String] = [:]
    /// Networks, by domain.
    var domains: [UInt16: String] = [:]
    /// Whose MAC addresses are known.
    var owners: [MACAddress: String] = [:]
    /// What is done on purpose to packets that come in by a port, in words.
    var impairedIn: [UInt16: String] = [:]
    /// The same of what goes out.
    var impairedOut: [UInt16: String] = [:]
    /// What is published, by number.
    var publishes: [UInt32: String] = [:]

    /// Places from here on are VTEPs.
    static let firstVTEP: UInt16 = 16_384

    /// A port or a VTEP.
    func place(_ place: UInt16) -> String {
        if place >= Self.firstVTEP { return "vtep " + (vteps[place] ?? "unknown") }
        return ports[place] ?? "port\(place)"
    }

    /// A domain's network.
    func network(_ domain: UInt64) -> String {
        UInt16(exactly: domain).flatMap { domains[$0] } ?? "domain \(domain)"
    }

    /// A MAC address, and whose it is.
    func station(_ value: UInt64) -> String {
        let mac = MACAddress(value: value)
        return "\(mac)" + (owners[mac].map { " (\($0))" } ?? "")
    }
}
