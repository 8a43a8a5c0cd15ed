import Addresses
import FrameText
import HeddleAPI

/// What is known around a port, to complete a frame that was described in few words. A plain value.
struct TraceSurroundings {
    /// Somebody with addresses.
    struct Owner: Hashable, Sendable {
        /// As it is called in messages.
        var name: String
        var mac: MACAddress
        var addresses: [IPAddress]
    }

    /// Of messages.
    var network: String
    /// What `heddle stats` calls the port.
    var port: String
    /// Who speaks by the port; nil: it isn't known.
    var own: Owner?
    /// Who else is there, gateways first.
    var others: [Owner] = []
    var subnets: [IPPrefix] = []
    /// Who takes packets for elsewhere.
    var gateway: Owner?

    /// Stands for a station of which nothing is known (RFC 7042, 2.1.1: for documentation).
    static let somebody = MACAddress(value: 0x0000_5E00_5301)

    /// All of the frame, and a line for each thing that was put there.
    func complete(_ description: FrameDescription) throws(APIError) -> (frame: [UInt8], assumed: [String]) {
        var assumed: [String] = []
        let address = try source(of: description, &assumed)
        let sourceMAC = try hardwareSource(of: description, &assumed)
        let destinationMAC = try hardwareDestination(of: description, &assumed)
        let frame = description.frame(sourceMAC: sourceMAC, destinationMAC: destinationMAC, source: address)
        return (frame, assumed)
    }

    private func source(
        of description: FrameDescription, _ assumed: inout [String]
    ) throws(APIError) -> IPAddress? {
        guard description.source == nil, let family = description.family else { return description.source }
        guard let own, own.mac != Self.somebody || !own.addresses.isEmpty else {
            throw .invalid("who sends by \(port) isn't known", hint: hint(description))
        }
        // From where the destination is, else any.
        let candidates = own.addresses.filter { $0.family == family }
        let isNear = { (address: IPAddress) in
            guard let destination = description.destination else { return false }
            return subnets.contains { $0.contains(address) && $0.contains(destination) }
        }
        guard let address = candidates.first(where: isNear) ?? candidates.first else {
            throw .invalid("\(own.name) has no \(family) address", hint: hint(description))
        }
        assumed.append("source \(address), of \(own.name)")
        return address
    }

    private func hardwareSource(
        of description: FrameDescription, _ assumed: inout [String]
    ) throws(APIError) -> MACAddress {
        if let said = description.sourceMAC { return said }
        guard let own else {
            throw .invalid("the MAC address of who sends by \(port) isn't known", hint: "Say it with 'smac'.")
        }
        assumed.append(
            own.mac == Self.somebody
                ? "source \(own.mac), which stands for any station there" : "source \(own.mac), of \(own.name)")
        return own.mac
    }

    private func hardwareDestination(
        of description: FrameDescription, _ assumed: inout [String]
    ) throws(APIError) -> MACAddress {
        if let said = description.destinationMAC { return said }
        if let group = description.groupMAC(broadcasts: subnets.compactMap(\.broadcast)) {
            assumed.append("destination \(group), " + (group.isBroadcast ? "broadcast" : "of the group"))
            return group
        }
        guard let destination = description.destination else {
            throw .invalid("where the frame goes isn't said", hint: "Say it with 'dmac'.")
        }
        if let owner = others.first(where: { $0.addresses.contains(destination) }) {
            assumed.append("destination \(owner.mac), of \(owner.name)")
            return owner.mac
        }
        if subnets.contains(where: { $0.contains(destination) }) {
            throw .notFound(
                "nobody in \(network) is known to have \(destination)",
                hint: "A sandbox would ask for it first: trace '\(question(destination))', or say the MAC address with"
                    + " 'dmac': 'heddle stations \(network)' lists those that were seen.")
        }
        guard let gateway, gateway.addresses.contains(where: { $0.family == destination.family }) else {
            throw .invalid(
                "\(destination) is outside of \(network), which has no \(destination.family) gateway of Heddle's",
                hint: "Say the MAC address of who shall take it with 'dmac'.")
        }
        assumed.append("destination \(gateway.mac), of \(gateway.name), since \(destination) is outside of \(network)")
        return gateway.mac
    }

    private func hint(_ description: FrameDescription) -> String {
        let isIPv6 = description.family == .v6
        let example =
            switch description.kind {
            case .tcp: isIPv6 ? "tcp [fd00::1]:1000 > …" : "tcp 10.0.0.1:1000 > …"
            case .udp: isIPv6 ? "udp [fd00::1]:1000 > …" : "udp 10.0.0.1:1000 > …"
            case .icmp: "icmp 10.0.0.1 > …"
            case .icmp6: "icmp6 fd00::1 > …"
            case .arp: "arp … tell 10.0.0.1"
            case .neighbourSolicitation: "nd … tell fd00::1"
            case .ethernet: "ether 02:00:00:00:00:01 > …"
            }
        return "Say the source, as in '\(example)'."
    }

    private func question(_ address: IPAddress) -> String {
        (address.family == .v4 ? "arp " : "nd ") + "\(address)"
    }
}
